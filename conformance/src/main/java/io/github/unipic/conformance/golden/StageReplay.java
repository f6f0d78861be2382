package io.github.unipic.conformance.golden;

import io.github.unipic.Image;
import io.github.unipic.conformance.cases.Photos;
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

/** Replays the golden files of single stages, of one generation step, and of the framing of photos. */
final class StageReplay {
    private final Execution execution;
    private final LanguageModel llm;
    private final MarModel mar;
    private final DiffusionSampler sampler;
    private final Autoencoder autoencoder;
    private final Path checkpoint;

    StageReplay(Execution execution, Path checkpoint) {
        this.execution = execution;
        this.llm = new LanguageModel(execution);
        this.mar = new MarModel(execution);
        this.sampler = new DiffusionSampler(execution);
        this.autoencoder = new Autoencoder(execution);
        this.checkpoint = checkpoint;
    }

    /** Compares what the file holds, or nothing when its name is not one of a stage. */
    void replay(GoldenComparer comparer) {
        String name = comparer.golden().name();
        if (name.equals("pixel_encoder")) {
            pixelEncoder(comparer);
        } else if (name.equals("pixel_decoder")) {
            pixelDecoder(comparer);
        } else if (name.equals("vision_encoder") && execution.engine().folder().has(GraphName.VISION_ENCODER)) {
            visionEncoder(comparer);
        } else if (name.equals("text")) {
            text(comparer);
        } else if (name.startsWith("token_sampler")) {
            tokenSampler(comparer);
        } else if (name.startsWith("generation_step")) {
            generationStep(comparer);
        } else if (name.equals("preprocess")) {
            preprocess(comparer);
        }
    }

    /** Keys PHOTO/MODE/SIZE, as far as the photo is at hand. */
    private static void preprocess(GoldenComparer comparer) {
        for (String key : comparer.golden().keys()) {
            String[] parts = key.split("/");
            Photos.find(parts[0]).ifPresent(photo -> {
                int side = Integer.parseInt(parts[2]);
                Image square = parts[1].equals("pad") ? Framing.padToSquare(photo) : Framing.cropToSquare(photo);
                byte[] levels = Resampling.resize(square, side, side).rgb();
                comparer.photo(key, levels, parts[0].endsWith(".jpg"));
            });
        }
    }

    private void pixelEncoder(GoldenComparer comparer) {
        try (Tensor pixels = comparer.golden().tensor("pixels");
                Tensor latents = autoencoder.encode(pixels)) {
            comparer.stage(GraphName.PIXEL_ENCODER, "latents", latents.toFloats());
        }
    }

    private void pixelDecoder(GoldenComparer comparer) {
        try (Tensor latents = comparer.golden().tensor("latents");
                Tensor pixels = autoencoder.decode(latents)) {
            comparer.stage(GraphName.PIXEL_DECODER, "pixels", pixels.toFloats());
        }
    }

    private void visionEncoder(GoldenComparer comparer) {
        try (Tensor pixels = comparer.golden().tensor("pixels");
                Tensor embeds = new VisionEncoder(execution).encode(pixels)) {
            comparer.stage(GraphName.VISION_ENCODER, "image_embeds", embeds.toFloats());
        }
    }

    private void text(GoldenComparer comparer) {
        try (Tensor embeds = llm.embed(comparer.golden().rows("ids"));
                Tensor hidden = activations(comparer.golden(), "hidden");
                Tensor logits = llm.logits(hidden)) {
            comparer.stage(GraphName.TEXT_EMBEDDING, "embeds", embeds.toFloats());
            comparer.stage(GraphName.TEXT_HEAD, "logits", logits.toFloats());
        }
    }

    private void tokenSampler(GoldenComparer comparer) {
        GoldenFile golden = comparer.golden();
        long[] ascending = golden.longs("timesteps");
        double maxBeta = execution.manifest().diffusion().maxBeta();
        DiffusionSchedule schedule = DiffusionSchedule.cosine(ascending.length, maxBeta);
        comparer.stage(
                GraphName.TOKEN_SAMPLER,
                "timesteps",
                LongStream.of(schedule.timesteps()).sorted().toArray());

        float[] conditional = golden.floats("z_cond");
        float[] both = concat(conditional, golden.floats("z_uncond"));
        long[] shape = golden.shape("z_cond");
        try (Tensor noise = golden.tensor("noise");
                Tensor zBoth = activations(both, 2 * shape[0], shape[1]);
                Tensor zPlain = activations(conditional, shape);
                Tensor guided = sampler.sample(
                        zBoth, noise, schedule, golden.number("guidance"), golden.number("temperature"));
                Tensor plain = sampler.sample(zPlain, noise, schedule, 1.0, 1.0)) {
            comparer.stage(GraphName.TOKEN_SAMPLER, "tokens_guided", guided.toFloats());
            comparer.stage(GraphName.TOKEN_SAMPLER, "tokens_plain", plain.toFloats());
        }

        long[] noiseShape = golden.shape("noise");
        int rows = Math.toIntExact(noiseShape[1] * noiseShape[2]);
        float[] start = Arrays.copyOf(golden.floats("noise"), rows);
        try (Tensor x = Tensor.floats(start, noiseShape[1], noiseShape[2]);
                Tensor z = activations(conditional, shape);
                Tensor predicted = sampler.evaluate(x, schedule.timesteps()[0], z)) {
            comparer.stage(GraphName.DIFFUSION_HEAD, "head_out_first_step", predicted.toFloats());
        }
    }

