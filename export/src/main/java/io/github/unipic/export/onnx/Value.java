package io.github.unipic.export.onnx;

import static io.github.unipic.export.onnx.Attribute.of;

import io.github.unipic.export.Flavor;
import java.util.List;
import java.util.OptionalDouble;

/**
 * One tensor inside a graph under construction. Every method appends the operator of its name to the graph and returns
 * its result, so that a module reads like the formula it mirrors. Operators are the standard ones of ONNX opset
 * {@value Graph#OPSET}, unless a method says otherwise; shapes follow their broadcasting rules.
 */
public final class Value {
    private final Graph graph;
    private final String name;
    private final ElementType type;
    private final OptionalDouble minimum;

    Value(Graph graph, String name, ElementType type) {
        this(graph, name, type, OptionalDouble.empty());
    }

    private Value(Graph graph, String name, ElementType type, OptionalDouble minimum) {
        this.graph = graph;
        this.name = name;
        this.type = type;
        this.minimum = minimum;
    }

    /** The graph, or loop body, that computes this value. */
    public Graph graph() {
        return graph;
    }

    public String name() {
        return name;
    }

    public ElementType type() {
        return type;
    }

    /** The same value in a loop body, where ONNX lets a node read any value of the surrounding graph. */
    public Value in(Graph body) {
        return new Value(body, name, type, minimum);
    }

    /** What no element is below, where the operator that computes this value implies it. */
    public OptionalDouble minimum() {
        return minimum;
    }

    private Value atLeast(double bound) {
        return new Value(graph, name, type, OptionalDouble.of(bound));
    }

    // ---- arithmetic

    public Value add(Value other) {
        return op("Add", other);
    }

    public Value sub(Value other) {
        return op("Sub", other);
    }

    public Value mul(Value other) {
        return op("Mul", other);
    }

    public Value div(Value other) {
        return op("Div", other);
    }

    public Value add(double scalar) {
        return add(graph.scalar(scalar, type));
    }

    public Value mul(double scalar) {
        return mul(graph.scalar(scalar, type));
    }

    public Value negate() {
        return op("Neg");
    }

    public Value sqrt() {
        return op("Sqrt");
    }

    public Value exp() {
        return op("Exp");
    }

    public Value cos() {
        return op("Cos");
    }

    public Value sin() {
        return op("Sin");
    }

    public Value matMul(Value right) {
        return op("MatMul", right);
    }

    /** This [M,K] times the transposed {@code right} [N,K], as [M,N]. */
    public Value matMulTransposed(Value right) {
        return graph.node("Gemm", type, List.of(this, right), of("transB", 1));
    }

    /**
     * This [...,K] times an int8 matrix, in integers. Each row of this is quantized by its own largest value, so that a
     * row's result depends on no other row, and one outlier costs no other row its precision. Where this has a
     * {@link #minimum}, all 255 steps lie above it, which for an activation is nearly twice the resolution; the result
     * then lacks the matrix's offset.
     */
    public Value matMulInt8(Int8Matrix right, Flavor flavor) {
        if (minimum.isEmpty()) {
            return quantizedProduct(op("Abs").maxAlongRows(), 127, 128, right, flavor);
        }
        Value shifted = add(-minimum.getAsDouble());
        return shifted.quantizedProduct(shifted.maxAlongRows(), 255, 0, right, flavor);
    }

    /**
     * @param largest [...,1]: of each row
     * @param steps from zero to the largest value
     * @param zero the integer that stands for zero
     */
    private Value quantizedProduct(Value largest, int steps, int zero, Int8Matrix right, Flavor flavor) {
        Value rowScales = largest.mul(1.0 / steps).max(graph.scalar(Float.MIN_NORMAL, type));
        Value one = graph.scalar(1, type);
        Value zeroPoint = graph.scalar(zero, ElementType.UINT8);
        Value integers = graph.node("QuantizeLinear", ElementType.UINT8, List.of(div(rowScales), one, zeroPoint));
        Value scaled = switch (flavor) {
            case PORTABLE ->
                graph.node("MatMulInteger", ElementType.INT32, List.of(integers, right.values(), zeroPoint))
                        .cast(type)
                        .mul(right.scales());
            case FUSED ->
                graph.contrib(
                        "MatMulIntegerToFloat",
                        type,
                        List.of(integers, right.values(), one, right.scales(), zeroPoint));
        };
        return scaled.mul(rowScales);
    }

