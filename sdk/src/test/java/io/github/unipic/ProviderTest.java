package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.unipic.generation.LanguageModel;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.runtime.RuntimeOptions.Memory;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.runtime.TestExecution;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The requested execution provider is the one that runs. */
class ProviderTest {
    private static final GenerateRequest REQUEST = GenerateRequest.builder("a red circle")
            .size(32, 32)
            .iterations(2)
            .diffusionSteps(5)
            .seed(1)
            .build();

    @Test
    void theCpuAskedForDrawsWhatItDrawsUnasked() {
        try (UniPic plain = UniPic.load(SmallModel.folder());
                UniPic asked = UniPic.builder(SmallModel.folder())
                        .provider(ExecutionProvider.CPU)
                        .load()) {
            assertThat(asked.generate(REQUEST).get(0).rgb())
                    .isEqualTo(plain.generate(REQUEST).get(0).rgb());
        }
    }

    @Test
    void aProviderThatIsNotHereStopsTheLoading() {
        UniPic.Builder builder = UniPic.builder(SmallModel.folder()).provider(ExecutionProvider.of("abacus"));
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(builder::load)
                .withMessageContaining("'abacus'");
    }

    @Test
    void aProfileSaysWhichProviderRanEachNode(@TempDir Path folder) throws IOException {
        RuntimeOptions options =
                new RuntimeOptions(OptionalInt.of(1), ExecutionProvider.CPU, Optional.of(folder), Memory.DEFAULTS);
        try (Engine engine = Engine.open(ModelFolder.open(SmallModel.folder(), false), options)) {
            assertThat(engine.graphs().endProfiling()).isEmpty();
            embed(engine);
            Map<GraphName, Path> traces = engine.graphs().endProfiling();
            assertThat(traces).containsOnlyKeys(GraphName.TEXT_EMBEDDING);
            Path trace = traces.get(GraphName.TEXT_EMBEDDING);
            assertThat(trace).hasParent(folder);
            assertThat(providers(trace)).containsExactly("CPUExecutionProvider");
            embed(engine);
            assertThat(engine.graphs().endProfiling()).isEqualTo(traces);
        }
    }

    @Test
    void withoutAFolderThereIsNoProfile() {
        try (Engine engine = Engine.open(ModelFolder.open(SmallModel.folder(), false), RuntimeOptions.DEFAULTS)) {
            assertThatIllegalStateException()
                    .isThrownBy(engine.graphs()::endProfiling)
                    .withMessageContaining("No profile was requested");
        }
    }

    private static void embed(Engine engine) {
        try (Tensor embeds = new LanguageModel(TestExecution.of(engine)).embed(new long[][] {{1, 2, 3}})) {
            assertThat(embeds.dim(1)).isEqualTo(3);
        }
    }

    /** Of the events of kind "Node", each of which must name one. */
    private static Set<String> providers(Path trace) throws IOException {
        Set<String> providers = new TreeSet<>();
        for (JsonNode event : new ObjectMapper().readTree(trace.toFile())) {
            if (event.path("cat").asText().equals("Node")) {
                providers.add(event.path("args").path("provider").asText("none"));
            }
        }
        return providers;
    }
}
