package io.github.unipic.generation;

import io.github.unipic.Cancellation;
import io.github.unipic.GenerateRequest;
import io.github.unipic.GuidanceSchedule;
import io.github.unipic.Image;
import io.github.unipic.Inpainting;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.NoiseSource;
import io.github.unipic.Progress;
import io.github.unipic.generation.ImageEncoder.Source;
import io.github.unipic.generation.MaskedGeneration.Sample;
import io.github.unipic.generation.MaskedGeneration.Task;
import io.github.unipic.generation.UnmaskingSchedule.Iteration;
import io.github.unipic.image.Framing;
import io.github.unipic.image.MaskedRegion;
import io.github.unipic.model.Grid;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.Manifest.Defaults;
import io.github.unipic.model.Manifest.Prompts;
import io.github.unipic.runtime.Graphs;
import io.github.unipic.runtime.KvCache;
import io.github.unipic.runtime.Stages;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.text.PromptText;
import io.github.unipic.text.PromptTokenizer;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongFunction;
import java.util.stream.IntStream;

/** One request to draw: completed with the model's defaults, through the loop, and decoded to images. */
public final class Drawing {
    private static final String TASK = "task";
    private static final String DRAWN = "the image to draw";

    private final Graphs graphs;
    private final Manifest manifest;
    private final PromptTokenizer tokenizer;
    private final GenerateRequest request;
    private final Stages stages;
    private final MaskedGeneration loop;
    private final ImageDecoder decoder;
    private final ImageEncoder encoder;

    public Drawing(Graphs graphs, PromptTokenizer tokenizer, GenerateRequest given) {
        this.graphs = graphs;
        this.manifest = graphs.folder().manifest();
        this.tokenizer = tokenizer;
        this.request = complete(given, manifest.defaults());
        Cancellation cancellation = request.cancellation().orElseGet(Cancellation::new);
        this.stages = new Stages(graphs, cancellation);
        this.loop = new MaskedGeneration(graphs, cancellation);
        this.decoder = new ImageDecoder(graphs, stages);
        this.encoder = new ImageEncoder(stages, graphs.folder());
    }

    /** What the model is asked, and the same without the user's prompt, for guidance. */
    private record Turns(Turn conditional, Turn unconditional) {}

    /** From the prompt as the next turn of a conversation, which then holds that turn as well. */
    public List<Image> generate(LanguageContext talk) {
        boolean firstTurn = talk.tokens() == 0;
        Task task = wholeTask();
        ImageTokens drawn = drawFromPrompt(task, promptTurns(task.grid(), talk), talk);
        return images(drawn, firstTurn ? Map.of() : Map.of(TASK, "conversation"));
    }

    private Turns promptTurns(Grid grid, LanguageContext talk) {
        Prompts prompts = manifest.prompts();
        Turns turns = new Turns(
                talk.turn(typedPrompt().in(prompts.generate(), Prompts.PLACE)),
                firstTurn(0, 0, prompts.generateUnconditional()));
        requireRoom(grid, talk, turns);
        return turns;
    }

    private ImageTokens drawFromPrompt(Task task, Turns turns, LanguageContext talk) {
        requireMemory(task);
        // The prompts need the language model only; together the loop's graphs are opened in less time.
        return stages.holding(MaskedGeneration.LOOP, () -> {
            try (LanguageContext unconditional = LanguageContext.empty(stages, tokenizer, manifest);
                    Tensor canvas = stages.blankCanvas()) {
                talk.append(turns.conditional(), List.of());
                if (task.guided()) {
                    unconditional.append(turns.unconditional(), List.of());
                }
                return run(task, talk, unconditional, canvas);
            }
        });
    }

    /**
     * The middle square of an image, changed as the prompt says, as the next turn of a conversation, which then holds
     * that turn as well.
     */
    public List<Image> edit(Image image, LanguageContext talk) {
        int side = request.width().getAsInt();
        if (side != request.height().getAsInt()) {
            throw new InvalidRequestException("editing draws squares: width and height must be equal, not " + side
                    + " x " + request.height().getAsInt());
        }
        Task task = wholeTask();
        int imageTokens = encoder.tokens(task.grid());
        Turns turns = new Turns(
                talk.turn(1, imageTokens, typedPrompt()),
                firstTurn(1, imageTokens, manifest.prompts().editUnconditional()));
        requireRoom(task.grid(), talk, turns);
        requireMemory(task);
        return images(drawFromImage(task, image, side, turns, talk), Map.of(TASK, "edit"));
    }

    private ImageTokens drawFromImage(Task task, Image image, int side, Turns turns, LanguageContext talk) {
        boolean firstTurn = talk.tokens() == 0;
        try (Source source = encoder.source(image, side)) {
            List<Tensor> images = List.of(source.embeds());
            return stages.holding(MaskedGeneration.LOOP, () -> {
                talk.appendImages(turns.conditional(), images);
                // In a first turn both prompts begin alike, and the image goes through the model once.
                try (LanguageContext unconditional =
                        firstTurn ? talk.fork(stages) : LanguageContext.empty(stages, tokenizer, manifest)) {
                    if (task.guided()) {
                        if (!firstTurn) {
                            unconditional.appendImages(turns.unconditional(), images);
                        }
                        unconditional.appendPrompt(turns.unconditional());
                    }
                    talk.appendPrompt(turns.conditional());
                    return run(task, talk, unconditional, source.canvas());
                }
            });
        }
    }

