package io.github.unipic;

import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * How far a request has come, at the end of one iteration.
 *
 * @param iteration iterations done, 1 to {@code iterations}
 * @param iterations iterations in all
 * @param tokensDone tokens of one image that are drawn, 1 to {@code tokens}
 * @param tokens tokens of one image
 * @param elapsed time since the request started
 * @param remaining estimated time to its end; empty while it cannot be told
 * @param preview decodes the tokens so far to images, one for each of the request's count, when called; valid only
 *     during the listener's call, and costs one decoder run
 */
public record Progress(
        int iteration,
        int iterations,
        int tokensDone,
        int tokens,
        Duration elapsed,
        Optional<Duration> remaining,
        Supplier<List<Image>> preview) {
    /**
     * Refuses nulls.
     *
     * @param iteration 1 to {@code iterations}
     * @param iterations 1 or more
     * @param tokensDone 1 to {@code tokens}
     * @param tokens 1 or more
     * @param elapsed not null
     * @param remaining not null
     * @param preview not null; may be slow
     */
    public Progress {
        Objects.requireNonNull(elapsed, "elapsed");
        Objects.requireNonNull(remaining, "remaining");
        Objects.requireNonNull(preview, "preview");
    }
}
