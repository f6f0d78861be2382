package io.github.unipic.export;

import io.github.unipic.export.onnx.BlockQuantizer;
import io.github.unipic.model.GraphName;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The precision of each graph of an export. Where a caller names none, it follows from the folder's precision;
 * docs/precision.md has the measurements behind that.
 *
 * @param folder what most of the folder is in
 * @param graphs graphs that the caller wants in another precision, by name, for example {@code token_sampler}
 * @param blockSize 32, 64 or 128: values that share a scale in matrices quantized in blocks, those of int4 and, in a
 *     folder with int4, the token table; a matrix with fewer columns has the largest of these sizes that they fill
 */
public record Precisions(Precision folder, Map<String, Precision> graphs, int blockSize) {
    /** As exact as ggml's Q4_0, which has 32 and no zero points, and faster than 32 is: docs/precision.md. */
    private static final int INT4_BLOCK = 64;

    /** Convolutions, which are not quantized; float32 at both ends, whatever they compute in. */
    private static final Set<String> PIXELS = Set.of(GraphName.PIXEL_ENCODER.label(), GraphName.PIXEL_DECODER.label());

    /** The diffusion head: an error passes through its 25 to 100 steps. */
    private static final Set<String> HEAD = Set.of(GraphName.DIFFUSION_HEAD.label(), GraphName.TOKEN_SAMPLER.label());

    /** Parts of {@code pixel_decoder}: they share its weights, and one takes the other's output. */
    private static final Set<String> PIXEL_DECODER_PARTS =
            Set.of(GraphName.PIXEL_DECODER_FEATURES.label(), GraphName.PIXEL_DECODER_TILE.label());

    private static final List<String> NAMES =
            Arrays.stream(GraphName.values()).map(GraphName::label).toList();

    /**
     * @throws ExportException when a graph is unknown or cannot have the precision asked for, when blocks cannot have
     *     that size, or no graph is in int4 and the size not the usual one
     */
    public Precisions {
        graphs = Map.copyOf(graphs);
        graphs.forEach((graph, precision) -> check(graph, precision, folder));
        if (!BlockQuantizer.SIZES.contains(blockSize)) {
            throw new ExportException(
                    "Blocks of " + blockSize + " values are not possible; --int4-block is 32, 64 or 128.");
        }
        if (blockSize != BlockQuantizer.SMALLEST && !hasInt4(folder, graphs)) {
            throw new ExportException("--int4-block " + blockSize
                    + " is for int4, and no graph is in int4; add --precision int4, or leave it out.");
        }
    }

    /** In blocks of the usual size: 64 with int4, else 32. */
    public Precisions(Precision folder, Map<String, Precision> graphs) {
        this(folder, graphs, hasInt4(folder, graphs) ? INT4_BLOCK : BlockQuantizer.SMALLEST);
    }

    private static boolean hasInt4(Precision folder, Map<String, Precision> graphs) {
        return folder == Precision.INT4 || graphs.containsValue(Precision.INT4);
    }

    /** A folder of one precision, as far as that suits each graph. */
    public static Precisions of(Precision folder) {
        return new Precisions(folder, Map.of());
    }

    /** The precision of a graph. */
    public Precision of(String graph) {
        String named = PIXEL_DECODER_PARTS.contains(graph) ? GraphName.PIXEL_DECODER.label() : graph;
        return graphs.getOrDefault(named, usual(named));
    }

    private Precision usual(String graph) {
        if (folder.isQuantized() && (PIXELS.contains(graph) || HEAD.contains(graph))) {
            return Precision.FP32;
        }
        // Four bits pay where one token's weights are read at a time; elsewhere int8 is faster, and closer.
        boolean decoder = graph.equals(GraphName.DECODER_STEP.label());
        return folder == Precision.INT4 && !decoder ? Precision.INT8 : folder;
    }

    private static void check(String graph, Precision precision, Precision folder) {
        if (!NAMES.contains(graph)) {
            throw new ExportException("There is no graph " + graph + "; there are "
                    + NAMES.stream()
                            .filter(name -> !PIXEL_DECODER_PARTS.contains(name))
                            .collect(Collectors.joining(", "))
                    + ".");
        }
        if (PIXEL_DECODER_PARTS.contains(graph)) {
            throw new ExportException(
                    graph + " has the weights of pixel_decoder and always its precision; say pixel_decoder="
                            + precision.option() + ".");
        }
        if (PIXELS.contains(graph)) {
            if (precision.isQuantized()) {
                throw new ExportException(graph + " consists of convolutions, which are not quantized; use " + graph
                        + "=fp32, fp16 or bf16.");
            }
        } else if (precision.computesInFloat16() != folder.computesInFloat16()) {
            throw new ExportException(
                    graph + "=" + precision.option() + " does not fit a folder of " + folder.option()
                            + ": graphs pass each other tensors, so all but pixel_encoder and pixel_decoder are fp16, or none.");
        }
    }
}
