package io.github.unipic.conformance;

import io.github.unipic.Cancellation;
import io.github.unipic.ExecutionProvider;
import java.util.Map;
import java.util.Optional;

/** The kit's smallest suite on the CPU, as most tests of the kit run it. */
final class SmokeRun {
    private SmokeRun() {}

    static ConformanceRun of(Source source, Cancellation cancellation, ConformanceRun.Listener listener) {
        return new ConformanceRun(
                source, ExecutionProvider.CPU, Suite.SMOKE, false, Optional.empty(), Map.of(), cancellation, listener);
    }
}
