package io.github.unipic.conformance;

import io.github.unipic.Cancellation;
import io.github.unipic.GuidanceSchedule;
import io.github.unipic.Image;
import io.github.unipic.NoiseSource;
import io.github.unipic.generation.DiffusionSchedule;
import io.github.unipic.generation.ImageTokens;
import io.github.unipic.generation.MaskedGeneration;
import io.github.unipic.generation.MaskedGeneration.Picture;
import io.github.unipic.generation.MaskedGeneration.Task;
import io.github.unipic.generation.UnmaskingSchedule.Iteration;
import io.github.unipic.image.Pixels;
import io.github.unipic.model.Grid;
import io.github.unipic.model.Manifest.Prompts;
import io.github.unipic.runtime.Graphs;
import io.github.unipic.runtime.Stages;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.text.PromptTokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/** Replays whole generation loops with the recorded order and noise. */
final class LoopReplay {
    private final Graphs graphs;
    private final PromptTokenizer tokenizer;
    private final double limit;

    LoopReplay(Graphs graphs, PromptTokenizer tokenizer, double limit) {
        this.graphs = graphs;
        this.tokenizer = tokenizer;
        this.limit = limit;
    }

    void textToImage(Comparer comparer) {
        GoldenFile golden = comparer.golden();
        comparer.exact("input_ids", tokenize(golden.text("prompt")));
        comparer.exact("uncond_ids", tokenize(golden.text("uncond_prompt")));

        Task task = task(golden);
        Cancellation never = new Cancellation();
        ImageTokens tokens = new MaskedGeneration(graphs, never)
                .fromText(
                        task,
                        golden.longs("input_ids"),
                        golden.longs("uncond_ids"),
                        (iteration, z, drawn) -> compareStep(comparer, iteration, z, drawn));
        try (Tensor latents = tokens.latents(0);
                Tensor pixels = new Stages(graphs, never).decodePixels(latents)) {
            comparer.floats("latents", latents.toFloats(), limit);
            comparer.floats("pixels", pixels.toFloats(), limit);
            Image image = Pixels.toImage(pixels.toFloats(), pixels.dim(3), pixels.dim(2));
            comparer.levels("image", image.rgb());
        }
    }

    private void compareStep(Comparer comparer, Iteration iteration, Tensor z, ImageTokens drawn) {
        String step = "step" + iteration.index() + ".";
        float[] conditional = z.toFloats();
        comparer.exact(step + "visible", widen(iteration.known()));
        comparer.exact(step + "predicted", widen(iteration.predicted()));
        comparer.floats(step + "z_cond", Arrays.copyOf(conditional, conditional.length / z.dim(0)), limit);
        try (Tensor tokens = drawn.latents(0)) {
            comparer.floats(step + "tokens", tokens.toFloats(), limit);
        }
    }

    private Task task(GoldenFile golden) {
        Grid grid = new Grid((int) golden.number("h"), (int) golden.number("w"));
        int[] order =
                Arrays.stream(golden.longs("order")).mapToInt(Math::toIntExact).toArray();
        return new Task(
                grid,
                (int) golden.number("num_iter"),
                golden.number("cfg"),
                GuidanceSchedule.valueOf(golden.text("cfg_schedule").toUpperCase(Locale.ROOT)),
                golden.number("temperature"),
                DiffusionSchedule.cosine(
                        (int) golden.number("steps"),
                        graphs.folder().manifest().diffusion().maxBeta()),
                List.of(new Picture(order, recordedNoise(golden))));
    }

    /** noise [steps+1,N,channels], indexed by token position. */
    private static NoiseSource recordedNoise(GoldenFile golden) {
        float[] noise = golden.floats("noise");
        int tokens = Math.toIntExact(golden.shape("noise")[1]);
        return (position, row, destination) -> System.arraycopy(
                noise, (row * tokens + position) * destination.length, destination, 0, destination.length);
    }

    private long[] tokenize(String request) {
        Prompts prompts = graphs.folder().manifest().prompts();
        return tokenizer.encode(prompts.turn().replace("{}", request));
    }

    private static long[] widen(int[] values) {
        return Arrays.stream(values).asLongStream().toArray();
    }
}
