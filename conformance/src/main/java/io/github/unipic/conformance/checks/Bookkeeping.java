package io.github.unipic.conformance.checks;

import java.util.Collection;
import java.util.Set;

/**
 * Computing of shapes, positions and masks, which ONNX Runtime leaves on the CPU by design, next to the shapes that are
 * read.
 */
final class Bookkeeping {
    private static final Set<String> OPERATORS = Set.of(
            "Abs",
            "Add",
            "And",
            "Cast",
            "Concat",
            "Constant",
            "ConstantOfShape",
            "CumSum",
            "Div",
            "Equal",
            "Expand",
            "Flatten",
            "Gather",
            "GatherElements",
            "GatherND",
            "Greater",
            "GreaterOrEqual",
            "Identity",
            "Less",
            "LessOrEqual",
            "Max",
            "Min",
            "Mod",
            "Mul",
            "Neg",
            "NonZero",
            "Not",
            "Or",
            "Pad",
            "Range",
            "ReduceMax",
            "ReduceMin",
            "ReduceProd",
            "ReduceSum",
            "Reshape",
            "ScatterElements",
            "ScatterND",
            "Shape",
            "Size",
            "Slice",
            "Split",
            "Squeeze",
            "Sub",
            "Tile",
            "Transpose",
            "Trilu",
            "Unsqueeze",
            "Where");

    private static final Set<String> TYPES = Set.of("int64", "int32", "bool");

    private Bookkeeping() {}

    /** Whether an operator is of those that keep the books, if their outputs have types for it. */
    static boolean mayBe(String operator) {
        return OPERATORS.contains(operator);
    }

    /** @param outputTypes in ONNX's words, for example {@code int64} */
    static boolean is(String operator, Collection<String> outputTypes) {
        return mayBe(operator) && TYPES.containsAll(outputTypes);
    }
}
