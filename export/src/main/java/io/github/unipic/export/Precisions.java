package io.github.unipic.export;

import io.github.unipic.export.onnx.BlockQuantizer;
import io.github.unipic.model.GraphName;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The precision of each graph of an export. By default it follows from the folder's precision; docs/precision.md has
 * the measurements behind that.
 *
 * @param folder the precision of most graphs
 * @param graphs other precisions for single graphs, by name, for example {@code token_sampler}
 * @param blockSize 32, 64 or 128: the number of values that share a scale in matrices quantized in blocks, which are
 *     those of int4 and, in a folder with int4, the token table; narrow matrices use the largest of these sizes that
 *     their columns fill
 */
public record Precisions(Precision folder, Map<String, Precision> graphs, int blockSize) {
    /** As exact as ggml's Q4_0, which has blocks of 32 without zero points, and faster: docs/precision.md. */
    private static final int INT4_BLOCK = 64;

    /** Convolutions, which are not quantized. Their inputs and outputs are always float32. */
    private static final Set<String> PIXELS = Set.of(GraphName.PIXEL_ENCODER.label(), GraphName.PIXEL_DECODER.label());

    /** Graphs that share all weights of another one, and so its precision. */
    private static final Map<String, String> SHARING = Map.of(
            GraphName.MAR_DECODER_CACHED.label(), GraphName.MAR_DECODER.label(),
            GraphName.PIXEL_DECODER_FEATURES.label(), GraphName.PIXEL_DECODER.label(),
            GraphName.PIXEL_DECODER_TILE.label(), GraphName.PIXEL_DECODER.label());

    private static final List<String> NAMES =
            Arrays.stream(GraphName.values()).map(GraphName::label).toList();

    /**
     * Checks the values and copies the map.
     *
     * @param folder the precision of most graphs
     * @param graphs other precisions for single graphs, by name; copied
     * @param blockSize 32, 64 or 128; 32 if no graph is in int4
     * @throws ExportException when a graph is unknown or cannot have the given precision, or the block size is invalid
     */
    public Precisions {
        graphs = Map.copyOf(graphs);
        graphs.forEach((graph, precision) -> check(graph, precision, folder));
        if (!BlockQuantizer.SIZES.contains(blockSize)) {
            throw new ExportException("--int4-block " + blockSize + " is not a valid block size; give 32, 64 or 128.");
        }
        if (blockSize != BlockQuantizer.SMALLEST && !hasInt4(folder, graphs)) {
            throw new ExportException("--int4-block " + blockSize
                    + " is for int4, and no graph is in int4; add --precision int4, or leave it out.");
        }
    }

    /**
     * With the default block size: 64 with int4, otherwise 32.
     *
     * @param folder the precision of most graphs
     * @param graphs other precisions for single graphs, by name; copied
     * @throws ExportException when a graph is unknown or cannot have the given precision
     */
    public Precisions(Precision folder, Map<String, Precision> graphs) {
        this(folder, graphs, hasInt4(folder, graphs) ? INT4_BLOCK : BlockQuantizer.SMALLEST);
    }

    private static boolean hasInt4(Precision folder, Map<String, Precision> graphs) {
        return folder == Precision.INT4 || graphs.containsValue(Precision.INT4);
    }

    /**
     * The default precision of each graph in a folder of one precision.
     *
     * @param folder the precision of most graphs
     * @return precisions without exceptions for single graphs
     */
    public static Precisions of(Precision folder) {
        return new Precisions(folder, Map.of());
    }

    /**
     * The precision of a graph.
     *
     * @param graph its name
     * @return the given one, or the default in this folder
     */
    public Precision of(String graph) {
        String named = SHARING.getOrDefault(graph, graph);
        return graphs.getOrDefault(named, usual(named));
    }

    private Precision usual(String graph) {
        if (folder.isQuantized() && PIXELS.contains(graph)) {
            return Precision.FP32;
        }
        // 4 bits pay off where all weights are read for a single token. Elsewhere int8 is faster and more exact.
        boolean decoder = graph.equals(GraphName.DECODER_STEP.label());
        return folder == Precision.INT4 && !decoder ? Precision.INT8 : folder;
    }

    private static void check(String graph, Precision precision, Precision folder) {
        if (!NAMES.contains(graph)) {
            throw new ExportException("There is no graph " + graph + "; there are "
                    + NAMES.stream().filter(name -> !SHARING.containsKey(name)).collect(Collectors.joining(", "))
                    + ".");
        }
        if (SHARING.containsKey(graph)) {
            String owner = SHARING.get(graph);
            throw new ExportException(graph + " shares the weights of " + owner + ", and so its precision; use " + owner
                    + "=" + precision.option() + ".");
        }
        if (PIXELS.contains(graph)) {
            if (precision.isQuantized()) {
                throw new ExportException(graph + " consists of convolutions, which are not quantized; use " + graph
                        + "=fp32, fp16 or bf16.");
            }
        } else if (precision.computesInFloat16() != folder.computesInFloat16()) {
            throw new ExportException(graph + "=" + precision.option() + " does not fit a folder of " + folder.option()
                    + ": graphs exchange tensors, so either all or none are fp16, except pixel_encoder and"
                    + " pixel_decoder; change one of the two.");
        }
    }
}
