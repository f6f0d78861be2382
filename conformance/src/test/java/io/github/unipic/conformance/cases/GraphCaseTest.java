package io.github.unipic.conformance.cases;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.model.GraphName;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.runtime.TestExecution;
import io.github.unipic.testing.SmallModel;
import org.junit.jupiter.api.Test;

class GraphCaseTest {

    @Test
    void whatIsNotGivenHasADefault() {
        GraphCase bare = tokenSampler(0);
        assertThat(bare.batch()).isOne();
        assertThat(bare.rows()).isOne();
        assertThat(bare.tokens()).isOne();
        assertThat(bare.grid()).isEqualTo(GridSize.NATIVE);
        assertThat(bare.known()).isEqualTo(KnownCount.NONE);
        assertThat(bare.predict()).isEqualTo(PredictedSet.REST);
        assertThat(bare.tile()).isEqualTo(TileArea.WHOLE);
        assertThat(bare.last()).isEqualTo(bare.steps()).isEqualTo(10);
        assertThat(bare.guidance()).isOne();
        assertThat(bare.temperature()).isOne();
        assertThat(bare.scale()).isOne();
    }

    @Test
    void inputsThatCannotAllBeMadeAreFreed() {
        GraphCase moreThanAll = tokenSampler(11);
        try (Engine engine = Engine.open(ModelFolder.open(SmallModel.folder(), false), SmallModel.options())) {
            long open = Tensor.open();
            assertThatExceptionOfType(ArrayIndexOutOfBoundsException.class)
                    .isThrownBy(() -> moreThanAll.run(TestExecution.of(engine), output -> {}));
            assertThat(Tensor.open()).isEqualTo(open);
        }
    }

    private static GraphCase tokenSampler(int last) {
        return new GraphCase(
                1,
                GraphName.TOKEN_SAMPLER,
                "a",
                0,
                0,
                0,
                0,
                false,
                null,
                null,
                null,
                null,
                null,
                null,
                false,
                0,
                10,
                last,
                0,
                0,
                0);
    }
}
