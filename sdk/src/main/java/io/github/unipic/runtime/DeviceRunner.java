package io.github.unipic.runtime;

import java.util.Optional;

/** Java has no public way to leave outputs on their device before release 22, whose version of this class does. */
final class DeviceRunner {
    private DeviceRunner() {}

    static Optional<SessionRunner> find() {
        return Optional.empty();
    }
}
