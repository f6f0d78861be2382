package io.github.unipic.conformance.golden;

import io.github.unipic.DescribeRequest;
import io.github.unipic.GuidanceSchedule;
import io.github.unipic.Image;
import io.github.unipic.conformance.cases.Photos;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.generation.Autoencoder;
import io.github.unipic.generation.DiffusionSchedule;
import io.github.unipic.generation.GenerationPlan;
import io.github.unipic.generation.GenerationPlan.Sample;
import io.github.unipic.generation.ImageEncoder;
import io.github.unipic.generation.ImageGenerator;
import io.github.unipic.generation.ImageTokens;
import io.github.unipic.generation.LanguageContext;
import io.github.unipic.generation.MarEncoding;
import io.github.unipic.generation.MarModel;
import io.github.unipic.generation.NoiseSource;
import io.github.unipic.generation.TextGenerator;
import io.github.unipic.generation.TextGenerator.Generated;
import io.github.unipic.generation.UnmaskingSchedule.Iteration;
import io.github.unipic.generation.VisionEncoder;
import io.github.unipic.image.Framing;
import io.github.unipic.image.Pixels;
import io.github.unipic.image.Resampling;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.Grid;
import io.github.unipic.model.Manifest.Prompts;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.KvCache;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.text.PromptTokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** Replays whole tasks: generation loops with the recorded order and noise, and greedy answers. */
final class TaskReplay {
    private final Execution execution;
    private final PromptTokenizer tokenizer;
    private final ImageGenerator generator;

    TaskReplay(Execution execution) {
        this.execution = execution;
        this.tokenizer = execution.engine().tokenizer();
        this.generator = new ImageGenerator(execution);
    }

    void textToImage(GoldenComparer comparer) {
        GoldenFile golden = comparer.golden();
        comparer.exact(Area.PREPROCESSING, "input_ids", tokenize(golden.text("prompt")));
        comparer.exact(Area.PREPROCESSING, "uncond_ids", tokenize(golden.text("uncond_prompt")));
        GenerationPlan plan = plan(golden);
        try (LanguageContext conditional = empty();
                LanguageContext unconditional = empty();
                Tensor canvas = new MarModel(execution).blankCanvas()) {
            conditional.tokens(golden.longs("input_ids"));
            unconditional.tokens(golden.longs("uncond_ids"));
            try (KvCache prompts = KvCache.stack(plan.rows(conditional.cache(), unconditional.cache()))) {
                compareImage(
                        comparer,
                        generator.generate(
                                plan,
                                prompts,
                                canvas,
                                (iteration, z, drawn) -> compareStep(comparer, iteration, z, drawn)));
            }
        }
    }

    /** Starts from the photo where it is at hand, else from the pixels that the golden file has. */
    void edit(GoldenComparer comparer) {
        GoldenFile golden = comparer.golden();
        GenerationPlan plan = plan(golden);
        try (Tensor pixels = sourcePixels(comparer);
                MarEncoding source = new ImageEncoder(execution).encode(pixels);
                LanguageContext conditional = empty();
                LanguageContext unconditional = empty()) {
            comparer.loop("x_con", source.encoded().toFloats());
            comparer.loop("z_enc", source.embeds().toFloats());
            fill(conditional, golden.longs("input_ids"), source.embeds());
            fill(unconditional, golden.longs("uncond_ids"), source.embeds());
            try (KvCache prompts = KvCache.stack(plan.rows(conditional.cache(), unconditional.cache()))) {
                compareImage(
                        comparer,
                        generator.generate(plan, prompts, source.canvas().orElseThrow(), (iteration, z, drawn) -> {}));
            }
        }
    }

    private Tensor sourcePixels(GoldenComparer comparer) {
        GoldenFile golden = comparer.golden();
        Optional<Image> photo = Photos.find(golden.text("photo"));
        if (photo.isEmpty()) {
            return golden.tensor("source_pixels");
        }
        int side = Math.toIntExact(golden.shape("source_pixels")[3]);
        float[] pixels = Pixels.fromImage(Resampling.resize(Framing.cropToSquare(photo.get()), side, side));
        comparer.loop("source_pixels", pixels);
        return Tensor.floats(pixels, golden.shape("source_pixels"));
    }

