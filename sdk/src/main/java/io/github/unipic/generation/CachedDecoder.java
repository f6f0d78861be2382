package io.github.unipic.generation;

import static io.github.unipic.model.GraphName.MAR_DECODER_CACHED;

import io.github.unipic.generation.UnmaskingSchedule.Iteration;
import io.github.unipic.model.Grid;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.Outputs;
import io.github.unipic.runtime.Resources;
import io.github.unipic.runtime.Tensor;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The MAR decoder for a batch of images, of which some iterations compute only the tokens that are new: the buffers,
 * those that became known since, and those to predict. They attend to the keys and values that all other tokens had in
 * the last iteration that computed all (Yan et al. 2025, "LazyMAR", arXiv 2503.12450, its token cache; Jiang et al.
 * 2025, "MARché", arXiv 2506.12035, its cache-aware attention).
 *
 * <p>Owns the keys and values. Not thread-safe.
 */
final class CachedDecoder implements AutoCloseable {
    private static final String PAST = "past_";
    private static final String PRESENT = "present_";

    private final Execution execution;
    private final MarModel mar;
    private final Tensor canvas;
    private final Grid grid;
    private final int buffers;

    /** The keys and values that are kept, by the graph's input. */
    private final Map<String, Tensor> past = new LinkedHashMap<>();

    /** For each image, the place that each row of them is of. */
    private List<int[]> placeOfRow = List.of();

    /** For each image, the places of the tokens that were known then. */
    private List<BitSet> knownThen = List.of();

    /** Borrows the canvas; see {@link MarModel#decode}. */
    CachedDecoder(Execution execution, Tensor canvas, Grid grid) {
        this.execution = execution;
        this.mar = new MarModel(execution);
        this.canvas = canvas;
        this.grid = grid;
        this.buffers = execution.manifest().sizes().bufferTokens();
    }

    /** Whether a folder has the graph; those of earlier exports do not. */
    static boolean isIn(ModelFolder folder) {
        return folder.has(MAR_DECODER_CACHED);
    }

    /** Bytes of the keys and values of some images. */
    static long bytes(Manifest manifest, int images, int tokens) {
        Manifest.GraphSpec graph = manifest.graphs().get(MAR_DECODER_CACHED.label());
        if (graph == null) {
            return 0;
        }
        Manifest.Sizes sizes = manifest.sizes();
        long places = (long) tokens + sizes.bufferTokens();
        int bytes = graph.input("x_enc").type().equals("float16") ? Short.BYTES : Float.BYTES;
        return pastInputs(manifest).count() * images * places * sizes.marDim() * bytes;
    }

    /**
     * Computes every token, as {@link MarModel#decode}. What was kept before is freed.
     *
     * @param keep whether to keep the keys and values of the conditional half
     */
    Tensor decodeAll(MarEncoding encoding, Tensor hidden, Iteration k, List<int[]> predicted, boolean keep) {
        close();
        List<int[]> others = predicted.stream().map(this::placesWithout).toList();
        List<int[]> nothing = predicted.stream().map(positions -> new int[0]).toList();
        Set<String> wanted = new LinkedHashSet<>(Set.of("z"));
        List<String> inputs = pastInputs(execution.manifest()).toList();
        if (keep) {
            inputs.forEach(input -> wanted.add(present(input)));
        }
        try (Tensor none = execution.empty(
                        MAR_DECODER_CACHED,
                        inputs.get(0),
                        hidden.dim(0),
                        0,
                        encoding.encoded().dim(2));
                Outputs outputs = run(
                        encoding,
                        hidden,
                        k,
                        predicted,
                        others,
                        nothing,
                        inputs.stream().collect(Collectors.toMap(input -> input, input -> none)),
                        wanted)) {
            if (keep) {
                inputs.forEach(input -> past.put(input, outputs.take(present(input))));
                placeOfRow = IntStream.range(0, predicted.size())
                        .mapToObj(image -> IntStream.concat(
                                        IntStream.of(others.get(image)), places(predicted.get(image)).stream())
                                .toArray())
                        .toList();
                knownThen = k.known().stream().map(this::places).toList();
            }
            return outputs.take("z");
        }
    }

    /**
     * Computes the tokens that are new since {@link #decodeAll}, which kept the others. Parameters and result as of
     * {@link MarModel#decode}, without an unconditional half.
     */
    Tensor decodeNew(MarEncoding encoding, Tensor hidden, Iteration k) {
        List<int[]> refreshed = new ArrayList<>();
        List<int[]> reused = new ArrayList<>();
        for (int image = 0; image < placeOfRow.size(); image++) {
            BitSet computed = places(k.known().get(image));
            computed.andNot(knownThen.get(image));
            computed.set(0, buffers);
            refreshed.add(computed.stream().toArray());
            computed.or(places(k.predicted().get(image)));
            int[] places = placeOfRow.get(image);
            reused.add(IntStream.range(0, places.length)
                    .filter(row -> !computed.get(places[row]))
                    .toArray());
        }
        try (Outputs outputs = run(encoding, hidden, k, k.predicted(), refreshed, reused, past, Set.of("z"))) {
            return outputs.take("z");
        }
    }

    private Outputs run(
            MarEncoding encoding,
            Tensor hidden,
            Iteration k,
            List<int[]> predicted,
            List<int[]> refreshed,
            List<int[]> reused,
            Map<String, Tensor> past,
            Set<String> outputs) {
        try (Tensor refresh = MarModel.indices(refreshed);
                Tensor reuse = MarModel.indices(reused)) {
            Map<String, Tensor> more = new LinkedHashMap<>(past);
            more.put("refresh", refresh);
            more.put("reuse", reuse);
            return mar.decode(
                    MAR_DECODER_CACHED, encoding.encoded(), hidden, k.known(), predicted, canvas, grid, more, outputs);
        }
    }

    /** A token's place is its position, after the buffers. */
    private BitSet places(int[] positions) {
        BitSet places = new BitSet();
        for (int position : positions) {
            places.set(buffers + position);
        }
        return places;
    }

    private int[] placesWithout(int[] positions) {
        BitSet places = places(positions);
        places.flip(0, buffers + grid.tokens());
        return places.stream().toArray();
    }

    /** The inputs of keys and values: two for each block. */
    private static Stream<String> pastInputs(Manifest manifest) {
        return manifest.graphs().get(MAR_DECODER_CACHED.label()).inputs().stream()
                .map(Manifest.TensorSpec::name)
                .filter(name -> name.startsWith(PAST));
    }

    private static String present(String input) {
        return PRESENT + input.substring(PAST.length());
    }

    @Override
    public void close() {
        Resources.close(past.values());
        past.clear();
    }
}
