package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.NodeProto;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.export.Precision;
import io.github.unipic.model.GraphName;
import io.github.unipic.testing.GraphSurgery;
import io.github.unipic.testing.ModelCopy;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The kit can fail: the smallest suite notices every kind of damage to a model. */
class SabotageTest {
    @TempDir
    private Path folder;

    @Test
    void theHealthyCopyPasses() throws IOException {
        ModelCopy copy = ModelCopy.of(SmallModel.folder(), folder.resolve("model"));
        for (GraphName graph : GraphName.values()) {
            copy.edit(graph, unchanged -> {});
        }
        Results results = SmokeRun.compare(copy.finish(), SmallCheckpoint.recording());
        assertThat(failures(results)).isEmpty();
        assertThat(results.skipped()).isEmpty();
        assertThat(results.checks()).hasSizeGreaterThan(40);
    }

    @ParameterizedTest
    @EnumSource(Sabotage.class)
    void isCaught(Sabotage sabotage) throws IOException {
        ModelCopy copy = ModelCopy.of(SmallModel.folder(), folder.resolve("model"));
        sabotage.applyTo(copy);
        Results results = run(copy.finish(), sabotage.graph());
        assertThat(failures(results)).extracting(Check::name).contains(sabotage.caughtBy());
        assertThat(failures(results))
                .extracting(Check::subject)
                .containsOnly(sabotage.graph().label());
    }

    /** The same rescaling changes nothing in float32. In float16 what lies between has no room. */
    @Test
    void float16OverflowIsCaughtAndCounted() throws IOException {
        GraphName graph = GraphName.DECODER_STEP;
        Path half = SmallCheckpoint.model(Precision.FP16);
        assertThat(failures(run(rescaled(SmallModel.folder(), "float32", ""), graph)))
                .isEmpty();
        assertThat(failures(run(half, graph))).isEmpty();
        Results results = run(rescaled(half, "float16", ".float16"), graph);
        String name = "stage/decoder_step/prompt_7_two_rows/hidden (relative L2)";
        assertThat(failures(results))
                .filteredOn(check -> check.name().equals(name))
                .singleElement()
                .satisfies(check -> {
                    assertThat(check.value()).isNaN();
                    assertThat(check.errors().orElseThrow().nans()).isPositive();
                });
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

    /** The cases of one graph. Each case runs one graph, so those of others, which are as they were, give the same. */
    private static Results run(Path model, GraphName graph) {
        return SmokeRun.compare(
                model, SmallCheckpoint.recording(), one -> one.subject().equals(graph.label()));
    }
}
