package io.github.unipic.export.onnx;

import io.github.unipic.export.checkpoint.CheckpointTensor;
import java.io.IOException;
import java.util.List;

/** What becomes of a checkpoint's tensor in a {@code .data} file: its values' type, shape and order. Immutable. */
public interface Encoding {

    /** The name that a graph gives to {@code tensor} in this encoding; differs from that in any other encoding. */
    String name(CheckpointTensor tensor);

    ElementType type();

    /** The shape of the encoded tensor. */
    List<Long> shape(CheckpointTensor tensor);

    /**
     * Streams the encoded values in bounded memory.
     *
     * @throws io.github.unipic.export.ExportException when a value has no counterpart in this encoding
     */
    void write(CheckpointTensor tensor, ChunkedOutput out) throws IOException;
}
