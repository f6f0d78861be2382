package io.github.unipic.runtime;

import static io.github.unipic.model.GraphName.DECODER_STEP;
import static io.github.unipic.model.GraphName.DIFFUSION_HEAD;
import static io.github.unipic.model.GraphName.MAR_DECODER;
import static io.github.unipic.model.GraphName.MAR_ENCODER;
import static io.github.unipic.model.GraphName.PIXEL_DECODER;
import static io.github.unipic.model.GraphName.PIXEL_DECODER_FEATURES;
import static io.github.unipic.model.GraphName.PIXEL_DECODER_TILE;
import static io.github.unipic.model.GraphName.PIXEL_ENCODER;
import static io.github.unipic.model.GraphName.TEXT_EMBEDDING;
import static io.github.unipic.model.GraphName.TEXT_HEAD;
import static io.github.unipic.model.GraphName.TOKEN_SAMPLER;
import static io.github.unipic.model.GraphName.VISION_ENCODER;

import ai.onnxruntime.OnnxJavaType;
import io.github.unipic.Cancellation;
import io.github.unipic.ModelFormatException;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.Grid;
import io.github.unipic.model.Manifest.Sizes;
import io.github.unipic.runtime.KvCache.Layer;
import io.github.unipic.runtime.provider.Nvidia;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;

/**
 * Each stage of the model as a method: tensors in, tensors out, shapes as in docs/graphs.md. Results belong to the
 * caller. Every run can be cancelled through the {@link Cancellation} given here.
 */
public final class Stages {
    /** What the MAR encoder makes of the known tokens. Owns its tensors. */
    public record Encoding(Tensor encoded, Tensor embeds) implements AutoCloseable {
        @Override
        public void close() {
            encoded.close();
            embeds.close();
        }
    }

    /** The encoding of a whole image, and the canvas that the MAR decoder edits it on. Owns its tensors. */
    public record ImageEncoding(Encoding encoding, Tensor canvas) implements AutoCloseable {
        @Override
        public void close() {
            encoding.close();
            canvas.close();
        }
    }

    /** More norms or groups than any autoencoder has: a manifest may be wrong. */
    private static final int MOST_TILE_STATISTICS = 4096;

    private final Graphs graphs;
    private final Cancellation cancellation;

    public Stages(Graphs graphs, Cancellation cancellation) {
        this.graphs = graphs;
        this.cancellation = cancellation;
    }

    /** Does some work during which these graphs stay open; see {@link Graphs#holding}. */
    public <T> T holding(Set<GraphName> names, Supplier<T> work) {
        return graphs.holding(names, cancellation, work);
    }

    public Sizes sizes() {
        return graphs.folder().manifest().sizes();
    }

    /** Values in the element type in which the model hands activations from stage to stage. */
    public Tensor activations(float[] values, long... shape) {
        return Tensor.of(graphs.inputType(DECODER_STEP, "embeds"), values, shape);
    }

    // ---- language model

    /** Rows of token ids, equally long, to embeds [B,S,D]. */
    public Tensor embedText(long[][] ids) {
        try (Tensor tensor = Tensor.longs(ids)) {
            return only(TEXT_EMBEDDING, Map.of("ids", tensor), "embeds");
        }
    }

    /** A longer cache, and what the language model makes of the new tokens. The caller owns both. */
    public record Extension(KvCache cache, Tensor hidden) {}

    /**
     * The cache with new tokens appended, and their hidden states [B,S,D]; {@code past} stays as it is.
     *
     * @param embeds [E,S,D], E a divisor of the cache's batch: rows repeat
     */
    public Extension extend(KvCache past, Tensor embeds) {
        Set<String> names = presentNames();
        names.add("hidden");
        try (Outputs outputs = step(embeds, past, names)) {
            return new Extension(takeCache(outputs, past.occupiedAfter(embeds.dim(1))), outputs.take("hidden"));
        }
    }

    /**
     * Hidden states [B,S,D] of new tokens behind a cache, which stays as it is.
     *
     * @param embeds [E,S,D], E a divisor of the cache's batch: rows repeat
     */
    public Tensor hidden(Tensor embeds, KvCache past) {
        try (Outputs outputs = step(embeds, past, Set.of("hidden"))) {
            return outputs.take("hidden");
        }
    }

    /** hidden [B,D] to logits float32 [B,vocabulary]. */
    public Tensor logits(Tensor hidden) {
        return only(TEXT_HEAD, Map.of("hidden", hidden), "logits");
    }

    private Outputs step(Tensor embeds, KvCache past, Set<String> outputs) {
        boolean[][] after = past.occupiedAfter(embeds.dim(1));
        long[][] mask = new long[after.length][after[0].length];
        long[][] positions = new long[after.length][embeds.dim(1)];
        for (int row = 0; row < after.length; row++) {
            for (int place = 0; place < mask[row].length; place++) {
                mask[row][place] = after[row][place] ? 1 : 0;
            }
            int first = past.tokens(row);
            Arrays.setAll(positions[row], i -> first + i);
        }
        try (Tensor maskTensor = Tensor.longs(mask);
                Tensor positionTensor = Tensor.longs(positions)) {
            Map<String, Tensor> inputs = new LinkedHashMap<>();
            inputs.put("embeds", embeds);
            inputs.put("attention_mask", maskTensor);
            inputs.put("position_ids", positionTensor);
            for (int layer = 0; layer < sizes().layers(); layer++) {
                inputs.put("past_key." + layer, past.keys(layer));
                inputs.put("past_value." + layer, past.values(layer));
            }
            return graphs.run(DECODER_STEP, inputs, outputs, cancellation);
        }
    }

