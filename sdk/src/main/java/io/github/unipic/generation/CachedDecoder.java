package io.github.unipic.generation;

import static io.github.unipic.model.GraphName.MAR_DECODER_CACHED;

import io.github.unipic.generation.MarModel.DecoderInputs;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.Manifest.GraphSpec;
import io.github.unipic.model.Manifest.Sizes;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.Outputs;
import io.github.unipic.runtime.Resources;
import io.github.unipic.runtime.Tensor;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * The MAR decoder for a batch of images, of which some iterations compute only the tokens that are new: the buffers,
 * those that became known since, and those to predict. They attend to the keys and values that all other tokens had in
 * the last iteration that computed all (Yan et al. 2025, "LazyMAR", arXiv 2503.12450, its token cache; Jiang et al.
 * 2025, "MARché", arXiv 2506.12035, its cache-aware attention).
 *
 * <p>A token's place is its position, after the buffers. Owns the keys and values. Not thread-safe.
 */
final class CachedDecoder implements AutoCloseable {
    private final Execution execution;
    private final MarModel mar;
    private Optional<Kept> kept = Optional.empty();

    /**
     * What an iteration kept.
     *
     * @param tensors keys and values by the graph's inputs
     * @param places for each image, the place that each row of them is of
     * @param known for each image, the places whose tokens were known
     */
    private record Kept(Map<String, Tensor> tensors, List<int[]> places, List<BitSet> known) {}

    CachedDecoder(Execution execution) {
        this.execution = execution;
        this.mar = new MarModel(execution);
    }

    /** Bytes of the keys and values that are kept for some images. */
    static long bytes(Manifest manifest, int images, int tokens) {
        Sizes sizes = manifest.sizes();
        long places = (long) tokens + sizes.bufferTokens();
        GraphSpec graph = manifest.graphs().get(MAR_DECODER_CACHED.label());
        int bytes = graph.input("x_enc").type().equals("float16") ? Short.BYTES : Float.BYTES;
        return (long) parts(manifest).size() * images * places * sizes.marDim() * bytes;
    }

    /**
     * Computes every token, as {@link MarModel#decode}. Nothing may be kept from before.
     *
     * @param keep whether to keep the keys and values of the conditional half
     */
    Tensor decodeAll(DecoderInputs inputs, boolean keep) {
        List<int[]> others = inputs.predicted().stream()
                .map(positions -> {
                    BitSet places = places(positions);
                    places.flip(0, buffers() + inputs.grid().tokens());
                    return places.stream().toArray();
                })
                .toList();
        List<int[]> nothing =
                inputs.predicted().stream().map(positions -> new int[0]).toList();
        Map<String, Tensor> past = new HashMap<>();
        Set<String> wanted = new HashSet<>(Set.of("z"));
        int rows = inputs.hidden().dim(0);
        int dim = inputs.encoded().dim(2);
        try (Tensor none = execution.empty(MAR_DECODER_CACHED, "past_key.0", rows, 0, dim)) {
            for (String part : parts(execution.manifest())) {
                past.put("past_" + part, none);
                if (keep) {
                    wanted.add("present_" + part);
                }
            }
            try (Outputs outputs = decode(inputs, others, nothing, past, wanted)) {
                if (keep) {
                    past.replaceAll((input, empty) -> outputs.take(input.replace("past_", "present_")));
                    kept = Optional.of(new Kept(
                            past,
                            IntStream.range(0, others.size())
                                    .mapToObj(image -> joined(
                                            others.get(image),
                                            inputs.predicted().get(image)))
                                    .toList(),
                            inputs.known().stream().map(this::places).toList()));
                }
                return outputs.take("z");
            }
        }
    }

    /** The order of the rows of keys and values. */
    private int[] joined(int[] refreshed, int[] predicted) {
        return IntStream.concat(IntStream.of(refreshed), IntStream.of(predicted).map(position -> buffers() + position))
                .toArray();
    }

    /**
     * Computes the tokens that are new since {@link #decodeAll}, which has kept the others.
     *
     * @param inputs as of {@link MarModel#decode}, without an unconditional half
     * @param keep whether to go on keeping them
     */
    Tensor decodeNew(DecoderInputs inputs, boolean keep) {
        Kept before = kept.orElseThrow();
        List<int[]> refreshed = new ArrayList<>();
        List<int[]> reused = new ArrayList<>();
        for (int image = 0; image < inputs.known().size(); image++) {
            BitSet computed = places(inputs.known().get(image));
            computed.andNot(before.known().get(image));
            computed.set(0, buffers());
            refreshed.add(computed.stream().toArray());
            computed.or(places(inputs.predicted().get(image)));
            int[] places = before.places().get(image);
            reused.add(IntStream.range(0, places.length)
                    .filter(row -> !computed.get(places[row]))
                    .toArray());
        }
        try (Outputs outputs = decode(inputs, refreshed, reused, before.tensors(), Set.of("z"))) {
            if (!keep) {
                forget();
            }
            return outputs.take("z");
        }
    }

    private Outputs decode(
            DecoderInputs inputs,
            List<int[]> refreshed,
            List<int[]> reused,
            Map<String, Tensor> past,
            Set<String> outputs) {
        try (Tensor refresh = MarModel.indices(refreshed);
                Tensor reuse = MarModel.indices(reused)) {
            Map<String, Tensor> more = new HashMap<>(past);
            more.put("refresh", refresh);
            more.put("reuse", reuse);
            return mar.decode(MAR_DECODER_CACHED, inputs, more, outputs);
        }
    }

    private BitSet places(int[] positions) {
        BitSet places = new BitSet();
        for (int position : positions) {
            places.set(buffers() + position);
        }
        return places;
    }

    private int buffers() {
        return execution.manifest().sizes().bufferTokens();
    }

    /** The names of keys and values: two for each block. */
    private static List<String> parts(Manifest manifest) {
        GraphSpec graph = manifest.graphs().get(MAR_DECODER_CACHED.label());
        return IntStream.range(0, graph.decoderBlocks())
                .boxed()
                .flatMap(block -> Stream.of("key." + block, "value." + block))
                .toList();
    }

    private void forget() {
        kept.ifPresent(before -> Resources.close(before.tensors().values()));
        kept = Optional.empty();
    }

    /** Frees what was kept. */
    @Override
    public void close() {
        forget();
    }
}
