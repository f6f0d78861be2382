package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.conformance.cases.Cases;
import io.github.unipic.conformance.cases.GraphCase;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.runtime.TestExecution;
import org.junit.jupiter.api.Test;

class GraphCaseTest {

    @Test
    void inputsThatCannotAllBeMadeAreFreed() {
        GraphCase good = Cases.of(Suite.SMOKE).all().stream()
                .filter(GraphCase.class::isInstance)
                .map(GraphCase.class::cast)
                .filter(each -> each.graph() == GraphName.TOKEN_SAMPLER)
                .findFirst()
                .orElseThrow();
        GraphCase moreThanAll = new GraphCase(
                good.seed(),
                good.suite(),
                good.graph(),
                good.name(),
                good.batch(),
                good.rows(),
                good.tokens(),
                good.past(),
                good.padded(),
                good.grid(),
                good.known(),
                good.predict(),
                good.canvas(),
                good.tile(),
                good.ownStatistics(),
                good.timestep(),
                good.steps(),
                good.steps() + 1,
                good.guidance(),
                good.temperature(),
                good.scale());
        try (Engine engine = Engine.open(ModelFolder.open(TinyModel.model(), false), RuntimeOptions.DEFAULTS)) {
            long open = Tensor.open();
            assertThatExceptionOfType(ArrayIndexOutOfBoundsException.class)
                    .isThrownBy(() -> moreThanAll.run(TestExecution.of(engine), output -> {}));
            assertThat(Tensor.open()).isEqualTo(open);
        }
    }
}