    /** A part of an image drawn anew: the tokens that the mask touches start masked, the others are known. */
    public List<Image> inpaint(Inpainting inpainting) {
        int patch = manifest.sizes().downsampling();
        Image source = trim(inpainting.source(), patch);
        MaskedRegion mask = MaskedRegion.of(inpainting.mask(), source.width(), source.height());
        Grid grid = new Grid(source.height() / patch, source.width() / patch);
        boolean[] touched = mask.positions(patch);
        int[] masked =
                IntStream.range(0, touched.length).filter(i -> touched[i]).toArray();
        if (masked.length == 0) {
            throw new InvalidRequestException("the mask has no white (or transparent) pixel within the "
                    + source.width() + " x " + source.height() + " that are drawn; paint white what is to change");
        }
        if (request.order().isPresent()) {
            throw new InvalidRequestException("an order cannot be given for inpainting, where the mask decides");
        }
        try (LanguageContext talk = LanguageContext.empty(stages, tokenizer, manifest)) {
            Turns turns = promptTurns(grid, talk);
            Task task = task(grid, seed -> shuffled(masked, seed), Optional.of(encoder.latents(source)));
            List<Image> images = images(drawFromPrompt(task, turns, talk), Map.of(TASK, "inpaint"));
            return inpainting.seam() < 0
                    ? images
                    : images.stream()
                            .map(image -> mask.paste(image, source, inpainting.seam()))
                            .toList();
        }
    }

    private static int[] shuffled(int[] positions, long seed) {
        return IntStream.of(TokenOrder.random(positions.length, seed))
                .map(place -> positions[place])
                .toArray();
    }

    /** Without what is left over at right and bottom of whole tokens. */
    private static Image trim(Image image, int patch) {
        int width = image.width() / patch * patch;
        int height = image.height() / patch * patch;
        if (width == 0 || height == 0) {
            throw new InvalidRequestException("the image is " + image.width() + " x " + image.height()
                    + " pixels; at least " + patch + " x " + patch + " are needed");
        }
        return Framing.crop(image, 0, 0, width, height);
    }

    private ImageTokens run(Task task, LanguageContext conditional, LanguageContext unconditional, Tensor canvas) {
        try (KvCache stacked = KvCache.stack(task.rows(conditional.cache(), unconditional.cache()));
                KvCache prompts = stages.onDevice(stacked)) {
            return loop.run(task, prompts, canvas, new ProgressReport(task)::after);
        }
    }

    // ---- the request

    /** The request with every value set. */
    private static GenerateRequest complete(GenerateRequest request, Defaults defaults) {
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

    private Grid grid() {
        int patch = manifest.sizes().downsampling();
        if (request.width().getAsInt() % patch != 0 || request.height().getAsInt() % patch != 0) {
            throw new InvalidRequestException("The model draws whole tokens of " + patch + " x " + patch
                    + " pixels, not "
                    + request.width().getAsInt() + " x " + request.height().getAsInt() + "; take multiples of "
                    + patch + ".");
        }
        return new Grid(request.height().getAsInt() / patch, request.width().getAsInt() / patch);
    }

    private Task wholeTask() {
        Grid grid = grid();
        request.order().ifPresent(order -> TokenOrder.check(order, grid.tokens()));
        return task(
                grid,
                seed -> request.order().orElseGet(() -> TokenOrder.random(grid.tokens(), seed)),
                Optional.empty());
    }

    private void requireMemory(Task task) {
        MemoryNeed.of(
                        manifest,
                        task.rows(0, 0).size(),
                        task.grid().tokens(),
                        graphs.options().provider().isCpu())
                .require(MemoryNeed.Available.here());
    }

    /**
     * @param order of the masked positions, by an image's seed
     * @param start latents of the other positions
     */
    private Task task(Grid grid, LongFunction<int[]> order, Optional<float[]> start) {
        List<Sample> images = new ArrayList<>();
        for (int i = 0; i < request.count(); i++) {
            long seed = request.seed().getAsLong() + i;
            images.add(new Sample(order.apply(seed), request.noise().orElseGet(() -> NoiseSource.philox(seed))));
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
                start,
                images);
    }

    private PromptText typedPrompt() {
        return PromptText.typed(request.prompt(), request.allowSpecialTokens());
    }

    /** A turn with no conversation before it. */
    private Turn firstTurn(int images, int imageTokens, String prompt) {
        return Turn.of(tokenizer, manifest.prompts(), true, images, imageTokens, PromptText.template(prompt));
    }

    /**
     * Before anything is computed: do both prompts fit, with the image behind them? It counts with all of its tokens,
     * so that a size fits however many iterations draw it.
     */
    private void requireRoom(Grid grid, LanguageContext talk, Turns turns) {
        int imageTokens = encoder.tokens(grid);
        talk.requireRoom(turns.conditional(), imageTokens, DRAWN);
        if (request.guidance().getAsDouble() != 1) {
            turns.unconditional().requireRoom(manifest.sizes().context(), 0, imageTokens, DRAWN);
        }
    }

    // ---- the images

    /** The drawn images, each with the text that says how it was drawn. */
    private List<Image> images(ImageTokens drawn, Map<String, String> more) {
        List<Image> images = new ArrayList<>();
        for (Image image : decoder.decode(drawn)) {
            GenerateRequest own = request.toBuilder()
                    .seed(request.seed().getAsLong() + images.size())
                    .count(1)
                    .size(image.width(), image.height())
                    .build();
            Map<String, String> text = new LinkedHashMap<>(own.toMetadata());
            text.putAll(more);
            images.add(image.withMetadata(text));
        }
        return List.copyOf(images);
    }

    /** Tells the request's listener how far the loop is. */
    private final class ProgressReport {
        private final int iterations;
        private final Instant start = Instant.now();

        ProgressReport(Task task) {
            this.iterations = task.iterations();
        }

        void after(Iteration iteration, Tensor z, ImageTokens tokens) {
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
                        () -> decoder.decode(tokens)));
            });
        }
    }
}
