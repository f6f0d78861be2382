package io.github.unipic.export.modules;

import io.github.unipic.export.Precision;
import io.github.unipic.export.checkpoint.Checkpoint;
import io.github.unipic.export.onnx.ElementType;
import io.github.unipic.export.onnx.Encoding;
import io.github.unipic.export.onnx.ExternalData;
import io.github.unipic.export.onnx.ExternalData.Placement;
import io.github.unipic.export.onnx.Floats;
import io.github.unipic.export.onnx.Graph;
import io.github.unipic.export.onnx.Value;

/**
 * The weights under one prefix of the checkpoint, for one graph: a module asks for a tensor by its name there and the
 * shape that it must have, and gets a value to compute with.
 *
 * @param data where the tensors go
 * @param file the {@code .data} file for those that no earlier graph placed
 * @param precision of the graph
 * @param prefix {@code ""} or a dotted name
 */
public record Weights(Checkpoint checkpoint, ExternalData data, String file, Precision precision, String prefix) {

    /** The weights of a child module. */
    public Weights at(String child) {
        return new Weights(checkpoint, data, file, precision, name(child));
    }

    public Weights at(String list, int index) {
        return at(list + "." + index);
    }

    public boolean has(String tensor) {
        return checkpoint.has(name(tensor));
    }

    /** Element type of what is computed with these weights. */
    public ElementType type() {
        return precision.activations();
    }

    /** A tensor of this shape, in the order it is stored. */
    public Value tensor(Graph graph, String tensor, long... shape) {
        return graph.weight(place(new Floats(precision.weights(), false), tensor, shape), type());
    }

    /** A matrix stored [rows,columns], as [columns,rows]. */
    public Value transposed(Graph graph, String tensor, long rows, long columns) {
        return graph.weight(place(new Floats(precision.weights(), true), tensor, rows, columns), type());
    }

    /** A matrix stored [rows,columns], quantized. */
    public Value encoded(Graph graph, Encoding encoding, String tensor, long rows, long columns) {
        return graph.weight(place(encoding, tensor, rows, columns));
    }

    /** As {@link #encoded}, seen as a matrix with everything but its rows flattened. */
    public Value encodedRows(Graph graph, Encoding encoding, String tensor, long rows, long columns) {
        return graph.weight(place(encoding, tensor, rows, columns).asMatrix());
    }

    private Placement place(Encoding encoding, String tensor, long... shape) {
        return data.place(checkpoint.require(name(tensor), shape), encoding, file);
    }

    private String name(String child) {
        return prefix.isEmpty() ? child : prefix + "." + child;
    }
}
