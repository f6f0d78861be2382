package io.github.unipic.export.onnx;

import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * A matrix [N,K] in quantized blocks along K, as {@link BlockQuantizer} makes them.
 *
 * @param values uint8 [N,blocks,bytes of a block], or [N,bytes of a row] for a table
 * @param scales float32 [N,blocks]
 * @param zeros uint8, the blocks' zero points; absent: the middle of the range
 */
public record Blocks(Value values, Value scales, Optional<Value> zeros, BlockQuantizer quantizer) {

    /** @param parts as {@link BlockQuantizer#parts} orders them */
    public static Blocks of(List<Value> parts, BlockQuantizer quantizer) {
        return new Blocks(parts.get(0), parts.get(1), parts.stream().skip(2).findFirst(), quantizer);
    }

    /** The arguments of an operator, which all end alike. */
    List<Value> arguments(Value first, Value second) {
        return Stream.concat(Stream.of(first, second, scales), zeros.stream()).toList();
    }
}
