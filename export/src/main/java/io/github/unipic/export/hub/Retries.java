package io.github.unipic.export.hub;

import java.io.IOException;
import java.time.Duration;

/** Tries again after failures that may pass, with longer and longer pauses, and not for ever. */
final class Retries {
    private final Patience patience;
    private int failures;

    Retries(Patience patience) {
        this.patience = patience;
    }

    /** Something that can be tried several times. */
    @FunctionalInterface
    interface Attempt<T> {
        T run() throws IOException, InterruptedException;
    }

    static <T> T run(Patience patience, Attempt<T> attempt) throws IOException, InterruptedException {
        Retries retries = new Retries(patience);
        while (true) {
            try {
                return attempt.run();
            } catch (PassingFailure e) {
                retries.pause(e);
            }
        }
    }

    /** Got further, so that earlier failures do not count. */
    void progressed() {
        failures = 0;
    }

    /** @throws DownloadException if that was the last try, or the hub asks for too long a pause */
    void pause(PassingFailure failure) throws InterruptedException {
        if (failures >= patience.retries()
                || failure.pause().orElse(Duration.ZERO).compareTo(patience.longestPause()) > 0) {
            throw new DownloadException(failure.getMessage(), failure);
        }
        Duration pause = patience.firstPause().multipliedBy(1L << failures);
        failures++;
        Thread.sleep(failure.pause()
                .filter(asked -> asked.compareTo(pause) > 0)
                .orElse(pause)
                .toMillis());
    }
}
