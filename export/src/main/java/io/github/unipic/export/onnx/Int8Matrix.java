package io.github.unipic.export.onnx;

import java.util.List;
import java.util.Optional;

/**
 * A matrix [K,N] in int8, as {@link RowQuantizer} makes it.
 *
 * @param values int8 [K,N]
 * @param scales float32 [N], one per column
 * @param offset float32 [N], what products lack whose inputs were shifted to start at zero
 */
public record Int8Matrix(Value values, Value scales, Optional<Value> offset) {

    /** @param parts as {@link RowQuantizer#parts} orders them */
    public static Int8Matrix of(List<Value> parts) {
        return new Int8Matrix(parts.get(0), parts.get(1), parts.stream().skip(2).findFirst());
    }
}
