package io.github.unipic.generation;

import io.github.unipic.DescribeRequest;
import io.github.unipic.InferenceException;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** Samples the next token: greedy, or at random with temperature, top-k and top-p. */
final class TokenSampler {
    private static final int STREAM = 2;

    private final double temperature;
    private final double topP;
    private final int topK;
    private final double repetitionPenalty;
    private final long seed;

    TokenSampler(DescribeRequest request) {
        temperature = request.temperature();
        topP = request.topP();
        topK = request.topK();
        repetitionPenalty = request.repetitionPenalty();
        seed = request.seed().orElseGet(() -> ThreadLocalRandom.current().nextLong());
    }

    /**
     * @param logits of every token; this method changes them
     * @param before tokens of the answer so far
     * @throws InferenceException when a logit is not finite
     */
    int next(float[] logits, List<Integer> before) {
        requireFinite(logits);
        penalize(logits, before);
        return temperature == 0 ? greedy(logits) : draw(logits, before.size());
    }

    private static void requireFinite(float[] logits) {
        for (float logit : logits) {
            if (!Float.isFinite(logit)) {
                throw new InferenceException("The model gave a logit that is not finite (" + logit
                        + "); if its weights are float16, export it with --precision fp32.");
            }
        }
    }

    private void penalize(float[] logits, List<Integer> before) {
        if (repetitionPenalty != 1) {
            BitSet used = new BitSet(logits.length);
            for (int token : before) {
                used.set(token);
            }
            used.stream().forEach(token -> {
                float logit = logits[token];
                logits[token] = (float) (logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty);
            });
        }
    }

    private static int greedy(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            if (logits[i] > logits[best]) {
                best = i;
            }
        }
        return best;
    }

    private int draw(float[] logits, int step) {
        Ranking ranking = new Ranking(logits);
        double most = logits[ranking.token(0)];
        int count = topK == 0 ? logits.length : Math.min(topK, logits.length);
        double total = 0;
        for (int i = 0; i < count; i++) {
            // Without top-k the sum covers all tokens, so they need not be sorted.
            total += weight(logits[count == logits.length ? i : ranking.token(i)], most);
        }
        // The nucleus: the smallest set of most likely tokens whose probabilities reach topP.
        double nucleus = topP < 1 ? nucleus(logits, ranking, count, topP * total, most) : total;
        double target = uniform(step) * nucleus;
        int rank = 0;
        while (true) {
            int token = ranking.token(rank++);
            target -= weight(logits[token], most);
            if (target < 0 || rank == count) {
                return token;
            }
        }
    }

    private double nucleus(float[] logits, Ranking ranking, int count, double least, double most) {
        double nucleus = 0;
        for (int rank = 0; rank < count && (rank == 0 || nucleus < least); rank++) {
            nucleus += weight(logits[ranking.token(rank)], most);
        }
        return nucleus;
    }

    private double weight(float logit, double most) {
        return StrictMath.exp((logit - most) / temperature);
    }

    private double uniform(int step) {
        return (Integer.toUnsignedLong(Philox.block(seed, step, 0, 0, STREAM)[0]) + 0.5) / 0x1p32;
    }
}
