package io.github.unipic.conformance.report;

import java.time.Duration;
import java.util.List;

/**
 * The child processes that ran the cases.
 *
 * @param count how many there were: one, and one more after each that was lost
 * @param caseLimit how long one case may take
 * @param memoryLimitBytes how much memory, without mapped files, one process may use; checked on Linux
 * @param lost those that ended before their work was done
 */
public record Processes(int count, Duration caseLimit, long memoryLimitBytes, List<LostProcess> lost) {

    /** Copies the list. */
    public Processes {
        lost = List.copyOf(lost);
    }
}
