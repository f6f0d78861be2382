package io.github.unipic.export.onnx;

import io.github.unipic.export.checkpoint.CheckpointTensor;
import java.io.IOException;
import java.util.List;

/**
 * What becomes of a checkpoint's tensor in a {@code .data} file: one tensor, or several that are made in one pass, such
 * as integers and their scales. Immutable.
 */
public interface Encoding {

    /**
     * A tensor that an encoding makes.
     *
     * @param name that a graph gives to it; differs from that in any other encoding
     */
    record Part(String name, ElementType type, List<Long> shape) {}

    /** What this makes of a tensor. The first part may have any size; the others must fit in memory. */
    List<Part> parts(CheckpointTensor tensor);

    /**
     * Writes the values of all parts, the first in bounded memory.
     *
     * @param outs one for each part
     * @throws io.github.unipic.export.ExportException when a value has no counterpart in this encoding
     */
    void write(CheckpointTensor tensor, List<ChunkedOutput> outs) throws IOException;
}
