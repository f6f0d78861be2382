package io.github.unipic.conformance.golden;

import io.github.unipic.Image;
import io.github.unipic.conformance.cases.Photos;
import io.github.unipic.conformance.cases.Value;
import io.github.unipic.conformance.compare.Floats;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.export.checkpoint.Checkpoint;
import io.github.unipic.export.checkpoint.CheckpointTensor;
import io.github.unipic.generation.Autoencoder;
import io.github.unipic.generation.DiffusionSampler;
import io.github.unipic.generation.DiffusionSchedule;
import io.github.unipic.generation.LanguageModel;
import io.github.unipic.generation.LanguageModel.Extension;
import io.github.unipic.generation.MarEncoding;
import io.github.unipic.generation.MarModel;
import io.github.unipic.generation.VisionEncoder;
import io.github.unipic.image.Framing;
import io.github.unipic.image.Resampling;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.Grid;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.KvCache;
import io.github.unipic.runtime.Tensor;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** The golden cases of single graphs, of one generation step, and of the framing of photos. */
final class GoldenGraphs {
    private final Execution execution;
    private final GoldenOutputs outputs;
    private final GoldenFile golden;
    private final LanguageModel llm;
    private final MarModel mar;
    private final DiffusionSampler sampler;
    private final Autoencoder autoencoder;

    GoldenGraphs(Execution execution, GoldenOutputs outputs) {
        this.execution = execution;
        this.outputs = outputs;
        this.golden = outputs.golden();
        this.llm = new LanguageModel(execution);
        this.mar = new MarModel(execution);
        this.sampler = new DiffusionSampler(execution);
        this.autoencoder = new Autoencoder(execution);
    }

    /** Keys PHOTO/MODE/SIZE, as far as the photo is at hand. */
    void preprocess() {
        for (String key : golden.allKeys()) {
            String[] parts = key.split("/");
            Photos.find(parts[0]).ifPresent(photo -> {
                int side = Integer.parseInt(parts[2]);
                Image square = parts[1].equals("pad") ? Framing.padToSquare(photo) : Framing.cropToSquare(photo);
                Image framed = Resampling.resize(square, side, side);
                outputs.task(Area.PREPROCESSING, key, new Value.Photo(framed, parts[0].endsWith(".jpg")));
            });
        }
    }

    void pixelEncoder() {
        try (Tensor pixels = golden.tensor("pixels");
                Tensor latents = autoencoder.encode(pixels)) {
            outputs.graph(GraphName.PIXEL_ENCODER, "latents", latents);
        }
    }

    void pixelDecoder() {
        try (Tensor latents = golden.tensor("latents");
                Tensor pixels = autoencoder.decode(latents)) {
            outputs.graph(GraphName.PIXEL_DECODER, "pixels", pixels);
        }
    }

    void visionEncoder() {
        try (Tensor pixels = golden.tensor("pixels");
                Tensor embeds = new VisionEncoder(execution).encode(pixels)) {
            outputs.graph(GraphName.VISION_ENCODER, "image_embeds", embeds);
        }
    }

    void text() {
        try (Tensor embeds = llm.embed(golden.rows("ids"));
                Tensor hidden = activations("hidden");
                Tensor logits = llm.logits(hidden)) {
            outputs.graph(GraphName.TEXT_EMBEDDING, "embeds", embeds);
            outputs.graph(GraphName.TEXT_HEAD, "logits", logits);
        }
    }

    void tokenSampler() {
        long[] ascending = golden.longs("timesteps");
        double maxBeta = execution.manifest().diffusion().maxBeta();
        DiffusionSchedule schedule = DiffusionSchedule.cosine(ascending.length, maxBeta);
        outputs.graph(
                GraphName.TOKEN_SAMPLER,
                "timesteps",
                new Value.Integers(LongStream.of(schedule.timesteps()).sorted().toArray()));

        Floats conditional = golden.values("z_cond");
        float[] both = concat(conditional.values(), golden.values("z_uncond").values());
        Floats noise = golden.values("noise");
        int tokens = Math.toIntExact(noise.shape()[1]);
        int channels = Math.toIntExact(noise.shape()[2]);
        float[] start = Arrays.copyOf(noise.values(), tokens * channels);
        try (Tensor noiseTensor = golden.tensor("noise");
                Tensor zBoth = activations(
                        both, 2 * conditional.shape()[0], conditional.shape()[1]);
                Tensor z = activations("z_cond");
                Tensor x = Tensor.floats(start, tokens, channels);
                Tensor guided = sampler.sample(
                        zBoth, noiseTensor, schedule, golden.number("guidance"), golden.number("temperature"));
                Tensor plain = sampler.sample(z, noiseTensor, schedule, 1.0, 1.0);
                Tensor predicted = sampler.evaluate(x, schedule.timesteps()[0], z)) {
            outputs.graph(GraphName.TOKEN_SAMPLER, "tokens_guided", guided);
            outputs.graph(GraphName.TOKEN_SAMPLER, "tokens_plain", plain);
            outputs.graph(GraphName.DIFFUSION_HEAD, "head_out_first_step", predicted);
        }
    }