    /** This [...,K] times the transpose of a matrix [N,K] in quantized blocks along K; products of int8 values. */
    public Value matMulBlocks(Blocks matrix, long k, long n) {
        return graph.blockwise(
                "MatMulNBits",
                type,
                matrix.arguments(this, matrix.values()),
                matrix.quantizer(),
                of("K", (int) k),
                of("N", (int) n),
                of("accuracy_level", INT8_PRODUCTS));
    }

    /** Rows of a table in quantized blocks, chosen by these int64 indices [...], as float32 [...,K]. */
    public Value gatherBlocks(Blocks table) {
        return graph.blockwise(
                "GatherBlockQuantized",
                ElementType.FLOAT32,
                table.arguments(table.values(), this),
                table.quantizer(),
                of("gather_axis", 0),
                of("quantize_axis", 1));
    }

    private static final int INT8_PRODUCTS = 4;

    /** The mean along an axis, which stays, of length 1. */
    public Value mean(int axis) {
        return graph.node("ReduceMean", type, List.of(this, graph.int64(axis)), of("keepdims", 1));
    }

    private Value maxAlongRows() {
        return graph.node("ReduceMax", type, List.of(this, graph.int64(-1)), of("keepdims", 1));
    }

    public Value max(Value other) {
        return op("Max", other);
    }

    // ---- logic

    public Value lessOrEqual(Value other) {
        return graph.node("LessOrEqual", ElementType.BOOL, List.of(this, other));
    }

    public Value less(Value other) {
        return graph.node("Less", ElementType.BOOL, List.of(this, other));
    }

    public Value and(Value other) {
        return op("And", other);
    }

    /** {@code yes} where this condition holds, {@code no} elsewhere. */
    public Value where(Value yes, Value no) {
        return graph.node("Where", yes.type, List.of(this, yes, no));
    }

    // ---- activations

    public Value sigmoid() {
        return op("Sigmoid");
    }

    /** x sigmoid(x), also called swish. Smallest at -1.2785. */
    public Value silu() {
        return mul(sigmoid()).atLeast(-0.27847);
    }

    /** The exact GELU, by erf. Smallest at -0.7518. */
    public Value gelu() {
        return graph.node("Gelu", type, List.of(this)).atLeast(-0.16998);
    }

    /** GELU's tanh approximation. Smallest at -0.7525. */
    public Value geluTanh() {
        return graph.node("Gelu", type, List.of(this), of("approximate", "tanh"))
                .atLeast(-0.17005);
    }

    // ---- normalization; statistics are float32 whatever the element type (stash_type 1, the default)

    public Value layerNorm(Value scale, double epsilon) {
        return graph.node("LayerNormalization", type, List.of(this, scale), of("axis", -1), of("epsilon", epsilon));
    }

    public Value layerNorm(Value scale, Value bias, double epsilon) {
        return graph.node(
                "LayerNormalization", type, List.of(this, scale, bias), of("axis", -1), of("epsilon", epsilon));
    }

    public Value rmsNorm(Value scale, double epsilon) {
        return graph.node("RMSNormalization", type, List.of(this, scale), of("axis", -1), of("epsilon", epsilon));
    }

    /**
     * Group normalization of [B,C,H,W] by instance normalization of [B,groups,-1], which every provider has a kernel
     * for and ONNX can infer shapes through; GroupNormalization itself offers neither. For graphs of
     * {@link Graph#INSTANCE_NORM_OPSET}.
     *
     * @param scale per channel, [C], as bias
     */
    public Value groupNorm(Value scale, Value bias, int groups, double epsilon) {
        Value ones = graph.constant(ElementType.FLOAT32, groups, 1);
        Value zeros = graph.constant(ElementType.FLOAT32, groups, 0);
        Value flat = cast(ElementType.FLOAT32).reshape(0, groups, -1);
        Value normed = graph.node(
                "InstanceNormalization", ElementType.FLOAT32, List.of(flat, ones, zeros), of("epsilon", epsilon));
        return scaledAndShifted(normed, scale, bias);
    }

