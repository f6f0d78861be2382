package io.github.unipic.generation;

import io.github.unipic.Cancellation;
import io.github.unipic.GenerateRequest;
import io.github.unipic.GuidanceSchedule;
import io.github.unipic.Image;
import io.github.unipic.Inpainting;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.NoiseSource;
import io.github.unipic.Progress;
import io.github.unipic.generation.MaskedGeneration.Picture;
import io.github.unipic.generation.MaskedGeneration.Task;
import io.github.unipic.generation.PictureEncoder.Source;
import io.github.unipic.generation.UnmaskingSchedule.Iteration;
import io.github.unipic.image.Framing;
import io.github.unipic.image.Mask;
import io.github.unipic.model.Grid;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.Manifest.Defaults;
import io.github.unipic.model.Manifest.Prompts;
import io.github.unipic.runtime.Graphs;
import io.github.unipic.runtime.KvCache;
import io.github.unipic.runtime.Stages;
import io.github.unipic.runtime.Tensor;
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

/** One request to draw: completed with the model's defaults, through the loop, and decoded to pictures. */
public final class Drawing {
    private static final String TASK = "task";

    private final Graphs graphs;
    private final Manifest manifest;
    private final PromptTokenizer tokenizer;
    private final GenerateRequest request;
    private final Stages stages;
    private final MaskedGeneration loop;
    private final PictureDecoder decoder;

    public Drawing(Graphs graphs, PromptTokenizer tokenizer, GenerateRequest given) {
        this.graphs = graphs;
        this.manifest = graphs.folder().manifest();
        this.tokenizer = tokenizer;
        this.request = complete(given, manifest.defaults());
        Cancellation cancellation = request.cancellation().orElseGet(Cancellation::new);
        this.stages = new Stages(graphs, cancellation);
        this.loop = new MaskedGeneration(graphs, cancellation);
        this.decoder = new PictureDecoder(graphs, stages);
    }

    /** From the prompt as the next turn of a conversation, which then holds that turn as well. */
    public List<Image> generate(LanguageContext talk) {
        boolean firstTurn = talk.tokens() == 0;
        Task task = wholeTask();
        ImageTokens drawn = drawFromWords(task, talk);
        return pictures(drawn, firstTurn ? Map.of() : Map.of(TASK, "conversation"));
    }

    private ImageTokens drawFromWords(Task task, LanguageContext talk) {
        requireRoom(
                talk.tokens() + tokenizer.encode(words()).length, task.grid().tokens());
        requireMemory(task);
        // The prompts need the language model only; together the loop's graphs are opened in less time.
        return stages.holding(MaskedGeneration.LOOP, () -> {
            try (LanguageContext nothing = LanguageContext.empty(stages, tokenizer, manifest);
                    Tensor canvas = stages.blankCanvas()) {
                talk.openTurn();
                talk.closeTurn(words());
                nothing.openTurn();
                nothing.closeTurn(manifest.prompts().generateUnconditional());
                return run(task, talk, nothing, canvas);
            }
        });
    }

    /**
     * The middle square of a picture, changed as the prompt says, as the next turn of a conversation, which then holds
     * that turn as well.
     */
    public List<Image> edit(Image image, LanguageContext talk) {
        int side = request.width().getAsInt();
        if (side != request.height().getAsInt()) {
            throw new InvalidRequestException("editing draws squares: width and height must be equal, not " + side
                    + " x " + request.height().getAsInt());
        }
        Task task = wholeTask();
        // The picture comes twice: as it is in the prompt, and as it is drawn.
        requireRoom(
                talk.tokens() + tokenizer.encode(request.prompt()).length,
                2 * task.grid().tokens());
        requireMemory(task);
        return pictures(drawFromPicture(task, image, side, talk), Map.of(TASK, "edit"));
    }

