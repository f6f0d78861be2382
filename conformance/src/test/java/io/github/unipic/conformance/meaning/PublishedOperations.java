package io.github.unipic.conformance.meaning;

import io.github.unipic.DiffusionSteps;
import io.github.unipic.Reuse;
import io.github.unipic.generation.TokenOrder;
import io.github.unipic.generation.UnmaskingSchedule;
import java.util.List;

/**
 * Multiplications of one guided image of the published model, 1024 x 1024 pixels, in its four graphs of the loop: those
 * of matrices, and of attention. The autoencoder is below one percent of them.
 */
final class PublishedOperations {
    private static final int ITERATIONS = 32;
    private static final int TOKENS = 4096;
    private static final int BUFFER = 64;
    private static final int PROMPT = 20;

    private static final long MAR = 1280;
    private static final long MAR_BLOCKS = 20;
    private static final long LANGUAGE = 1536;
    private static final long LANGUAGE_LAYERS = 28;
    private static final long KEYS_AND_VALUES = 2 * 256;
    private static final long MLP = 8960;
    private static final long SAMPLER = 1536;
    private static final long SAMPLER_BLOCKS = 12;

    private PublishedOperations() {}

    /** Those of an image. */
    static double of(DiffusionSteps steps, Reuse guidance, Reuse tokens) {
        List<int[]> order = List.of(TokenOrder.random(TOKENS, 1));
        double sum = 0;
        long knownToAll = 0;
        for (UnmaskingSchedule.Iteration k : UnmaskingSchedule.plan(ITERATIONS, order, TOKENS)) {
            long known = k.known().get(0).length + BUFFER;
            int halves = guidance.computes(k.index()) ? 2 : 1;
            long decoded = known - knownToAll + BUFFER + k.predictedTokens();
            if (halves == 2 || tokens.computes(k.index())) {
                decoded = TOKENS + BUFFER;
                knownToAll = known;
            }
            sum += transformer(known, known)
                    + halves * (languageModel(known) + transformer(decoded, TOKENS + BUFFER))
                    + 2.0 * k.predictedTokens() * steps.at(k.index(), ITERATIONS) * samplerStep();
        }
        return sum;
    }

    /** MAR's encoder or decoder: blocks of attention to so many keys, and an MLP of four times the width. */
    private static double transformer(long rows, long keys) {
        return MAR_BLOCKS * (12 * MAR * MAR * rows + 2 * MAR * rows * keys);
    }

    /** Rows attend to the prompt and, on average, to half of each other. */
    private static double languageModel(long rows) {
        long matrices = 2 * LANGUAGE * LANGUAGE + LANGUAGE * KEYS_AND_VALUES + 3 * LANGUAGE * MLP;
        return LANGUAGE_LAYERS * (matrices * rows + 2 * LANGUAGE * rows * (PROMPT + rows / 2.0));
    }

    /** A row and a step: modulation and MLP of each block, and the final layer with its modulation. */
    private static double samplerStep() {
        return SAMPLER_BLOCKS * 5 * SAMPLER * SAMPLER + 2 * SAMPLER * SAMPLER;
    }
}
