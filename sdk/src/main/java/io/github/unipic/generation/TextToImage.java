package io.github.unipic.generation;

import io.github.unipic.Cancellation;
import io.github.unipic.GenerateRequest;
import io.github.unipic.GuidanceSchedule;
import io.github.unipic.Image;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.NoiseSource;
import io.github.unipic.Progress;
import io.github.unipic.generation.MaskedGeneration.Picture;
import io.github.unipic.generation.MaskedGeneration.Task;
import io.github.unipic.generation.UnmaskingSchedule.Iteration;
import io.github.unipic.image.Pixels;
import io.github.unipic.model.Grid;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.Manifest.Defaults;
import io.github.unipic.runtime.Graphs;
import io.github.unipic.runtime.Stages;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.text.PromptTokenizer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;

/** Pictures from a prompt: the request completed with the model's defaults, the loop, and the pixel decoder. */
public final class TextToImage {
    private final Graphs graphs;
    private final Manifest manifest;
    private final PromptTokenizer tokenizer;

    public TextToImage(Graphs graphs, PromptTokenizer tokenizer) {
        this.graphs = graphs;
        this.manifest = graphs.folder().manifest();
        this.tokenizer = tokenizer;
    }

    /** One picture for each of the request's count. */
    public List<Image> generate(GenerateRequest given) {
        GenerateRequest request = complete(given);
        Task task = task(request);
        long[] prompt = tokens(manifest.prompts().generate().replace("{}", request.prompt()));
        long[] unconditional = tokens(manifest.prompts().generateUnconditional());
        requireRoom(prompt.length, task.grid());

        Cancellation cancellation = request.cancellation().orElseGet(Cancellation::new);
        Stages stages = new Stages(graphs, cancellation);
        ProgressReport report = new ProgressReport(request, stages, task.iterations());
        ImageTokens drawn = new MaskedGeneration(graphs, cancellation)
                .fromText(task, prompt, unconditional, (iteration, z, tokens) -> report.after(iteration, tokens));
        List<Image> pictures = decode(stages, drawn);
        List<Image> described = new ArrayList<>();
        for (int i = 0; i < pictures.size(); i++) {
            GenerateRequest own = request.toBuilder()
                    .seed(request.seed().getAsLong() + i)
                    .count(1)
                    .build();
            described.add(pictures.get(i).withMetadata(own.toMetadata()));
        }
        return described;
    }

    /** The request with every value set. */
    private GenerateRequest complete(GenerateRequest request) {
        Defaults defaults = manifest.defaults();
        return request.toBuilder()
                .size(request.width().orElse(defaults.width()), request.height().orElse(defaults.height()))
                .iterations(request.iterations().orElse(defaults.iterations()))
                .guidance(request.guidance().orElse(defaults.guidance()))
                .guidanceSchedule(request.guidanceSchedule()
                        .orElseGet(() -> GuidanceSchedule.valueOf(
                                defaults.guidanceSchedule().toUpperCase(Locale.ROOT))))
                .temperature(request.temperature().orElse(defaults.temperature()))
                .diffusionSteps(request.diffusionSteps().orElse(defaults.diffusionSteps()))
                .seed(request.seed().orElseGet(() -> ThreadLocalRandom.current().nextLong(1L << 32)))
                .build();
    }

    private Task task(GenerateRequest request) {
        int pixels = manifest.sizes().downsampling();
        Grid grid =
                new Grid(request.height().getAsInt() / pixels, request.width().getAsInt() / pixels);
        List<Picture> pictures = new ArrayList<>();
        for (int i = 0; i < request.count(); i++) {
            long seed = request.seed().getAsLong() + i;
            int[] order = request.order().orElseGet(() -> TokenOrder.random(grid.tokens(), seed));
            TokenOrder.check(order, grid.tokens());
            pictures.add(new Picture(order, request.noise().orElseGet(() -> NoiseSource.philox(seed))));
        }
        return new Task(
                grid,
                request.iterations().getAsInt(),
                request.guidance().getAsDouble(),
                request.guidanceSchedule().orElseThrow(),
                request.temperature().getAsDouble(),
                DiffusionSchedule.cosine(
                        request.diffusionSteps().getAsInt(),
                        manifest.diffusion().maxBeta()),
                pictures);
    }

    private long[] tokens(String request) {
        return tokenizer.encode(manifest.prompts().turn().replace("{}", request));
    }

    private void requireRoom(int promptTokens, Grid grid) {
        int imageTokens = grid.tokens() + manifest.sizes().bufferTokens();
        int context = manifest.sizes().context();
        if ((long) promptTokens + imageTokens > context) {
            throw new InvalidRequestException("The prompt has " + promptTokens + " tokens and the picture "
                    + imageTokens + ", together more than the model's " + context
                    + "; shorten the prompt or draw a smaller picture.");
        }
    }

    /** Picture by picture, since the decoder is what needs most memory. */
    private static List<Image> decode(Stages stages, ImageTokens tokens) {
        List<Image> pictures = new ArrayList<>();
        for (int picture = 0; picture < tokens.pictures(); picture++) {
            try (Tensor latents = tokens.latents(picture);
                    Tensor pixels = stages.decodePixels(latents)) {
                pictures.add(Pixels.toImage(pixels.toFloats(), pixels.dim(3), pixels.dim(2)));
            }
        }
        return pictures;
    }

    /** Tells the request's listener how far the loop is. */
    private record ProgressReport(GenerateRequest request, Stages stages, int iterations, Instant start) {
        ProgressReport(GenerateRequest request, Stages stages, int iterations) {
            this(request, stages, iterations, Instant.now());
        }

        void after(Iteration iteration, ImageTokens tokens) {
            request.progress().ifPresent(listener -> {
                int done = iteration.index() + 1;
                Duration elapsed = Duration.between(start, Instant.now());
                Duration remaining = elapsed.multipliedBy(iterations - done).dividedBy(done);
                listener.onProgress(new Progress(
                        done,
                        iterations,
                        iteration.known().length + iteration.predicted().length,
                        tokens.grid().tokens(),
                        elapsed,
                        Optional.of(remaining),
                        () -> decode(stages, tokens)));
            });
        }
    }
}
