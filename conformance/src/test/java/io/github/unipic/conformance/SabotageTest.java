package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.github.unipic.Cancellation;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.model.GraphName;
import io.github.unipic.testing.GraphSurgery;
import io.github.unipic.testing.ModelCopy;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The kit can fail: the smallest suite notices every kind of damage to a model. */
class SabotageTest {
    @TempDir
    private static Path shared;

    @TempDir
    private Path folder;

    private static Path reference;

    @BeforeAll
    static void record() {
        reference = shared.resolve("reference.safetensors");
        new Recording(SmallModel.folder(), Suite.SMOKE, OptionalLong.empty(), new Cancellation(), (done, all) -> {})
                .writeTo(reference);
    }

    @Test
    void theHealthyCopyPasses() throws IOException {
        ModelCopy copy = ModelCopy.of(SmallModel.folder(), folder.resolve("model"));
        for (GraphName graph : GraphName.values()) {
            copy.edit(graph, unchanged -> {});
        }
        Results results = run(copy.finish());
        assertThat(failures(results)).isEmpty();
        assertThat(results.skipped()).isEmpty();
        assertThat(results.checks()).hasSizeGreaterThan(40);
    }

    @ParameterizedTest
    @EnumSource(Sabotage.class)
    void isCaught(Sabotage sabotage) throws IOException {
        ModelCopy copy = ModelCopy.of(SmallModel.folder(), folder.resolve("model"));
        sabotage.applyTo(copy);
        Results results = run(copy.finish());
        assertThat(failures(results)).extracting(Check::name).contains(sabotage.caughtBy());
        assertThat(failures(results))
                .filteredOn(check -> check.area() == Area.GRAPH)
                .extracting(Check::subject)
                .containsOnly(sabotage.graph().label());
    }

    /** The same rescaling changes nothing in float32. In float16 what lies between has no room. */
    @Test
    void float16OverflowIsCaughtAndCounted() throws IOException {
        assertThat(failures(run(rescaled(SmallModel.folder(), "float32", "")))).isEmpty();
        assertThat(failures(run(SmallCheckpoint.halfModel()))).isEmpty();
        Results results = run(rescaled(SmallCheckpoint.halfModel(), "float16", ".float16"));
        String name = "stage/decoder_step/prompt_7_two_rows/hidden (relative L2)";
        assertThat(failures(results))
                .filteredOn(check -> check.name().equals(name))
                .singleElement()
                .satisfies(check -> {
                    assertThat(check.value()).isNaN();
                    assertThat(check.errors().orElseThrow().nans()).isPositive();
                });
        assertThat(failures(results))
                .filteredOn(check -> check.area() == Area.GRAPH)
                .extracting(Check::subject)
                .containsOnly("decoder_step");
    }

    /** @param type what the exporter adds to the names of weights that are not float32 */
    private Path rescaled(Path model, String name, String type) throws IOException {
        ModelCopy copy = ModelCopy.of(model, folder.resolve(name));
        copy.edit(GraphName.DECODER_STEP, graph -> {
            rescale(graph, "llm.model.layers.0.mlp.up_proj.weight.T" + type, 0x1p15f);
            rescale(graph, "llm.model.layers.0.mlp.down_proj.weight.T" + type, 0x1p-15f);
        });
        return copy.finish();
    }

    private static void rescale(GraphSurgery graph, String weight, float factor) {
        NodeProto.Builder multiplication = graph.only("MatMul", weight);
        String scale = graph.before(multiplication, "CastLike", List.of(graph.floats(factor), weight));
        graph.through(multiplication, 1, "Mul", scale);
    }

    @Test
    void noGraphIsSpared() {
        assertThat(Arrays.stream(Sabotage.values()).map(Sabotage::graph)).contains(GraphName.values());
    }

    private static List<Check> failures(Results results) {
        return results.checks().stream().filter(check -> !check.passed()).toList();
    }

    private static Results run(Path model) {
        return SmokeRun.compare(model, reference);
    }
}
