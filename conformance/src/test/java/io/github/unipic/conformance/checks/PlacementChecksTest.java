package io.github.unipic.conformance.checks;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Cancellation;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.conformance.Suite;
import io.github.unipic.conformance.cases.Cases;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.runtime.RuntimeOptions.Memory;
import io.github.unipic.testing.SmallModel;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PlacementChecksTest {
    @Test
    void theCpuByItsOwnNameLeavesNothingToItself(@TempDir Path folder) {
        Results results = new Results();
        RuntimeOptions options = new RuntimeOptions(
                OptionalInt.of(1), ExecutionProvider.of("CPUExecutionProvider"), Optional.empty(), Memory.DEFAULTS);
        new PlacementChecks(ModelFolder.open(SmallModel.folder(), false), options, folder, results, new Cancellation())
                .run(Cases.of(Suite.SMOKE));
        PlacementChecks.conclude(options.provider(), true, results);
        assertThat(results.placements()).hasSize(GraphName.values().length);
        assertThat(results.placements())
                .allSatisfy(placement -> assertThat(placement.fallbacks()).isEmpty());
        assertThat(results.checks()).isEmpty();
    }
}