    /** The same cache on the device of the provider, for many runs; to be closed too. */
    public KvCache onDevice(KvCache cache) {
        return graphs.onDevice(cache);
    }

    /** What the places that attention sees through a mask should be a multiple of, for the provider's fast kernel. */
    public int attentionAlignment() {
        return Nvidia.attentionAlignment(graphs.options().provider());
    }

    /** The cache of nothing. */
    public KvCache emptyCache(int batch) {
        OnnxJavaType type = graphs.inputType(DECODER_STEP, "embeds");
        return KvCache.empty(
                batch, sizes().layers(), () -> Tensor.empty(type, batch, sizes().kvHeads(), 0, sizes().headDim()));
    }

    private KvCache takeCache(Outputs present, boolean[][] occupied) {
        List<Layer> layers = new ArrayList<>();
        for (int layer = 0; layer < sizes().layers(); layer++) {
            layers.add(new Layer(present.take("present_key." + layer), present.take("present_value." + layer)));
        }
        return new KvCache(layers, occupied);
    }

    private Set<String> presentNames() {
        Set<String> names = new LinkedHashSet<>();
        for (int layer = 0; layer < sizes().layers(); layer++) {
            names.add("present_key." + layer);
            names.add("present_value." + layer);
        }
        return names;
    }

    // ---- images

    /** pixels [B,3,S,S] to image embeddings [B,T,D]. */
    public Tensor encodeVision(Tensor pixels) {
        return only(VISION_ENCODER, Map.of("pixels", pixels), "image_embeds");
    }

    /** pixels [B,3,H,W] to scaled latents [B,h,w,channels]. */
    public Tensor encodePixels(Tensor pixels) {
        Tensor latents = only(PIXEL_ENCODER, Map.of("pixels", pixels), "latents");
        requireScale(pixels.dim(2), pixels.dim(3), latents, latents.dim(1), latents.dim(2));
        return latents;
    }

    /** Scaled latents [B,h,w,channels] to pixels [B,3,H,W]. */
    public Tensor decodePixels(Tensor latents) {
        Tensor pixels = only(PIXEL_DECODER, Map.of("latents", latents), "pixels");
        requireScale(pixels.dim(2), pixels.dim(3), pixels, latents.dim(1), latents.dim(2));
        return pixels;
    }

    /** Pixels a side of an image token: what only the graphs' results show. */
    private void requireScale(int height, int width, Tensor result, int rows, int columns) {
        long scale = sizes().downsampling();
        if (height != scale * rows || width != scale * columns) {
            result.close();
            throw new ModelFormatException("The manifest in " + graphs.folder().path() + " gives an image token "
                    + scale + " x " + scale + " pixels, but the graphs make " + columns + " x " + rows + " of them "
                    + width + " x " + height + " pixels; export the model again.");
        }
    }

    // ---- images in tiles

    /** Scaled latents [B,h,w,channels] to the features [B,C,H/2,W/2] that tiles are decoded from. */
    public Tensor decodeFeatures(Tensor latents) {
        Tensor features = only(PIXEL_DECODER_FEATURES, Map.of("latents", latents), "features");
        requireScale(2 * features.dim(2), 2 * features.dim(3), features, latents.dim(1), latents.dim(2));
        return features;
    }

    /** A rectangle of an image, in places of its features: each is two pixels high and wide. */
    public record Tile(int top, int left, int height, int width) {}

    /**
     * A tile's pixels [1,3,2*height,2*width], and mean and variance of the input of each group norm within it
     * [norms,1,groups,2]. Owns its tensors.
     */
    public record DecodedTile(Tensor pixels, Tensor statistics) implements AutoCloseable {
        @Override
        public void close() {
            pixels.close();
            statistics.close();
        }
    }

    /**
     * One tile of an image from the whole image's features [1,C,H/2,W/2].
     *
     * @param statistics of the whole image, in the order of {@link DecodedTile}; without them the tile's own are taken
     */
    public DecodedTile decodeTile(Tensor features, Tile tile, Optional<float[]> statistics) {
        int norms = tileNorms();
        int groups = tileStatistics(2);
        float[] given = statistics.orElseGet(() -> new float[2 * norms * groups]);
        long[] core = {tile.top(), tile.left(), tile.height(), tile.width()};
        try (Tensor coreTensor = Tensor.longs(core, core.length);
                Tensor givenTensor = Tensor.floats(given, norms, 1, groups, 2);
                Tensor known = Tensor.bool(statistics.isPresent());
                Outputs outputs = graphs.run(
                        PIXEL_DECODER_TILE,
                        Map.of("features", features, "core", coreTensor, "statistics", givenTensor, "known", known),
                        Set.of("pixels", "core_statistics"),
                        cancellation)) {
            return new DecodedTile(outputs.take("pixels"), outputs.take("core_statistics"));
        }
    }