    /**
     * Group normalization of [B,C,H,W] by statistics from elsewhere.
     *
     * @param mean float32 [B,groups,1], as variance
     * @param scale per channel, [C], as bias
     */
    public Value groupNorm(Value mean, Value variance, Value scale, Value bias, int groups, double epsilon) {
        Value flat = cast(ElementType.FLOAT32).reshape(0, groups, -1);
        return scaledAndShifted(flat.sub(mean).div(variance.add(epsilon).sqrt()), scale, bias);
    }

    /** The last part of group normalization of this: {@code normed} [B,groups,-1] in this shape, by channel. */
    private Value scaledAndShifted(Value normed, Value scale, Value bias) {
        return normed.reshape(shape()).cast(type).mul(scale.unsqueeze(1, 2)).add(bias.unsqueeze(1, 2));
    }

    // ---- shapes

    /** The length of one axis, as int64 [1]. */
    public Value dim(int axis) {
        Attribute start = of("start", axis);
        return graph.node("Shape", ElementType.INT64, List.of(this), start, of("end", axis + 1));
    }

    /** The shape, as int64 [rank]. */
    public Value shape() {
        return graph.node("Shape", ElementType.INT64, List.of(this));
    }

    /** New shape; 0 keeps the axis at that index, -1 takes the remaining length. */
    public Value reshape(long... shape) {
        return reshape(graph.int64(shape));
    }

    public Value reshape(Value shape) {
        return op("Reshape", shape);
    }

    public Value unsqueeze(long... axes) {
        return op("Unsqueeze", graph.int64(axes));
    }

    public Value squeeze(long... axes) {
        return op("Squeeze", graph.int64(axes));
    }

    public Value transpose(int... permutation) {
        return graph.node("Transpose", type, List.of(this), of("perm", permutation));
    }

    public Value expand(Value shape) {
        return op("Expand", shape);
    }

    public Value tile(Value repeats) {
        return op("Tile", repeats);
    }

    /** Positions {@code start} (inclusive) to {@code end} (exclusive) of an axis; negative ones count from the end. */
    public Value slice(int axis, long start, long end) {
        return slice(axis, graph.int64(start), graph.int64(end));
    }

    public Value slice(int axis, Value start, Value end) {
        return graph.node("Slice", type, List.of(this, start, end, graph.int64(axis)));
    }

    /** Everything from position {@code start} of an axis on. */
    public Value sliceFrom(int axis, Value start) {
        return slice(axis, start, graph.int64(Long.MAX_VALUE));
    }

    /** Splits an axis into equal parts. */
    public List<Value> split(int axis, int parts) {
        return graph.nodes("Split", parts, type, List.of(this), of("axis", axis), of("num_outputs", parts));
    }

    /** Splits an axis into parts of these lengths. */
    public List<Value> split(int axis, List<Long> lengths) {
        Value sizes = graph.int64(lengths.stream().mapToLong(Long::longValue).toArray());
        return graph.nodes("Split", lengths.size(), type, List.of(this, sizes), of("axis", axis));
    }

    public Value gather(int axis, Value indices) {
        return graph.node("Gather", type, List.of(this, indices), of("axis", axis));
    }

    /** Rows of axis 1 chosen per batch row: this [B,N,C], indices int64 [B,K], result [B,K,C]. */
    public Value gatherRows(Value indices) {
        return graph.node("GatherND", type, List.of(this, indices.unsqueeze(2)), of("batch_dims", 1));
    }

    /**
     * Copy with the slices at {@code indices} [..., k] (coordinates of the first k axes) replaced by {@code updates}.
     */
    public Value scatter(Value indices, Value updates) {
        return graph.node("ScatterND", type, List.of(this, indices, updates));
    }

    public Value cast(ElementType to) {
        return to == type ? this : graph.node("Cast", to, List.of(this), of("to", to.onnx()));
    }

    // ---- images; [B,C,H,W]

