package io.github.unipic.conformance.checks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.InferenceException;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.conformance.report.Placement;
import io.github.unipic.conformance.report.Placement.Fallback;
import io.github.unipic.conformance.report.Placement.Share;
import io.github.unipic.model.GraphName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalDouble;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reads ONNX Runtime's profile of a graph, and draws conclusions from it. */
class TraceTest {
    private static final String CUDA = "CUDAExecutionProvider";
    private static final String MAT_MUL = node("a/MatMul_1", "MatMul", CUDA, 1500, "float16");
    private static final String ATTENTION = node("a/Attention_2", "Attention", PlacedNode.CPU, 250, "float");
    private static final String SHAPE = node("a/Shape_3", "Shape", PlacedNode.CPU, 4, "int64");

    @TempDir
    private Path folder;

    @Test
    void nodesAndTimesByProvider() throws IOException {
        Placement placement = read(MAT_MUL, ATTENTION, SHAPE).placement(GraphName.MAR_DECODER, false);
        assertThat(placement.graph()).isEqualTo("mar_decoder");
        assertThat(placement.shares()).containsExactly(share(PlacedNode.CPU, 2, 0.254), share(CUDA, 1, 1.5));
        assertThat(placement.fallbacks())
                .containsExactlyInAnyOrder(new Fallback("Attention", 1, true), new Fallback("Shape", 1, false));
    }

    @Test
    void aNodeInALoopIsOneNode() throws IOException {
        Placement placement = read(MAT_MUL, MAT_MUL, MAT_MUL).placement(GraphName.TOKEN_SAMPLER, false);
        assertThat(placement.shares()).containsExactly(share(CUDA, 1, 4.5));
    }

    @Test
    void aNodeComputesIfItDoesInAnyTurn() throws IOException {
        String indices = node("a/Add_4", "Add", PlacedNode.CPU, 1, "int64");
        String values = node("a/Add_4", "Add", PlacedNode.CPU, 1, "float16");
        assertThat(read(indices, values).placement(GraphName.MAR_DECODER, false).fallbacks())
                .containsExactly(new Fallback("Add", 1, true));
    }

    /** Whatever makes results of another type, and whatever is no arithmetic on shapes. */
    @ParameterizedTest
    @CsvSource({
        "MatMulInteger, int32, true",
        "DynamicQuantizeLinear, uint8, true",
        "QuantizeLinear, uint8, true",
        "ArgMax, int64, true",
        "Cast, uint8, true",
        "Cast, float16, true",
        "Gather, float, true",
        "Gather, int64, false",
        "Cast, int32, false",
        "LessOrEqual, bool, false"
    })
    void operatorAndTypeSayWhatComputes(String operator, String type, boolean computes) throws IOException {
        Placement placement =
                read(node("a/x", operator, PlacedNode.CPU, 1, type)).placement(GraphName.TEXT_HEAD, false);
        assertThat(placement.fallbacks()).containsExactly(new Fallback(operator, 1, computes));
    }

    @Test
    void onTheCpuNothingIsAFallback() throws IOException {
        assertThat(read(ATTENTION, SHAPE).placement(GraphName.MAR_DECODER, true).fallbacks())
                .isEmpty();
    }

    @Test
    void otherEventsAreNoNodes() throws IOException {
        Placement placement = read(
                        "{\"cat\":\"Session\",\"name\":\"model_run\",\"dur\":9}",
                        MAT_MUL.replace("_kernel_time", "_fence_before"))
                .placement(GraphName.MAR_DECODER, false);
        assertThat(placement.shares()).isEmpty();
    }

    @Test
    void aDamagedProfileIsNamed() throws IOException {
        Path file = Files.writeString(folder.resolve("profile.json"), "[{\"cat\":");
        assertThatExceptionOfType(InferenceException.class)
                .isThrownBy(() -> Trace.read(file))
                .withMessageContaining("profile.json");
    }

    @Test
    void strictlyWhatComputesMayNotFallBack() throws IOException {
        Placement mixed = read(MAT_MUL, ATTENTION, SHAPE).placement(GraphName.MAR_DECODER, false);
        assertThat(judge(false, mixed)).hasSize(1).allMatch(Check::passed);
        assertThat(judge(true, mixed))
                .filteredOn(check -> !check.passed())
                .singleElement()
                .satisfies(check -> {
                    assertThat(check.name())
                            .isEqualTo("placement/mar_decoder/nodes/nodes (computing nodes on the CPU)");
                    assertThat(check.value()).isEqualTo(1);
                    assertThat(check.note()).contains("1 Attention");
                });
    }

    @Test
    void booksMayBeKeptOnTheCpu() throws IOException {
        Placement books = read(MAT_MUL, SHAPE).placement(GraphName.MAR_DECODER, false);
        assertThat(judge(true, books)).hasSize(2).allMatch(Check::passed);
    }

    @Test
    void aProviderThatRanNothingFails() throws IOException {
        Placement cpu = read(ATTENTION).placement(GraphName.MAR_DECODER, false);
        assertThat(judge(false, cpu)).singleElement().satisfies(check -> {
            assertThat(check.passed()).isFalse();
            assertThat(check.name()).isEqualTo("placement/all graphs/nodes/provider (providers that run no node)");
            assertThat(check.note().orElseThrow()).contains(CUDA, "runs no node");
        });
    }

    @Test
    void anotherProviderIsNotTheOneAskedFor() throws IOException {
        Placement other = read(node("a/MatMul_1", "MatMul", "WebGpuExecutionProvider", 1500, "float"))
                .placement(GraphName.MAR_DECODER, false);
        assertThat(judge(false, other)).singleElement().matches(check -> !check.passed());
    }

    private Trace read(String... events) throws IOException {
        return Trace.read(Files.writeString(folder.resolve("profile.json"), "[" + String.join(",", events) + "]"));
    }

    private static List<Check> judge(boolean strict, Placement... placements) {
        Results results = new Results();
        PlacementChecks.judge(List.of(placements), CUDA, strict, results);
        return results.checks();
    }

    private static Share share(String provider, int nodes, double milliseconds) {
        return new Share(provider, nodes, OptionalDouble.of(milliseconds));
    }

    private static String node(String name, String operator, String provider, int microseconds, String type) {
        return String.format(Locale.ROOT, """
                {"cat":"Node","name":"%s_kernel_time","dur":%d,"args":{"op_name":"%s","provider":"%s",
                "output_type_shape":[{"%s":[1,2]}]}}""", name, microseconds, operator, provider, type);
    }
}
