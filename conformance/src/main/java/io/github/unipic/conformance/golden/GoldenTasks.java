package io.github.unipic.conformance.golden;

import io.github.unipic.GuidanceSchedule;
import io.github.unipic.Image;
import io.github.unipic.conformance.cases.GreedyAnswer;
import io.github.unipic.conformance.cases.ImageRun;
import io.github.unipic.conformance.cases.Photos;
import io.github.unipic.conformance.cases.Value;
import io.github.unipic.conformance.compare.Floats;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.generation.DiffusionSchedule;
import io.github.unipic.generation.GenerationPlan;
import io.github.unipic.generation.GenerationPlan.Sample;
import io.github.unipic.generation.ImageEncoder;
import io.github.unipic.generation.ImageGenerator.Observer;
import io.github.unipic.generation.ImageTokens;
import io.github.unipic.generation.LanguageContext;
import io.github.unipic.generation.MarEncoding;
import io.github.unipic.generation.MarModel;
import io.github.unipic.generation.UnmaskingSchedule.Iteration;
import io.github.unipic.generation.VisionEncoder;
import io.github.unipic.image.Framing;
import io.github.unipic.image.Pixels;
import io.github.unipic.image.Resampling;
import io.github.unipic.model.Grid;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/** The golden cases of whole tasks: images with the recorded order and noise, and greedy answers. */
final class GoldenTasks {
    private final Execution execution;
    private final GoldenOutputs outputs;
    private final GoldenFile golden;

    GoldenTasks(Execution execution, GoldenOutputs outputs) {
        this.execution = execution;
        this.outputs = outputs;
        this.golden = outputs.golden();
    }

    void textToImage() {
        tokenize("input_ids", "prompt");
        tokenize("uncond_ids", "uncond_prompt");
        try (LanguageContext conditional = LanguageContext.empty(execution);
                LanguageContext unconditional = LanguageContext.empty(execution);
                Tensor canvas = new MarModel(execution).blankCanvas()) {
            conditional.tokens(golden.longs("input_ids"));
            unconditional.tokens(golden.longs("uncond_ids"));
            image(this::compareStep).generate(conditional, unconditional, canvas);
        }
    }

    private void tokenize(String key, String prompt) {
        String turn = execution.manifest().prompts().turn().replace("{}", golden.text(prompt));
        outputs.task(
                Area.PREPROCESSING,
                key,
                new Value.Integers(execution.engine().tokenizer().encode(turn)));
    }

    /** Starts from the photo where it is at hand, else from the pixels that the golden file has. */
    void edit() {
        try (Tensor pixels = sourcePixels();
                MarEncoding source = new ImageEncoder(execution).encode(pixels);
                LanguageContext conditional = LanguageContext.empty(execution);
                LanguageContext unconditional = LanguageContext.empty(execution)) {
            outputs.loop("x_con", source.encoded());
            outputs.loop("z_enc", source.embeds());
            fill(conditional, "input_ids", source.embeds());
            fill(unconditional, "uncond_ids", source.embeds());
            image((iteration, z, tokens) -> {})
                    .generate(conditional, unconditional, source.canvas().orElseThrow());
        }
    }

    private Tensor sourcePixels() {
        Optional<Image> photo = Photos.find(golden.text("photo"));
        if (photo.isEmpty()) {
            return golden.tensor("source_pixels");
        }
        int side = Math.toIntExact(golden.values("source_pixels").shape()[3]);
        float[] pixels = Pixels.fromImage(Resampling.resize(Framing.cropToSquare(photo.get()), side, side));
        outputs.loop("source_pixels", GoldenOutputs.flat(pixels));
        return Tensor.floats(pixels, 1, 3, side, side);
    }

    void understandByMar() {
        try (Tensor pixels = golden.tensor("mar.pixels");
                MarEncoding source = new ImageEncoder(execution).encode(pixels)) {
            answer("mar.", source.embeds());
        }
    }

    void understandBySiglip() {
        try (Tensor pixels = golden.tensor("siglip2.pixels");
                Tensor embeds = new VisionEncoder(execution).encode(pixels)) {
            answer("siglip2.", embeds);
        }
    }

    private void answer(String path, Tensor embeds) {
        int tokens = golden.longs(path + "output_ids").length;
        List<Integer> stops = List.of((int) golden.number("eos_token_id"));
        try (LanguageContext context = LanguageContext.empty(execution)) {
            fill(context, path + "input_ids", embeds);
            GreedyAnswer answer = GreedyAnswer.of(execution, context, tokens, stops);
            outputs.task(Area.UNDERSTANDING, path + "output_ids", new Value.AnswerTokens(answer.ids()));
        }
    }

    /** Appends a prompt whose run of image placeholders stands for {@code embeds}. */
    private void fill(LanguageContext context, String key, Tensor embeds) {
        long[] ids = golden.longs(key);
        long placeholder = execution.manifest().tokens().image();
        int first = 0;
        while (first < ids.length && ids[first] != placeholder) {
            first++;
        }
        context.tokens(Arrays.copyOf(ids, first));
        context.embeds(embeds);
        context.tokens(Arrays.copyOfRange(ids, first + embeds.dim(1), ids.length));
    }

    private void compareStep(Iteration iteration, Tensor z, ImageTokens tokens) {
        String step = "step" + iteration.index() + ".";
        float[] rows = z.toFloats();
        integers(step + "visible", iteration.known());
        integers(step + "predicted", iteration.predicted());
        outputs.loop(step + "z_cond", GoldenOutputs.flat(Arrays.copyOf(rows, rows.length / z.dim(0))));
        try (Tensor latents = tokens.latents(0)) {
            outputs.loop(step + "tokens", latents);
        }
    }

    private void integers(String key, List<int[]> positions) {
        outputs.loop(
                key,
                new Value.Integers(
                        Arrays.stream(positions.get(0)).asLongStream().toArray()));
    }

    private ImageRun image(Observer observer) {
        int[] order =
                Arrays.stream(golden.longs("order")).mapToInt(Math::toIntExact).toArray();
        // [steps+1,N,channels], indexed by position
        Floats noise = golden.values("noise");
        int tokens = Math.toIntExact(noise.shape()[1]);
        Sample sample = new Sample(
                order,
                (position, row, destination) -> System.arraycopy(
                        noise.values(),
                        (row * tokens + position) * destination.length,
                        destination,
                        0,
                        destination.length));
        GenerationPlan plan = new GenerationPlan(
                new Grid((int) golden.number("h"), (int) golden.number("w")),
                (int) golden.number("num_iter"),
                golden.number("cfg"),
                GuidanceSchedule.valueOf(golden.text("cfg_schedule").toUpperCase(Locale.ROOT)),
                golden.number("temperature"),
                DiffusionSchedule.cosine(
                        (int) golden.number("steps"),
                        execution.manifest().diffusion().maxBeta()),
                Optional.empty(),
                List.of(sample));
        return new ImageRun(execution, plan, observer, outputs::loop);
    }
}
