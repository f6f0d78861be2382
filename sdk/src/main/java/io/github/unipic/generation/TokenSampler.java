package io.github.unipic.generation;

import io.github.unipic.DescribeRequest;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** Chooses the next token: the likeliest, or one at random by temperature, top-k and top-p. */
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
     * @param logits per token; changed
     * @param before tokens of the answer so far
     */
    int next(float[] logits, List<Integer> before) {
        penalize(logits, before);
        return temperature == 0 ? likeliest(logits) : draw(logits, before.size());
    }

    private void penalize(float[] logits, List<Integer> before) {
        if (repetitionPenalty != 1) {
            for (int token : new HashSet<>(before)) {
                float logit = logits[token];
                logits[token] = (float) (logit > 0 ? logit / repetitionPenalty : logit * repetitionPenalty);
            }
        }
    }

    private static int likeliest(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            if (logits[i] > logits[best]) {
                best = i;
            }
        }
        return best;
    }

    private int draw(float[] logits, int step) {
        int[] ranked = ranked(logits);
        int count = topK == 0 ? ranked.length : Math.min(topK, ranked.length);
        double[] weights = new double[count];
        double total = 0;
        for (int i = 0; i < count; i++) {
            weights[i] = StrictMath.exp(((double) logits[ranked[i]] - logits[ranked[0]]) / temperature);
            total += weights[i];
        }
        // The nucleus: the fewest likeliest tokens whose probabilities reach topP.
        double nucleus = 0;
        int kept = 0;
        while (kept < count && (kept == 0 || nucleus < topP * total)) {
            nucleus += weights[kept++];
        }
        double target = uniform(step) * nucleus;
        for (int i = 0; i < kept; i++) {
            target -= weights[i];
            if (target < 0) {
                return ranked[i];
            }
        }
        return ranked[kept - 1];
    }

    private double uniform(int step) {
        return (Integer.toUnsignedLong(Philox.block(seed, step, 0, 0, STREAM)[0]) + 0.5) / 0x1p32;
    }

    /** Tokens, likeliest first; of equal ones the lower id first. */
    private static int[] ranked(float[] logits) {
        long[] keys = new long[logits.length];
        for (int i = 0; i < keys.length; i++) {
            int bits = Float.floatToIntBits(logits[i]);
            int ascending = bits ^ ((bits >> 31) & 0x7fffffff);
            keys[i] = ((long) ~ascending << 32) | i;
        }
        Arrays.sort(keys);
        return Arrays.stream(keys).mapToInt(key -> (int) key).toArray();
    }
}
