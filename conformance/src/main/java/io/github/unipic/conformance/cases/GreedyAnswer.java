package io.github.unipic.conformance.cases;

import io.github.unipic.DescribeRequest;
import io.github.unipic.conformance.compare.Floats;
import io.github.unipic.generation.LanguageContext;
import io.github.unipic.generation.TextGenerator;
import io.github.unipic.runtime.Execution;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A greedy answer: each token is the one with the largest logit.
 *
 * @param ids its tokens, including the one that ended it
 * @param logits from which each token was chosen
 */
public record GreedyAnswer(long[] ids, List<float[]> logits) implements Value {
    private static final String MARGINS = "margins";

    /** Continues a context through the sdk's text generator. */
    public static GreedyAnswer of(Execution execution, LanguageContext context, int most, List<Integer> stops) {
        List<float[]> logits = new ArrayList<>();
        DescribeRequest greedy = DescribeRequest.builder("").maxTokens(most).build();
        TextGenerator.Generated answer =
                new TextGenerator(execution.engine().tokenizer(), stops).generate(context, greedy, logits::add);
        return new GreedyAnswer(
                answer.tokens().stream().mapToLong(Integer::longValue).toArray(), logits);
    }

    /** Each token's margin to the second one: difference of the logits over the root mean square of all. */
    float[] margins() {
        float[] margins = new float[ids.length];
        for (int position = 0; position < ids.length; position++) {
            margins[position] = (float) lead(position, next(logits.get(position), (int) ids[position]));
        }
        return margins;
    }

    /** The margin of the token at a position to another one, as in {@link #margins}. */
    double lead(int position, long other) {
        float[] all = logits.get(position);
        return other < 0 || other >= all.length
                ? Double.POSITIVE_INFINITY
                : (all[(int) ids[position]] - all[(int) other]) / rms(all);
    }

    /** Whether every logit is finite. */
    boolean isFinite() {
        return logits.stream().allMatch(all -> Double.isFinite(rms(all)));
    }

    @Override
    public void judge(Judge judge) {
        Optional<long[]> expected = judge.expected(judge.name(), Expected::integers);
        Optional<float[]> margins = judge.expected(MARGINS, Expected::floats).map(Floats::values);
        if (expected.isEmpty() || margins.isEmpty()) {
            judge.cannotJudge(expected.isEmpty() ? judge.name() : MARGINS);
        } else if (expected.get().length == 0 || expected.get().length != margins.get().length) {
            String lengths = expected.get().length + " ids and " + margins.get().length + " margins";
            judge.comparer().cannotJudge(judge.name(), "the reference has " + lengths + "; record it again");
        } else {
            compare(expected.get(), margins.get(), judge);
        }
    }

    /**
     * Rounding may decide between two tokens that are about equally likely, and then the rest of the answer differs.
     * Both margins must be small: the reference's between its two best tokens, and this machine's between its token and
     * the reference's.
     */
    private void compare(long[] expected, float[] margins, Judge judge) {
        int parting = parting(expected);
        double margin = 0;
        Optional<String> note = Optional.empty();
        if (!isFinite()) {
            margin = Double.NaN;
            note = Optional.of("some logits are not finite");
        } else if (parting < Math.max(ids.length, expected.length)) {
            boolean oneEnds = parting == Math.min(ids.length, expected.length);
            margin = oneEnds ? Double.POSITIVE_INFINITY : Math.max(margins[parting], lead(parting, expected[parting]));
            note = Optional.of("the answers diverge at token " + parting);
        }
        double limit = judge.tolerances().tasks().answerMargin();
        judge.comparer().measured(judge.name(), "logit margin where the answers diverge", margin, limit, note);
    }

    @Override
    public void record(String prefix, String name, Recorder recorder) throws IOException {
        recorder.longs(prefix + name, ids, ids.length);
        recorder.floats(prefix + MARGINS, margins(), ids.length);
    }

    /** The number of equal tokens at the beginning. */
    private int parting(long[] expected) {
        int position = 0;
        while (position < ids.length && position < expected.length && ids[position] == expected[position]) {
            position++;
        }
        return position;
    }

    /** The token with the second largest logit. */
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
