package io.github.unipic.conformance.compare;

import java.util.List;

/**
 * What one case adds to a share that is judged when all cases have run.
 *
 * @param subject whose share it is
 * @param all the number of things compared
 * @param wrong a description of each one that was wrong
 */
public record Score(String subject, int all, List<String> wrong) {

    /** Copies the list. */
    public Score {
        wrong = List.copyOf(wrong);
    }
}
