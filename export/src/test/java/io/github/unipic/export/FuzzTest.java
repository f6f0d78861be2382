package io.github.unipic.export;

import io.github.unipic.export.checkpoint.CheckpointFuzz;
import io.github.unipic.export.hub.HubFuzz;
import io.github.unipic.fuzz.FuzzRegression;
import io.github.unipic.fuzz.FuzzTarget;
import java.util.List;
import java.util.stream.Stream;

/** What the exporter reads from outside. The config target of the conformance kit reads the rest of a checkpoint. */
public class FuzzTest extends FuzzRegression {
    @Override
    protected List<FuzzTarget> targets() {
        return Stream.concat(CheckpointFuzz.targets().stream(), HubFuzz.targets().stream())
                .toList();
    }
}