    void understand(GoldenComparer comparer) {
        GoldenFile golden = comparer.golden();
        try (Tensor pixels = golden.tensor("mar.pixels");
                MarEncoding source = new ImageEncoder(execution).encode(pixels)) {
            compareAnswer(comparer, "mar.", source.embeds());
        }
        if (execution.engine().folder().has(GraphName.VISION_ENCODER)) {
            try (Tensor pixels = golden.tensor("siglip2.pixels");
                    Tensor embeds = new VisionEncoder(execution).encode(pixels)) {
                compareAnswer(comparer, "siglip2.", embeds);
            }
        }
    }

    private void compareAnswer(GoldenComparer comparer, String path, Tensor embeds) {
        GoldenFile golden = comparer.golden();
        long[] expected = golden.longs(path + "output_ids");
        DescribeRequest greedy =
                DescribeRequest.builder("").maxTokens(expected.length).build();
        TextGenerator generator = new TextGenerator(tokenizer, List.of((int) golden.number("eos_token_id")));
        try (LanguageContext context = empty()) {
            fill(context, golden.longs(path + "input_ids"), embeds);
            Generated answer = generator.generate(context, greedy);
            comparer.answer(
                    path + "output_ids",
                    answer.tokens().stream().mapToLong(Integer::longValue).toArray());
        }
    }

    private LanguageContext empty() {
        return LanguageContext.empty(execution);
    }

    /** Appends a prompt whose run of image placeholders stands for {@code embeds}. */
    private void fill(LanguageContext context, long[] ids, Tensor embeds) {
        long placeholder = execution.manifest().tokens().image();
        int first = 0;
        while (first < ids.length && ids[first] != placeholder) {
            first++;
        }
        context.tokens(Arrays.copyOf(ids, first));
        context.embeds(embeds);
        context.tokens(Arrays.copyOfRange(ids, first + embeds.dim(1), ids.length));
    }

    private void compareImage(GoldenComparer comparer, ImageTokens tokens) {
        try (Tensor latents = tokens.latents(0);
                Tensor pixels = new Autoencoder(execution).decode(latents)) {
            comparer.loop("latents", latents.toFloats());
            comparer.loop("pixels", pixels.toFloats());
            Image image = Pixels.toImage(pixels.toFloats(), pixels.dim(3), pixels.dim(2));
            comparer.image("image", image);
        }
    }

    private void compareStep(GoldenComparer comparer, Iteration iteration, Tensor z, ImageTokens drawn) {
        String step = "step" + iteration.index() + ".";
        float[] conditional = z.toFloats();
        comparer.exact(Area.LOOP, step + "visible", widen(iteration.known().get(0)));
        comparer.exact(
                Area.LOOP, step + "predicted", widen(iteration.predicted().get(0)));
        comparer.loop(step + "z_cond", Arrays.copyOf(conditional, conditional.length / z.dim(0)));
        try (Tensor tokens = drawn.latents(0)) {
            comparer.loop(step + "tokens", tokens.toFloats());
        }
    }

    private GenerationPlan plan(GoldenFile golden) {
        Grid grid = new Grid((int) golden.number("h"), (int) golden.number("w"));
        int[] order =
                Arrays.stream(golden.longs("order")).mapToInt(Math::toIntExact).toArray();
        return new GenerationPlan(
                grid,
                (int) golden.number("num_iter"),
                golden.number("cfg"),
                GuidanceSchedule.valueOf(golden.text("cfg_schedule").toUpperCase(Locale.ROOT)),
                golden.number("temperature"),
                DiffusionSchedule.cosine(
                        (int) golden.number("steps"),
                        execution.manifest().diffusion().maxBeta()),
                Optional.empty(),
                List.of(new Sample(order, recordedNoise(golden))));
    }

    /** noise [steps+1,N,channels], indexed by token position. */
    private static NoiseSource recordedNoise(GoldenFile golden) {
        float[] noise = golden.floats("noise");
        int tokens = Math.toIntExact(golden.shape("noise")[1]);
        return (position, row, destination) -> System.arraycopy(
                noise, (row * tokens + position) * destination.length, destination, 0, destination.length);
    }

    private long[] tokenize(String request) {
        Prompts prompts = execution.manifest().prompts();
        return tokenizer.encode(prompts.turn().replace("{}", request));
    }

    private static long[] widen(int[] values) {
        return Arrays.stream(values).asLongStream().toArray();
    }
}