    private ImageTokens drawFromPicture(Task task, Image image, int side, LanguageContext talk) {
        boolean firstTurn = talk.tokens() == 0;
        try (Source source = new PictureEncoder(stages, graphs.folder()).source(image, side)) {
            return stages.holding(MaskedGeneration.LOOP, () -> {
                show(source, talk);
                // In a first turn both prompts begin alike, and the picture goes through the model once.
                try (LanguageContext unconditional =
                        firstTurn ? talk.fork(stages) : LanguageContext.empty(stages, tokenizer, manifest)) {
                    if (!firstTurn) {
                        show(source, unconditional);
                    }
                    unconditional.closeTurn("\n" + manifest.prompts().editUnconditional());
                    talk.closeTurn("\n" + request.prompt());
                    return run(task, talk, unconditional, source.canvas());
                }
            });
        }
    }

    private static void show(Source source, LanguageContext context) {
        context.openTurn();
        context.embeds(source.embeds());
    }

    /** A part of a picture drawn anew: the tokens that the mask touches start masked, the others are known. */
    public List<Image> inpaint(Inpainting inpainting) {
        int patch = manifest.sizes().downsampling();
        Image source = trim(inpainting.source(), patch);
        Mask mask = Mask.of(trim(inpainting.mask(), patch), source);
        Grid grid = new Grid(source.height() / patch, source.width() / patch);
        boolean[] touched = mask.tokens(patch);
        int[] masked =
                IntStream.range(0, touched.length).filter(i -> touched[i]).toArray();
        if (masked.length == 0) {
            throw new InvalidRequestException("the mask has no white within the " + source.width() + " x "
                    + source.height() + " pixels that are drawn; paint white what is to change");
        }
        if (request.order().isPresent()) {
            throw new InvalidRequestException("an order cannot be given for inpainting, where the mask decides");
        }
        requireRoom(tokenizer.encode(words()).length, grid.tokens());
        float[] latents = new PictureEncoder(stages, graphs.folder()).latents(source);
        Task task = task(grid, seed -> shuffled(masked, seed), Optional.of(latents));
        try (LanguageContext talk = LanguageContext.empty(stages, tokenizer, manifest)) {
            List<Image> pictures = pictures(drawFromWords(task, talk), Map.of(TASK, "inpaint"));
            return inpainting.seam() < 0
                    ? pictures
                    : pictures.stream()
                            .map(picture -> mask.paste(picture, source, inpainting.seam()))
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
            throw new InvalidRequestException("the picture is " + image.width() + " x " + image.height()
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
     * @param order of the masked positions, by a picture's seed
     * @param start latents of the other positions
     */
    private Task task(Grid grid, LongFunction<int[]> order, Optional<float[]> start) {
        List<Picture> pictures = new ArrayList<>();
        for (int i = 0; i < request.count(); i++) {
            long seed = request.seed().getAsLong() + i;
            pictures.add(new Picture(order.apply(seed), request.noise().orElseGet(() -> NoiseSource.philox(seed))));
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
                pictures);
    }

    private String words() {
        return manifest.prompts().generate().replace(Prompts.PLACE, request.prompt());
    }

    /** Before anything is computed: does it fit? The chat form around the words takes some tokens more. */
    private void requireRoom(int promptTokens, int imageTokens) {
        long needed = (long) promptTokens + imageTokens + manifest.sizes().bufferTokens();
        int context = manifest.sizes().context();
        if (needed > context) {
            throw new InvalidRequestException("The prompt has " + promptTokens + " tokens and the picture needs "
                    + (needed - promptTokens) + ", together more than the model's " + context
                    + "; shorten the prompt or take a smaller picture.");
        }
    }

    // ---- the pictures

    /** The drawn pictures, each with the text that says how it was drawn. */
    private List<Image> pictures(ImageTokens drawn, Map<String, String> more) {
        List<Image> pictures = new ArrayList<>();
        for (Image picture : decoder.decode(drawn)) {
            GenerateRequest own = request.toBuilder()
                    .seed(request.seed().getAsLong() + pictures.size())
                    .count(1)
                    .size(picture.width(), picture.height())
                    .build();
            Map<String, String> text = new LinkedHashMap<>(own.toMetadata());
            text.putAll(more);
            pictures.add(picture.withMetadata(text));
        }
        return List.copyOf(pictures);
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
