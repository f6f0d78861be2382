package io.github.unipic.export.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.unipic.export.Flavor;
import io.github.unipic.export.onnx.GraphRun.Numbers;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** ONNX Runtime's results for each operator, with values that can be checked by hand. */
class ValueTest {
    private static final double CLOSE = 1e-5;

    private final Graph graph = new Graph("test");

    private Value tensor(List<Long> shape, double... values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < values.length; i++) {
            floats[i] = (float) values[i];
        }
        return graph.float32(floats)
                .reshape(shape.stream().mapToLong(Long::longValue).toArray());
    }

    private Value row(double... values) {
        return tensor(List.of(1L, (long) values.length), values);
    }

    private void assertThatIs(Value value, List<Long> shape, double... expected) {
        assertClose(GraphRun.of(value.graph(), value).get(0), Numbers.of(shape, expected), CLOSE);
    }

    private static void assertRow(Numbers actual, double... expected) {
        assertClose(actual, Numbers.of(List.of(1L, (long) expected.length), expected), CLOSE);
    }

    private static void assertClose(Numbers actual, Numbers expected, double tolerance) {
        assertThat(actual.shape()).isEqualTo(expected.shape());
        for (int i = 0; i < expected.values().size(); i++) {
            assertThat(actual.values().get(i))
                    .as("value %d of %s", i, actual)
                    .isCloseTo(expected.values().get(i), within(tolerance));
        }
    }

    @Test
    void arithmetic() {
        Value x = row(1, -2, 4);
        Value y = row(3, 5, -8);
        List<Numbers> results =
                GraphRun.of(graph, x.add(y), x.sub(y), x.mul(y), y.div(x), x.add(0.5), x.mul(-2), x.negate(), x.max(y));
        assertRow(results.get(0), 4, 3, -4);
        assertRow(results.get(1), -2, -7, 12);
        assertRow(results.get(2), 3, -10, -32);
        assertRow(results.get(3), 3, -2.5, -2);
        assertRow(results.get(4), 1.5, -1.5, 4.5);
        assertRow(results.get(5), -2, 4, -8);
        assertRow(results.get(6), -1, 2, -4);
        assertRow(results.get(7), 3, 5, 4);
    }

    @Test
    void functions() {
        Value x = row(0, 1, 4);
        List<Numbers> results =
                GraphRun.of(graph, x.sqrt(), x.exp(), x.cos(), x.sin(), x.sigmoid(), x.silu(), x.gelu(), x.geluTanh());
        assertRow(results.get(0), 0, 1, 2);
        assertRow(results.get(1), 1, Math.E, Math.exp(4));
        assertRow(results.get(2), 1, 0.540302, -0.653644);
        assertRow(results.get(3), 0, 0.841471, -0.756802);
        assertRow(results.get(4), 0.5, 0.731059, 0.982014);
        assertRow(results.get(5), 0, 0.731059, 3.928055);
        assertRow(results.get(6), 0, 0.841345, 3.999873);
        assertRow(results.get(7), 0, 0.841192, 3.999930);
    }

    @Test
    void logic() {
        Value x = row(1, 2, 3);
        Value y = row(2, 2, 2);
        Value less = x.less(y);
        List<Numbers> results = GraphRun.of(
                graph, less, x.lessOrEqual(y), less.and(y.lessOrEqual(x)), less.where(row(7, 7, 7), row(8, 9, 10)));
        assertRow(results.get(0), 1, 0, 0);
        assertRow(results.get(1), 1, 1, 0);
        assertRow(results.get(2), 0, 0, 0);
        assertRow(results.get(3), 7, 9, 10);
    }

    @Test
    void products() {
        Value x = tensor(List.of(2L, 2L), 1, -2, 30, 40);
        Value w = tensor(List.of(2L, 2L), 1, 2, 3, 4);
        Value scaled = x.matMulInt8(
                new Int8Matrix(w.cast(ElementType.INT8), graph.float32(0.5f, 2), Optional.empty()), Flavor.PORTABLE);
        List<Numbers> results = GraphRun.of(graph, x.matMul(w), x.matMulTransposed(w), scaled);
        assertClose(results.get(0), Numbers.of(List.of(2L, 2L), -5, -6, 150, 220), CLOSE);
        assertClose(results.get(1), Numbers.of(List.of(2L, 2L), -3, -5, 110, 250), CLOSE);
        // Each row in 127ths of its largest value: 1 is 63.5 of them.
        assertClose(results.get(2), Numbers.of(List.of(2L, 2L), -2.5, -12, 75, 440), 0.9);
        assertThat(results.get(2).values().get(0)).isCloseTo(-2.5, within(0.02));
    }

    /** A row of zeros has no largest value to divide by. */
    @Test
    void zerosTimesAnInt8MatrixAreZeros() {
        Value w = tensor(List.of(2L, 1L), 100, -100).cast(ElementType.INT8);
        assertThatIs(
                row(0, 0).matMulInt8(new Int8Matrix(w, graph.float32(1), Optional.empty()), Flavor.PORTABLE),
                List.of(1L, 1L),
                0);
    }

    @Test
    void norms() {
        Value ones = graph.float32(1, 1, 1);
        List<Numbers> results = GraphRun.of(
                graph,
                row(1, 2, 3).layerNorm(graph.float32(1, 1, 2), 1e-9),
                row(1, 2, 3).layerNorm(ones, graph.float32(0, 10, 0), 1e-9),
                row(1, 2, 3).layerNorm(ones, 1.0 / 3),
                row(3, 4).rmsNorm(graph.float32(1, 10), 1e-9),
                row(3, 4).rmsNorm(graph.float32(1, 1), 12.5),
                row(1, 2, 6).mean(1));
        assertRow(results.get(0), -1.224745, 0, 2.449490);
        assertRow(results.get(1), -1.224745, 10, 1.224745);
        assertRow(results.get(2), -1, 0, 1);
        assertRow(results.get(3), 0.848528, 11.313708);
        assertRow(results.get(4), 0.6, 0.8);
        assertRow(results.get(5), 3);
    }

    /** Two channels of one group, 1 to 4: mean 2.5, variance 1.25. */
    @Test
    void groupNormIsOverAGroupAndScaledByChannel() {
        Graph older = new Graph("older", Graph.INSTANCE_NORM_OPSET);
        Value x = older.float32(1, 2, 3, 4).reshape(1, 2, 1, 2);
        Value normed = x.groupNorm(older.float32(1, 2), older.float32(0, 10), 1, 1e-9);
        Value apart = x.groupNorm(older.float32(1, 1), older.float32(0, 0), 2, 0.75);
        List<Numbers> results = GraphRun.of(older, normed, apart);
        List<Long> shape = List.of(1L, 2L, 1L, 2L);
        assertClose(results.get(0), Numbers.of(shape, -1.341641, -0.447214, 10.894427, 12.683282), CLOSE);
        assertClose(results.get(1), Numbers.of(shape, -0.5, 0.5, -0.5, 0.5), CLOSE);
    }

    @Test
    void groupNormByGivenStatistics() {
        Value x = tensor(List.of(1L, 2L, 1L, 2L), 1, 2, 3, 4);
        Value mean = tensor(List.of(1L, 2L, 1L), 1, 2);
        Value variance = tensor(List.of(1L, 2L, 1L), 3, 24);
        Value normed = x.groupNorm(mean, variance, graph.float32(1, 10), graph.float32(0, 1), 2, 1);
        assertThatIs(normed, List.of(1L, 2L, 1L, 2L), 0, 0.5, 3, 5);
    }

    @Test
    void shapes() {
        Value x = tensor(List.of(2L, 3L), 1, 2, 3, 4, 5, 6);
        List<Numbers> results = GraphRun.of(
                graph,
                x.shape(),
                x.dim(0),
                x.dim(1),
                x.reshape(0, -1, 1),
                x.unsqueeze(0),
                x.unsqueeze(0).squeeze(0),
                x.transpose(1, 0),
                row(1, 2).expand(graph.int64(2, 2)),
                row(1, 2).tile(graph.int64(1, 2)));
        assertClose(results.get(0), Numbers.of(List.of(2L), 2, 3), 0);
        assertClose(results.get(1), Numbers.of(List.of(1L), 2), 0);
        assertClose(results.get(2), Numbers.of(List.of(1L), 3), 0);
        assertClose(results.get(3), Numbers.of(List.of(2L, 3L, 1L), 1, 2, 3, 4, 5, 6), 0);
        assertClose(results.get(4), Numbers.of(List.of(1L, 2L, 3L), 1, 2, 3, 4, 5, 6), 0);
        assertClose(results.get(5), Numbers.of(List.of(2L, 3L), 1, 2, 3, 4, 5, 6), 0);
        assertClose(results.get(6), Numbers.of(List.of(3L, 2L), 1, 4, 2, 5, 3, 6), 0);
        assertClose(results.get(7), Numbers.of(List.of(2L, 2L), 1, 2, 1, 2), 0);
        assertRow(results.get(8), 1, 2, 1, 2);
    }

    @Test
    void parts() {
        Value x = tensor(List.of(2L, 4L), 1, 2, 3, 4, 5, 6, 7, 8);
        List<Value> halves = x.split(1, 2);
        List<Value> uneven = x.split(1, List.of(1L, 3L));
        List<Numbers> results = GraphRun.of(
                graph,
                x.slice(1, 1, 3),
                x.slice(1, -1, Long.MAX_VALUE),
                x.sliceFrom(0, graph.int64(1)),
                halves.get(0),
                halves.get(1),
                uneven.get(0),
                uneven.get(1),
                x.gather(1, graph.int64(3, 0)),
                graph.concat(0, row(1), row(2)),
                graph.concat(1, row(1), row(2)));
        assertClose(results.get(0), Numbers.of(List.of(2L, 2L), 2, 3, 6, 7), 0);
        assertClose(results.get(1), Numbers.of(List.of(2L, 1L), 4, 8), 0);
        assertRow(results.get(2), 5, 6, 7, 8);
        assertClose(results.get(3), Numbers.of(List.of(2L, 2L), 1, 2, 5, 6), 0);
        assertClose(results.get(4), Numbers.of(List.of(2L, 2L), 3, 4, 7, 8), 0);
        assertClose(results.get(5), Numbers.of(List.of(2L, 1L), 1, 5), 0);
        assertClose(results.get(6), Numbers.of(List.of(2L, 3L), 2, 3, 4, 6, 7, 8), 0);
        assertClose(results.get(7), Numbers.of(List.of(2L, 2L), 4, 1, 8, 5), 0);
        assertClose(results.get(8), Numbers.of(List.of(2L, 1L), 1, 2), 0);
        assertRow(results.get(9), 1, 2);
    }

    @Test
    void rowsByBatchAndScatter() {
        Value x = tensor(List.of(2L, 3L, 1L), 1, 2, 3, 4, 5, 6);
        Value indices = graph.int64(2, 0, 1, 1).reshape(2, 2);
        Value scattered =
                tensor(List.of(2L, 2L), 1, 2, 3, 4).scatter(graph.int64(1).reshape(1, 1), row(8, 9));
        List<Numbers> results = GraphRun.of(graph, x.gatherRows(indices), scattered);
        assertClose(results.get(0), Numbers.of(List.of(2L, 2L, 1L), 3, 1, 5, 5), 0);
        assertClose(results.get(1), Numbers.of(List.of(2L, 2L), 1, 2, 8, 9), 0);
    }

    @Test
    void images() {
        Value x = tensor(List.of(1L, 1L, 2L, 2L), 1, 2, 3, 4);
        Value kernel = tensor(List.of(1L, 1L, 2L, 2L), 1, 10, 100, 1000);
        Value wide = tensor(List.of(1L, 1L, 1L, 2L), 0, 4);
        List<Numbers> results = GraphRun.of(
                graph,
                x.upsampleNearest2x(),
                wide.resizeBilinear(graph.int64(1, 1, 1, 4)),
                x.crop(graph.int64(1, 0), graph.int64(5, 1)),
                x.conv2d(kernel, graph.float32(0.5f), 1, 0, 0, 0, 0),
                x.conv2d(kernel, graph.float32(0), 2, 1, 0, 0, 1));
        assertClose(
                results.get(0), Numbers.of(List.of(1L, 1L, 4L, 4L), 1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4), 0);
        assertClose(results.get(1), Numbers.of(List.of(1L, 1L, 1L, 4L), 0, 1, 3, 4), CLOSE);
        assertClose(results.get(2), Numbers.of(List.of(1L, 1L, 1L, 1L), 3), 0);
        assertClose(results.get(3), Numbers.of(List.of(1L, 1L, 1L, 1L), 4321.5), CLOSE);
        // A row of zeros above, a column of zeros at the right: the upper two of the four squares remain with stride 2.
        assertClose(results.get(4), Numbers.of(List.of(1L, 1L, 1L, 1L), 2100), CLOSE);
    }

    /** The second query matches the second key only; scores are 0 and ln 3 times the scale, undone by sqrt(d) = 2. */
    @Test
    void attention() {
        double log3 = Math.log(3);
        Value queries = tensor(List.of(1L, 2L, 4L), 0, 0, 0, 0, 2, 0, 0, 0);
        Value keys = tensor(List.of(1L, 2L, 4L), 0, 1, 0, 0, log3, 0, 0, 0);
        Value values = tensor(List.of(1L, 2L, 4L), 0, 0, 0, 0, 8, 4, 0, 0);
        List<Numbers> results = GraphRun.of(
                graph,
                queries.attention(keys, values, 1),
                queries.singleHeadAttention(keys.transpose(0, 2, 1), values, 4),
                queries.multiHeadAttention(keys, values, 1),
                queries.attention(keys, values, 2));
        Numbers expected = Numbers.of(List.of(1L, 2L, 4L), 4, 2, 0, 0, 6, 3, 0, 0);
        for (Numbers one : results.subList(0, 3)) {
            assertClose(one, expected, CLOSE);
        }
        // Two heads of two: the scale is 1 / sqrt(2).
        double weight = Math.exp(2 * log3 / Math.sqrt(2)) / (1 + Math.exp(2 * log3 / Math.sqrt(2)));
        assertClose(results.get(3), Numbers.of(List.of(1L, 2L, 4L), 4, 2, 0, 0, 8 * weight, 4 * weight, 0, 0), CLOSE);
        assertThat(graph.isPortable()).isFalse();
    }

    /** One past key that the mask hides, one new key: only that one's value is seen. */
    @Test
    void attentionOverACache() {
        Value queries = tensor(List.of(1L, 1L, 4L), 1, 2, 3, 4);
        Value keys = tensor(List.of(1L, 1L, 2L), 5, 6);
        Value values = tensor(List.of(1L, 1L, 2L), 7, 8);
        Value mask = row(1, 2).less(row(0, 3)).unsqueeze(0, 1);
        Value pastKeys = tensor(List.of(1L, 1L, 1L, 2L), 50, 60);
        Value pastValues = tensor(List.of(1L, 1L, 1L, 2L), 70, 80);
        List<Value> outputs = queries.attention(keys, values, mask, pastKeys, pastValues, 2, 1);
        List<Numbers> results = GraphRun.of(graph, outputs.toArray(Value[]::new));
        assertClose(results.get(0), Numbers.of(List.of(1L, 1L, 4L), 7, 8, 7, 8), CLOSE);
        assertClose(results.get(1), Numbers.of(List.of(1L, 1L, 2L, 2L), 50, 60, 5, 6), 0);
        assertClose(results.get(2), Numbers.of(List.of(1L, 1L, 2L, 2L), 70, 80, 7, 8), 0);
        assertThat(graph.isPortable()).isTrue();
    }

    /** Of each head the first half with the second: (x0 cos - x1 sin, x1 cos + x0 sin). */
    @Test
    void rotation() {
        Value x = tensor(List.of(1L, 1L, 4L), 1, 2, 3, 4);
        Value cos = tensor(List.of(1L, 1L, 1L), 0.6);
        Value sin = tensor(List.of(1L, 1L, 1L), 0.8);
        assertThatIs(x.rotate(cos, sin, 2), List.of(1L, 1L, 4L), -1, 2, -1.4, 4.8);
    }
}
