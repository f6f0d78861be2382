package io.github.unipic.conformance.cases;

import io.github.unipic.Answer;
import io.github.unipic.DescribeRequest;
import io.github.unipic.conformance.compare.Comparer;
import io.github.unipic.generation.LanguageContext;
import io.github.unipic.generation.TextGenerator;
import io.github.unipic.runtime.Execution;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A greedy answer: each token is the one with the largest logit.
 *
 * @param ids its tokens, the one that ended it included
 * @param logits that each token was taken from
 */
public record GreedyAnswer(long[] ids, List<float[]> logits) {

    /** Continues a context through the sdk's text generator. */
    public static GreedyAnswer of(Execution execution, LanguageContext context, int most, List<Integer> stops) {
        List<float[]> logits = new ArrayList<>();
        DescribeRequest greedy = DescribeRequest.builder("").maxTokens(most).build();
        Answer answer = new TextGenerator(execution.engine().tokenizer(), stops)
                .answer(context, greedy, Optional.empty(), logits::add);
        return new GreedyAnswer(
                answer.tokens().stream().mapToLong(Integer::longValue).toArray(), logits);
    }

    /** How far each token leads the next: difference of the logits over the root mean square of all. */
    float[] margins() {
        float[] margins = new float[ids.length];
        for (int position = 0; position < ids.length; position++) {
            margins[position] = (float) lead(position, next(logits.get(position), (int) ids[position]));
        }
        return margins;
    }

    /** How far the token at a position leads another one, as in {@link #margins}. */
    double lead(int position, long other) {
        float[] all = logits.get(position);
        return other < 0 || other >= all.length
                ? Double.POSITIVE_INFINITY
                : (all[(int) ids[position]] - all[(int) other]) / rms(all);
    }

    /** Whether every logit was a number. */
    boolean isFinite() {
        return logits.stream().allMatch(all -> Double.isFinite(rms(all)));
    }

    /**
     * Rounding may decide between two tokens that are as good as equally likely, and what follows is another answer.
     * Both sides must see it so: the reference its token and the next, this machine its token and the reference's.
     *
     * @param margins of the expected ids
     * @param limit of the margin where the answers part
     */
    void compare(String name, long[] expected, float[] margins, double limit, Comparer comparer) {
        int parting = parting(expected);
        boolean same = parting == ids.length && parting == expected.length;
        double margin = 0;
        Optional<String> note = Optional.empty();
        if (!isFinite()) {
            margin = Double.NaN;
            note = Optional.of("some logits are not finite");
        } else if (!same) {
            boolean oneEnds = parting == ids.length || parting == expected.length;
            margin = oneEnds ? Double.POSITIVE_INFINITY : Math.max(margins[parting], lead(parting, expected[parting]));
            note = Optional.of("the answers part at token " + parting);
        }
        comparer.measured(name, "logit margin where the answers part", margin, limit, note);
    }

    /** Tokens at the beginning that are the same. */
    private int parting(long[] expected) {
        int position = 0;
        while (position < ids.length && position < expected.length && ids[position] == expected[position]) {
            position++;
        }
        return position;
    }

    /** The token with the largest logit but one. */
    private static int next(float[] values, int best) {
        int next = best == 0 ? 1 : 0;
        for (int i = 0; i < values.length; i++) {
            if (i != best && values[i] > values[next]) {
                next = i;
            }
        }
        return next;
    }

    private static double rms(float[] values) {
        double squares = 0;
        for (float value : values) {
            squares += (double) value * value;
        }
        return Math.sqrt(squares / values.length);
    }
}