    /** Group norms between the features and the pixels. */
    public int tileNorms() {
        return tileStatistics(0);
    }

    private int tileStatistics(int axis) {
        int length =
                graphs.folder().spec(PIXEL_DECODER_TILE).input("statistics").length(axis);
        if (length < 1 || length > MOST_TILE_STATISTICS) {
            throw new ModelFormatException("The manifest in " + graphs.folder().path()
                    + " gives the input statistics of graph " + PIXEL_DECODER_TILE.label() + " an axis of length "
                    + length
                    + ", not 1 to " + MOST_TILE_STATISTICS + "; export the model again.");
        }
        return length;
    }

    // ---- image tokens

    /** Known tokens [B,V,channels] at ascending positions [B,V] through the MAR encoder. */
    public Encoding encodeTokens(Tensor tokens, Tensor positions, Grid grid) {
        try (Outputs outputs = encode(tokens, positions, grid, Set.of("x_enc", "z_enc"))) {
            return new Encoding(outputs.take("x_enc"), outputs.take("z_enc"));
        }
    }

    /** As {@link #encodeTokens}, of all tokens of an image, and its canvas. */
    public ImageEncoding encodeImage(Tensor tokens, Tensor positions, Grid grid) {
        try (Outputs outputs = encode(tokens, positions, grid, Set.of("x_enc", "z_enc", "canvas"))) {
            return new ImageEncoding(
                    new Encoding(outputs.take("x_enc"), outputs.take("z_enc")), outputs.take("canvas"));
        }
    }

    private Outputs encode(Tensor tokens, Tensor positions, Grid grid, Set<String> outputs) {
        try (Tensor gridTensor = tensor(grid)) {
            return graphs.run(
                    MAR_ENCODER,
                    Map.of("tokens", tokens, "positions", positions, "grid", gridTensor),
                    outputs,
                    cancellation);
        }
    }

    /** A canvas of mask tokens only, [1,0,dim]: drawing from nothing. */
    public Tensor blankCanvas() {
        return Tensor.empty(graphs.inputType(MAR_DECODER, "canvas"), 1, 0, sizes().marDim());
    }

    /**
     * Conditions z [B,M,dim] for the positions {@code predict} [E,M].
     *
     * @param encoded x_enc [E,buffers+V,dim]
     * @param hidden [B,V+buffers,D] of the language model for the encoding's embeds
     */
    public Tensor conditions(
            Tensor encoded, Tensor hidden, Tensor positions, Tensor predict, Tensor canvas, Grid grid) {
        try (Tensor gridTensor = tensor(grid)) {
            return only(
                    MAR_DECODER,
                    Map.of(
                            "x_enc",
                            encoded,
                            "llm_hidden",
                            hidden,
                            "positions",
                            positions,
                            "predict",
                            predict,
                            "canvas",
                            canvas,
                            "grid",
                            gridTensor),
                    "z");
        }
    }

    /**
     * The whole diffusion loop: tokens [M,channels].
     *
     * @param z [M,dim], or with guidance [2M,dim], conditional rows first
     * @param noise [T+1,M,channels]
     * @param timesteps in the order of the loop, T of them
     * @param coefficients [T,6], row-major
     */
    public Tensor sampleTokens(
            Tensor z, Tensor noise, long[] timesteps, float[] coefficients, double guidance, double temperature) {
        try (Tensor steps = Tensor.longs(timesteps, timesteps.length);
                Tensor table = Tensor.floats(coefficients, timesteps.length, coefficients.length / timesteps.length);
                Tensor guidanceTensor = Tensor.scalar(guidance);
                Tensor temperatureTensor = Tensor.scalar(temperature)) {
            return only(
                    TOKEN_SAMPLER,
                    Map.of(
                            "z",
                            z,
                            "noise",
                            noise,
                            "timesteps",
                            steps,
                            "coefficients",
                            table,
                            "guidance",
                            guidanceTensor,
                            "temperature",
                            temperatureTensor),
                    "tokens");
        }
    }

    /** One evaluation of the diffusion head: x [M,channels] and z [M,dim] to epsilon and variance [M,2*channels]. */
    public Tensor diffusionHead(Tensor x, long timestep, Tensor z) {
        try (Tensor step = Tensor.longs(new long[] {timestep}, 1)) {
            return only(DIFFUSION_HEAD, Map.of("x", x, "timestep", step, "z", z), "eps_and_variance");
        }
    }

    private static Tensor tensor(Grid grid) {
        return Tensor.longs(new long[] {grid.height(), grid.width()}, 2);
    }

    private Tensor only(GraphName graph, Map<String, Tensor> inputs, String output) {
        try (Outputs outputs = graphs.run(graph, inputs, Set.of(output), cancellation)) {
            return outputs.take(output);
        }
    }
}
