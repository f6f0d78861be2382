package io.github.unipic;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * What a model folder holds and can do. Immutable.
 *
 * @param name what the model is called
 * @param formatVersion of the folder's form
 * @param bytes of all its files
 * @param defaultWidth of an image, in pixels
 * @param defaultHeight of an image, in pixels
 * @param tasks that the folder's graphs suffice for: {@code generate}, {@code edit}, {@code inpaint}, {@code describe}
 */
public record ModelInfo(
        String name,
        int formatVersion,
        Path folder,
        long bytes,
        int defaultWidth,
        int defaultHeight,
        Set<String> tasks,
        List<GraphInfo> graphs) {

    /**
     * One graph.
     *
     * @param precision of its weights: {@code float32}, {@code float16}, {@code bfloat16}, {@code int8} or {@code int4}
     * @param flavor {@code portable}: standard ONNX operators only; {@code fused}: some of ONNX Runtime's own, too
     * @param bytes of its own file and the weights files it refers to, some of which graphs share
     * @param inputs like {@code tokens float32 [B,V,16]}
     * @param outputs like inputs
     */
    public record GraphInfo(
            String name, String precision, String flavor, long bytes, List<String> inputs, List<String> outputs) {}
}
