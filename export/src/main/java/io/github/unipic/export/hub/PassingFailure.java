package io.github.unipic.export.hub;

import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** A failure that may be over at the next try: a connection that was cut, a hub that is busy. */
final class PassingFailure extends IOException {
    private static final long serialVersionUID = 1L;

    private final transient Optional<Duration> pause;

    /** @param message for the user, if it does not pass: one line */
    PassingFailure(String message, Throwable cause) {
        super(message, cause);
        pause = Optional.empty();
    }

    /** @param pause that the hub asks for */
    PassingFailure(String message, Optional<Duration> pause) {
        super(message);
        this.pause = pause;
    }

    Optional<Duration> pause() {
        return pause;
    }
}
