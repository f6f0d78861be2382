package io.github.unipic.export.modules;

import io.github.unipic.export.checkpoint.Checkpoint;
import io.github.unipic.export.onnx.ElementType;
import io.github.unipic.export.onnx.ExternalData;
import io.github.unipic.export.onnx.ExternalData.Layout;
import io.github.unipic.export.onnx.Graph;
import io.github.unipic.export.onnx.Value;

/**
 * The weights under one prefix of the checkpoint, for one graph: a module asks for a tensor by its name there and the
 * shape that it must have, and gets a value to compute with.
 *
 * @param data where the tensors go
 * @param file the {@code .data} file for those that no earlier graph placed
 * @param type element type of the exported weights
 * @param prefix {@code ""} or a dotted name
 */
public record Weights(Checkpoint checkpoint, ExternalData data, String file, ElementType type, String prefix) {

    /** The weights of a child module. */
    public Weights at(String child) {
        return new Weights(checkpoint, data, file, type, name(child));
    }

    public Weights at(String list, int index) {
        return at(list + "." + index);
    }

    public boolean has(String tensor) {
        return checkpoint.has(name(tensor));
    }

    /** A tensor of this shape, as stored. */
    public Value tensor(Graph graph, String tensor, long... shape) {
        return graph.weight(data.place(checkpoint.require(name(tensor), shape), Layout.AS_STORED, type, file));
    }

    /** A matrix stored [rows,columns], as [columns,rows]. */
    public Value transposed(Graph graph, String tensor, long rows, long columns) {
        return graph.weight(data.place(checkpoint.require(name(tensor), rows, columns), Layout.TRANSPOSED, type, file));
    }

    private String name(String child) {
        return prefix.isEmpty() ? child : prefix + "." + child;
    }
}