    /** Bilinear resize to run-time sizes, half-pixel centers, no antialias (PyTorch's align_corners=False). */
    public Value resizeBilinear(Value sizes) {
        return graph.node(
                "Resize",
                type,
                List.of(this, graph.absent(), graph.absent(), sizes),
                of("mode", "linear"),
                of("coordinate_transformation_mode", "half_pixel"));
    }

    public Value upsampleNearest2x() {
        return graph.node(
                "Resize",
                type,
                List.of(this, graph.absent(), graph.float32(1, 1, 2, 2)),
                of("mode", "nearest"),
                of("coordinate_transformation_mode", "asymmetric"),
                of("nearest_mode", "floor"));
    }

    /** The rectangle from {@code start}, int64 [2] (y, x), to {@code end} (exclusive), as far as there is one. */
    public Value crop(Value start, Value end) {
        return graph.node("Slice", type, List.of(this, start, end, graph.int64(2, 3)));
    }

    /** @param pads top, left, bottom, right */
    public Value conv2d(Value weight, Value bias, int stride, int... pads) {
        return graph.node("Conv", type, List.of(this, weight, bias), of("strides", stride, stride), of("pads", pads));
    }

    // ---- attention

    /**
     * Scaled dot-product attention, every position attends to every other. This [B,S,heads*d] is the queries, softmax
     * in float32, scale 1/sqrt(d).
     */
    public Value attention(Value keys, Value values, int heads) {
        return graph.node(
                "Attention",
                type,
                List.of(this, keys, values),
                of("q_num_heads", heads),
                of("kv_num_heads", heads),
                SOFTMAX_IN_FLOAT32);
    }

    /**
     * Attention of one head in float32, for graphs of {@link Graph#INSTANCE_NORM_OPSET}, which is older than the
     * operator. This [B,S,d] is the queries.
     *
     * @param keys transposed, [B,d,S]
     * @param values [B,S,d]
     */
    public Value singleHeadAttention(Value keys, Value values, long d) {
        Value scores = cast(ElementType.FLOAT32).mul(1 / Math.sqrt(d)).matMul(keys.cast(ElementType.FLOAT32));
        return scores.softmax().matMul(values.cast(ElementType.FLOAT32)).cast(type);
    }

    private Value softmax() {
        return graph.node("Softmax", type, List.of(this), of("axis", -1));
    }

    /**
     * As {@link #attention(Value, Value, int)}, by an operator of ONNX Runtime's own that never has all S*S scores in
     * memory at once. float32 inside on the CPU; on other providers as their kernel does.
     */
    public Value multiHeadAttention(Value keys, Value values, int heads) {
        return graph.contrib("MultiHeadAttention", type, List.of(this, keys, values), of("num_heads", heads));
    }

    /**
     * Grouped-query attention over a KV cache: this [B,S,heads*d] is the queries.
     *
     * @param mask [B,1,S,P+S], added to the scores: 0 where a query may attend
     * @param pastKeys [B,kvHeads,P,d], as pastValues
     * @return the result [B,S,heads*d], and keys and values with the new ones appended, [B,kvHeads,P+S,d]
     */
    public List<Value> attention(
            Value keys, Value values, Value mask, Value pastKeys, Value pastValues, int heads, int kvHeads) {
        return graph.nodes(
                "Attention",
                3,
                type,
                List.of(this, keys, values, mask, pastKeys, pastValues),
                of("q_num_heads", heads),
                of("kv_num_heads", kvHeads),
                SOFTMAX_IN_FLOAT32);
    }

    private static final Attribute SOFTMAX_IN_FLOAT32 = of("softmax_precision", ElementType.FLOAT32.onnx());

    /** Rotary position embedding, halves rotated (not interleaved); this [B,S,heads*d], cos and sin [B,S,d/2]. */
    public Value rotate(Value cos, Value sin, int heads) {
        return graph.node("RotaryEmbedding", type, List.of(this, cos, sin), of("num_heads", heads));
    }

    private Value op(String operator, Value... more) {
        List<Value> inputs = new java.util.ArrayList<>();
        inputs.add(this);
        inputs.addAll(List.of(more));
        return graph.node(operator, type, inputs);
    }
}
