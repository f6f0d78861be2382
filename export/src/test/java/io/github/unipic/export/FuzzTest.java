package io.github.unipic.export;

import io.github.unipic.export.checkpoint.CheckpointFuzz;
import io.github.unipic.export.hub.HubFuzz;
import io.github.unipic.fuzz.FuzzRegression;
import io.github.unipic.fuzz.FuzzTarget;
import java.util.List;
import java.util.stream.Stream;

/**
 * Untrusted input of the exporter. The conformance kit's target {@code config} covers the other files of a checkpoint.
 */
public class FuzzTest extends FuzzRegression {
    @Override
    protected List<FuzzTarget> targets() {
        return Stream.concat(CheckpointFuzz.targets().stream(), HubFuzz.targets().stream())
                .toList();
    }
}
