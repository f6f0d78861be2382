package io.github.unipic.export.modules;

import io.github.unipic.export.Flavor;
import io.github.unipic.export.Precision;
import io.github.unipic.export.checkpoint.Checkpoint;
import io.github.unipic.export.checkpoint.CheckpointTensor;
import io.github.unipic.export.onnx.BlockQuantizer;
import io.github.unipic.export.onnx.Blocks;
import io.github.unipic.export.onnx.ElementType;
import io.github.unipic.export.onnx.Encoding;
import io.github.unipic.export.onnx.ExternalData;
import io.github.unipic.export.onnx.ExternalData.Placement;
import io.github.unipic.export.onnx.Floats;
import io.github.unipic.export.onnx.Graph;
import io.github.unipic.export.onnx.Int8Matrix;
import io.github.unipic.export.onnx.RowQuantizer;
import io.github.unipic.export.onnx.Stacked;
import io.github.unipic.export.onnx.Value;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.LongStream;

/**
 * The weights under one prefix of the checkpoint, for one graph: a module asks for a tensor by its name there and the
 * shape that it must have, and gets a value to compute with.
 *
 * @param data where the tensors go
 * @param file the {@code .data} file for those that no earlier graph placed
 * @param flavor of the graph
 * @param precision of the graph
 * @param blockSize values that share a scale in matrices quantized in blocks, where they are wide enough
 * @param prefix {@code ""} or a dotted name
 */
public record Weights(
        Checkpoint checkpoint,
        ExternalData data,
        String file,
        Flavor flavor,
        Precision precision,
        int blockSize,
        String prefix) {

    /** The weights of a child module. */
    public Weights at(String child) {
        return new Weights(checkpoint, data, file, flavor, precision, blockSize, name(child));
    }

    public Weights at(String list, int index) {
        return at(list + "." + index);
    }

    public boolean has(String tensor) {
        return checkpoint.has(name(tensor));
    }

    /** Element type of what is computed with these weights. */
    public ElementType type() {
        return precision.computesInFloat16() ? ElementType.FLOAT16 : ElementType.FLOAT32;
    }

    /** Element type of the stored weights that are not quantized. */
    private ElementType storedType() {
        return precision == Precision.BF16 ? ElementType.BFLOAT16 : type();
    }

    /** How rows of {@code columns} values are quantized in blocks: with 4 bits in a graph of int4, else with 8. */
    public BlockQuantizer quantizer(long columns) {
        return BlockQuantizer.fitting(precision == Precision.INT4 ? 4 : 8, blockSize, columns);
    }

    /** A tensor of this shape, in the order it is stored. */
    public Value tensor(Graph graph, String tensor, long... shape) {
        return graph.weight(
                place(new Floats(storedType(), false), tensor, shape).get(0), type());
    }

    /** A matrix stored [rows,columns], as [columns,rows]. */
    public Value transposed(Graph graph, String tensor, long rows, long columns) {
        return graph.weight(
                place(new Floats(storedType(), true), tensor, rows, columns).get(0), type());
    }

    /** The parts that {@code encoding} makes of a matrix stored [rows,columns]. */
    private List<Value> encoded(Graph graph, Encoding encoding, String tensor, long rows, long columns) {
        return place(encoding, tensor, rows, columns).stream()
                .map(graph::weight)
                .toList();
    }

    /** A matrix stored [rows,columns], as int8 [columns,rows]. */
    public Int8Matrix int8(Graph graph, RowQuantizer quantizer, String tensor, long rows, long columns) {
        return Int8Matrix.of(encoded(graph, quantizer, tensor, rows, columns));
    }

    /** A matrix stored [rows,columns], in blocks. */
    public Blocks blocks(Graph graph, String tensor, long rows, long columns) {
        BlockQuantizer quantizer = quantizer(columns);
        return Blocks.of(encoded(graph, quantizer, tensor, rows, columns), quantizer);
    }

    /** As {@link #blocks(Graph, String, long, long)}, to look up rows in. */
    public Blocks table(Graph graph, String tensor, long rows, long columns) {
        BlockQuantizer quantizer = quantizer(columns);
        List<Value> parts = place(quantizer, tensor, rows, columns).stream()
                .map(part -> graph.weight(part.asMatrix()))
                .toList();
        return Blocks.of(parts, quantizer);
    }

    /** Matrices of one name in several child modules, stacked, in blocks. */
    public Blocks blocks(Graph graph, List<String> children, String tensor, List<Long> rows, long columns) {
        BlockQuantizer quantizer = quantizer(columns);
        return Blocks.of(stacked(graph, quantizer, children, tensor, rows, columns), quantizer);
    }

    /**
     * Tensors of one name in several child modules, stacked along the first axis.
     *
     * @param rows of each child's
     * @param others the other axes, which all have in common
     */
    public List<Value> stacked(
            Graph graph, Encoding encoding, List<String> children, String tensor, List<Long> rows, long... others) {
        List<CheckpointTensor> parts = new ArrayList<>();
        for (int i = 0; i < children.size(); i++) {
            long[] shape = LongStream.concat(LongStream.of(rows.get(i)), LongStream.of(others))
                    .toArray();
            parts.add(checkpoint.require(name(children.get(i) + "." + tensor), shape));
        }
        Encoding all = new Stacked(encoding, parts.subList(1, parts.size()));
        return data.place(parts.get(0), all, file).stream().map(graph::weight).toList();
    }

    private List<Placement> place(Encoding encoding, String tensor, long... shape) {
        return data.place(checkpoint.require(name(tensor), shape), encoding, file);
    }

    private String name(String child) {
        return prefix.isEmpty() ? child : prefix + "." + child;
    }
}
