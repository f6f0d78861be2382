package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.Cancellation;
import io.github.unipic.ModelFormatException;
import io.github.unipic.conformance.cases.Cases;
import io.github.unipic.conformance.cases.StageCase;
import io.github.unipic.conformance.cases.StageRunner;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Graphs;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.runtime.Tensor;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class StageRunnerTest {

    @Test
    void inputsThatCannotAllBeMadeAreFreed(@TempDir Path folder) throws IOException {
        ModelCopy copy = ModelCopy.of(TinyModel.model(), folder.resolve("model"));
        copy.forgetInput(GraphName.DECODER_STEP, "past_value.1");
        StageCase stage = Cases.of(Suite.SMOKE).stages().stream()
                .filter(each -> each.graph() == GraphName.DECODER_STEP)
                .findFirst()
                .orElseThrow();
        try (Graphs graphs = new Graphs(ModelFolder.open(copy.finish(), false), RuntimeOptions.DEFAULTS)) {
            long open = Tensor.open();
            assertThatExceptionOfType(ModelFormatException.class)
                    .isThrownBy(() -> new StageRunner(graphs, 1, new Cancellation()).prepare(stage))
                    .withMessageContaining("past_value.1");
            assertThat(Tensor.open()).isEqualTo(open);
        }
    }
}
