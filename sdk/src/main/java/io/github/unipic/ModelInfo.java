package io.github.unipic;

import java.nio.file.Path;
import java.util.List;
import java.util.Set;

/**
 * What a model folder holds and can do. Immutable.
 *
 * @param name what the model is called
 * @param formatVersion of the folder's form
 * @param folder that was opened
 * @param bytes of all its files
 * @param defaultWidth of an image, in pixels: what the model was made for; other sizes are possible and may look worse
 * @param defaultHeight of an image, in pixels
 * @param sizeMultiple that width and height of an image must be multiples of, in pixels: the side of an image token
 * @param tasks that the folder's graphs suffice for
 * @param graphs that the folder holds
 */
public record ModelInfo(
        String name,
        int formatVersion,
        Path folder,
        long bytes,
        int defaultWidth,
        int defaultHeight,
        int sizeMultiple,
        Set<Task> tasks,
        List<GraphInfo> graphs) {

    /** What a model can do. */
    public enum Task {
        /** Draw an image from a prompt. */
        GENERATE,
        /** Change an image as an instruction says. */
        EDIT,
        /** Regenerate a part of an image. */
        INPAINT,
        /** Answer questions about images. */
        DESCRIBE
    }

    /** Number format of a graph's weights. */
    public enum Precision {
        /** 32-bit floating point. */
        FLOAT32,
        /** 16-bit floating point. */
        FLOAT16,
        /** 16-bit floating point with the range of 32 bits; computed in float32. */
        BFLOAT16,
        /** 8-bit integers with a scale for each output; the token table in blocks with a scale each. */
        INT8,
        /** 4-bit integers in blocks with a scale each. */
        INT4
    }

    /** Which operators a graph uses. */
    public enum Flavor {
        /** Standard ONNX operators only. */
        PORTABLE,
        /** Some of ONNX Runtime's own, too. */
        FUSED
    }

    /**
     * One graph.
     *
     * @param name as docs/graphs.md lists it, such as {@code decoder_step}
     * @param precision of its weights
     * @param flavor which operators it uses
     * @param bytes of its own file and the weights files it refers to, some of which graphs share
     * @param inputs like {@code tokens float32 [B,V,16]}
     * @param outputs like inputs
     */
    public record GraphInfo(
            String name, Precision precision, Flavor flavor, long bytes, List<String> inputs, List<String> outputs) {}
}
