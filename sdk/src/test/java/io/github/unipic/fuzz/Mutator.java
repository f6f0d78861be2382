package io.github.unipic.fuzz;

import java.util.random.RandomGenerator;

/** Changes inputs of a format at random. The same random generator gives the same change. */
@FunctionalInterface
public interface Mutator {
    /**
     * Changes an input.
     *
     * @param input is not changed itself
     * @param other another input of the corpus, to take parts from
     */
    byte[] mutate(byte[] input, byte[] other, RandomGenerator random);

    /** Sets right what keeps changed bytes from being read at all, such as checksums. */
    default byte[] repair(byte[] input) {
        return input;
    }
}