    private void generationStep(GoldenComparer comparer) {
        GoldenFile golden = comparer.golden();
        long[] gridSize = golden.numbers("grid");
        Grid grid = new Grid(Math.toIntExact(gridSize[0]), Math.toIntExact(gridSize[1]));
        long[][] visible = golden.rows("visible");
        List<int[]> known = Arrays.stream(visible).map(StageReplay::narrow).toList();
        List<int[]> everywhere = Collections.nCopies(
                visible.length, IntStream.range(0, grid.tokens()).toArray());
        try (Tensor tokens = gather(golden, visible);
                MarEncoding encoding = mar.encode(tokens, known, grid)) {
            comparer.stage(GraphName.MAR_ENCODER, "x_enc", encoding.encoded().toFloats());
            comparer.stage(GraphName.MAR_ENCODER, "z_enc", encoding.embeds().toFloats());
            try (KvCache prompts = prefill(comparer);
                    Tensor embeds = activations(golden, "z_enc");
                    Tensor hidden = llm.hidden(embeds, prompts)) {
                comparer.stage(GraphName.DECODER_STEP, "llm_hidden", hidden.toFloats());
            }
            try (Tensor encoded = activations(golden, "x_enc");
                    Tensor hidden = activations(golden, "llm_hidden");
                    Tensor blank = mar.blankCanvas();
                    Tensor z = mar.decode(encoded, hidden, known, everywhere, blank, grid);
                    Tensor source = canvas(golden);
                    Tensor edited = mar.decode(encoded, hidden, known, everywhere, source, grid)) {
                comparer.stage(GraphName.MAR_DECODER, "z", z.toFloats());
                comparer.stage(GraphName.MAR_DECODER, "z_with_x_con", edited.toFloats());
            }
        }
    }

    private KvCache prefill(GoldenComparer comparer) {
        try (Tensor embeds = activations(comparer.golden(), "prompt_embeds");
                KvCache none = llm.emptyCache(embeds.dim(0))) {
            Extension prompts = llm.extend(none, embeds);
            prompts.hidden().close();
            for (int layer = 0; layer < execution.manifest().sizes().layers(); layer++) {
                // The golden file has the first sample's cache only.
                comparer.stage(
                        GraphName.DECODER_STEP,
                        "past_key." + layer,
                        first(prompts.cache().keys(layer)));
                comparer.stage(
                        GraphName.DECODER_STEP,
                        "past_value." + layer,
                        first(prompts.cache().values(layer)));
            }
            return prompts.cache();
        }
    }

    private Tensor activations(GoldenFile golden, String key) {
        return activations(golden.floats(key), golden.shape(key));
    }

    /** Values in the float type in which the model hands activations from graph to graph. */
    private Tensor activations(float[] values, long... shape) {
        return execution.engine().graphs().tensor(GraphName.DECODER_STEP, "embeds", values, shape);
    }

    private static int[] narrow(long[] positions) {
        return LongStream.of(positions).mapToInt(Math::toIntExact).toArray();
    }

    private static float[] first(Tensor tensor) {
        float[] all = tensor.toFloats();
        return Arrays.copyOf(all, all.length / tensor.dim(0));
    }

    /** The tokens at the visible positions, [B,V,channels]. */
    private static Tensor gather(GoldenFile golden, long[][] visible) {
        long[] shape = golden.shape("tokens");
        int channels = Math.toIntExact(shape[2]);
        float[] all = golden.floats("tokens");
        float[] known = new float[visible.length * visible[0].length * channels];
        int to = 0;
        for (int row = 0; row < visible.length; row++) {
            for (long position : visible[row]) {
                int from = Math.toIntExact((row * shape[1] + position) * channels);
                System.arraycopy(all, from, known, to, channels);
                to += channels;
            }
        }
        return Tensor.floats(known, visible.length, visible[0].length, channels);
    }

    /**
     * decoder_embed of x_con, computed here: the golden file has no source image from which the MAR encoder's graph
     * could make the canvas.
     */
    private Tensor canvas(GoldenFile golden) {
        long[] shape = golden.shape("x_con");
        int dim = Math.toIntExact(shape[2]);
        float[] in = golden.floats("x_con");
        float[] out = new float[in.length];
        float[] weight = new float[dim * dim];
        float[] bias = new float[dim];
        try (Checkpoint source = Checkpoint.open(checkpoint)) {
            CheckpointTensor matrix = source.require("mar.decoder_embed.weight", dim, dim);
            matrix.read(0, weight, 0, weight.length);
            source.require("mar.decoder_embed.bias", dim).read(0, bias, 0, dim);
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
        return activations(out, shape);
    }

    private static float[] concat(float[] first, float[] second) {
        float[] both = Arrays.copyOf(first, first.length + second.length);
        System.arraycopy(second, 0, both, first.length, second.length);
        return both;
    }
}