    void generationStep(Path checkpoint) {
        long[] gridSize = golden.numbers("grid");
        Grid grid = new Grid(Math.toIntExact(gridSize[0]), Math.toIntExact(gridSize[1]));
        long[][] visible = golden.rows("visible");
        List<int[]> known = Arrays.stream(visible).map(GoldenGraphs::narrow).toList();
        List<int[]> everywhere = Collections.nCopies(
                visible.length, IntStream.range(0, grid.tokens()).toArray());
        try (Tensor tokens = gather(visible);
                MarEncoding encoding = mar.encode(tokens, known, grid)) {
            outputs.graph(GraphName.MAR_ENCODER, "x_enc", encoding.encoded());
            outputs.graph(GraphName.MAR_ENCODER, "z_enc", encoding.embeds());
            try (Tensor promptEmbeds = activations("prompt_embeds");
                    KvCache none = llm.emptyCache(promptEmbeds.dim(0));
                    KvCache prompts = prefill(none, promptEmbeds);
                    Tensor embeds = activations("z_enc");
                    Tensor hidden = llm.hidden(embeds, prompts)) {
                compareCache(prompts);
                outputs.graph(GraphName.DECODER_STEP, "llm_hidden", hidden);
            }
            try (Tensor encoded = activations("x_enc");
                    Tensor hidden = activations("llm_hidden");
                    Tensor blank = mar.blankCanvas();
                    Tensor z = mar.decode(encoded, hidden, known, everywhere, blank, grid);
                    Tensor source = canvas(checkpoint);
                    Tensor edited = mar.decode(encoded, hidden, known, everywhere, source, grid)) {
                outputs.graph(GraphName.MAR_DECODER, "z", z);
                outputs.graph(GraphName.MAR_DECODER, "z_with_x_con", edited);
            }
        }
    }

    private KvCache prefill(KvCache none, Tensor embeds) {
        Extension prompts = llm.extend(none, embeds);
        prompts.hidden().close();
        return prompts.cache();
    }

    private void compareCache(KvCache prompts) {
        for (int layer = 0; layer < execution.manifest().sizes().layers(); layer++) {
            outputs.graph(GraphName.DECODER_STEP, "past_key." + layer, first(prompts.keys(layer)));
            outputs.graph(GraphName.DECODER_STEP, "past_value." + layer, first(prompts.values(layer)));
        }
    }

    private Tensor activations(String key) {
        Floats values = golden.values(key);
        return activations(values.values(), values.shape());
    }

    /** Values in the float type in which the model hands activations from graph to graph. */
    private Tensor activations(float[] values, long... shape) {
        return execution.engine().graphs().tensor(GraphName.DECODER_STEP, "embeds", values, shape);
    }

    private static int[] narrow(long[] positions) {
        return LongStream.of(positions).mapToInt(Math::toIntExact).toArray();
    }

    /** The golden file has the first sample's cache only. */
    private static Value first(Tensor tensor) {
        float[] all = tensor.toFloats();
        return GoldenOutputs.flat(Arrays.copyOf(all, all.length / tensor.dim(0)));
    }

    /** The tokens at the visible positions, [B,V,channels]. */
    private Tensor gather(long[][] visible) {
        Floats tokens = golden.values("tokens");
        int positions = Math.toIntExact(tokens.shape()[1]);
        int channels = Math.toIntExact(tokens.shape()[2]);
        float[] known = new float[visible.length * visible[0].length * channels];
        int to = 0;
        for (int row = 0; row < visible.length; row++) {
            for (long position : visible[row]) {
                int from = Math.toIntExact((row * positions + position) * channels);
                System.arraycopy(tokens.values(), from, known, to, channels);
                to += channels;
            }
        }
        return Tensor.floats(known, visible.length, visible[0].length, channels);
    }

    /**
     * decoder_embed of x_con, computed here: the golden file has no source image from which the MAR encoder's graph
     * could make the canvas.
     */
    private Tensor canvas(Path checkpoint) {
        Floats source = golden.values("x_con");
        int dim = Math.toIntExact(source.shape()[2]);
        float[] in = source.values();
        float[] out = new float[in.length];
        float[] weight = new float[dim * dim];
        float[] bias = new float[dim];
        try (Checkpoint weights = Checkpoint.open(checkpoint)) {
            CheckpointTensor matrix = weights.require("mar.decoder_embed.weight", dim, dim);
            matrix.read(0, weight, 0, weight.length);
            weights.require("mar.decoder_embed.bias", dim).read(0, bias, 0, dim);
        }
        for (int row = 0; row < in.length / dim; row++) {
            for (int o = 0; o < dim; o++) {
                double sum = bias[o];
                for (int i = 0; i < dim; i++) {
                    sum += (double) weight[o * dim + i] * in[row * dim + i];
                }
                out[row * dim + o] = (float) sum;
            }
        }
        return activations(out, source.shape());
    }

    private static float[] concat(float[] first, float[] second) {
        float[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
