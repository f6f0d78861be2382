package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.Cancellation;
import io.github.unipic.conformance.cases.Cases;
import io.github.unipic.conformance.cases.StageCase;
import io.github.unipic.conformance.cases.StageRunner;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Graphs;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.runtime.Tensor;
import org.junit.jupiter.api.Test;

class StageRunnerTest {

    @Test
    void inputsThatCannotAllBeMadeAreFreed() {
        StageCase good = Cases.of(Suite.SMOKE).stages().stream()
                .filter(each -> each.graph() == GraphName.TOKEN_SAMPLER)
                .findFirst()
                .orElseThrow();
        StageCase moreThanAll = new StageCase(
                good.graph(),
                good.name(),
                good.suite(),
                good.batch(),
                good.rows(),
                good.tokens(),
                good.past(),
                good.padded(),
                good.grid(),
                good.known(),
                good.predict(),
                good.fullCanvas(),
                good.tile(),
                good.ownStatistics(),
                good.timestep(),
                good.steps(),
                good.steps() + 1,
                good.guidance(),
                good.temperature(),
                good.scale());
        try (Graphs graphs = new Graphs(ModelFolder.open(TinyModel.model(), false), RuntimeOptions.DEFAULTS)) {
            long open = Tensor.open();
            assertThatExceptionOfType(ArrayIndexOutOfBoundsException.class)
                    .isThrownBy(() -> new StageRunner(graphs, 1, new Cancellation()).prepare(moreThanAll));
            assertThat(Tensor.open()).isEqualTo(open);
        }
    }
}
