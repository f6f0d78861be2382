package io.github.unipic.export.modules;

import io.github.unipic.export.onnx.Floats;
import io.github.unipic.export.onnx.Graph;
import io.github.unipic.export.onnx.Value;
import java.util.List;
import java.util.stream.IntStream;

/**
 * {@link Linear} layers that read the same x. In blocks of 4 bits their matrices are stacked, so that one product,
 * whose result is split, does the work of all. The values are those that each would give.
 *
 * @param names of the layers, in order
 * @param outs width of each layer's result
 */
record Projections(Weights weights, List<String> names, long in, List<Long> outs, boolean biased) {

    List<Value> apply(Value x) {
        List<Linear> layers = IntStream.range(0, names.size())
                .mapToObj(i -> new Linear(weights.at(names.get(i)), in, outs.get(i), biased))
                .toList();
        return layers.stream().allMatch(Linear::isInBlocks)
                ? together(x)
                : layers.stream().map(layer -> layer.apply(x)).toList();
    }

    private List<Value> together(Value x) {
        Graph graph = x.graph();
        long out = outs.stream().mapToLong(Long::longValue).sum();
        Value y = x.matMulBlocks(weights.blocks(graph, names, "weight", outs, in), in, out);
        if (biased) {
            // Not as the operator's own bias: that rounds otherwise than an addition.
            y = y.add(weights.stacked(graph, new Floats(weights.type(), false), names, "bias", outs)
                    .get(0));
        }
        return y.split(-1, outs);
    }
}
