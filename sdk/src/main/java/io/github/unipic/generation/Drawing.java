package io.github.unipic.generation;

import io.github.unipic.GenerateRequest;
import io.github.unipic.GuidanceSchedule;
import io.github.unipic.Image;
import io.github.unipic.Inpainting;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.NoiseSource;
import io.github.unipic.Progress;
import io.github.unipic.generation.GenerationPlan.Sample;
import io.github.unipic.generation.UnmaskingSchedule.Iteration;
import io.github.unipic.image.Framing;
import io.github.unipic.image.MaskedRegion;
import io.github.unipic.model.Grid;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.Manifest.Defaults;
import io.github.unipic.model.Manifest.Prompts;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.KvCache;
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

    private final Execution execution;
    private final Manifest manifest;
    private final PromptTokenizer tokenizer;
    private final GenerateRequest request;
    private final ImageGenerator generator;
    private final Autoencoder autoencoder;
    private final ImageEncoder encoder;

    public Drawing(Execution execution, GenerateRequest given) {
        this.execution = execution;
        this.manifest = execution.manifest();
        this.tokenizer = execution.engine().tokenizer();
        this.request = complete(given, manifest.defaults());
        this.generator = new ImageGenerator(execution);
        this.autoencoder = new Autoencoder(execution);
        this.encoder = new ImageEncoder(execution);
    }

    /** What the model is asked, and the same without the user's prompt, for guidance. */
    private record Turns(Turn conditional, Turn unconditional) {}

    /** From the prompt as the next turn of a conversation, which then holds that turn as well. */
    public List<Image> generate(LanguageContext talk) {
        boolean firstTurn = talk.tokens() == 0;
        GenerationPlan plan = wholePlan();
        ImageTokens drawn = drawFromPrompt(plan, promptTurns(plan.grid(), talk), talk);
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

    private ImageTokens drawFromPrompt(GenerationPlan plan, Turns turns, LanguageContext talk) {
        requireMemory(plan);
        // The prompts need the language model only; together the loop's graphs are opened in less time.
        return execution.holding(ImageGenerator.GRAPHS, () -> {
            try (LanguageContext unconditional = LanguageContext.empty(execution);
                    Tensor canvas = new MarModel(execution).blankCanvas()) {
                talk.append(turns.conditional(), List.of());
                if (plan.guided()) {
                    unconditional.append(turns.unconditional(), List.of());
                }
                return run(plan, talk, unconditional, canvas);
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
        GenerationPlan plan = wholePlan();
        int imageTokens = encoder.tokens(plan.grid());
        Turns turns = new Turns(
                talk.turn(1, imageTokens, typedPrompt()),
                firstTurn(1, imageTokens, manifest.prompts().editUnconditional()));
        requireRoom(plan.grid(), talk, turns);
        requireMemory(plan);
        return images(drawFromImage(plan, image, side, turns, talk), Map.of(TASK, "edit"));
    }

    private ImageTokens drawFromImage(GenerationPlan plan, Image image, int side, Turns turns, LanguageContext talk) {
        boolean firstTurn = talk.tokens() == 0;
        try (MarEncoding source = encoder.source(image, side)) {
            List<Tensor> images = List.of(source.embeds());
            return execution.holding(ImageGenerator.GRAPHS, () -> {
                talk.appendImages(turns.conditional(), images);
                // In a first turn both prompts begin alike, and the image goes through the model once.
                try (LanguageContext unconditional =
                        firstTurn ? talk.fork(execution) : LanguageContext.empty(execution)) {
                    if (plan.guided()) {
                        if (!firstTurn) {
                            unconditional.appendImages(turns.unconditional(), images);
                        }
                        unconditional.appendPrompt(turns.unconditional());
                    }
                    talk.appendPrompt(turns.conditional());
                    return run(plan, talk, unconditional, source.canvas().orElseThrow());
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
        try (LanguageContext talk = LanguageContext.empty(execution)) {
            Turns turns = promptTurns(grid, talk);
            GenerationPlan plan = plan(grid, seed -> shuffled(masked, seed), Optional.of(latents(source)));
            List<Image> images = images(drawFromPrompt(plan, turns, talk), Map.of(TASK, "inpaint"));
            return inpainting.seam() < 0
                    ? images
                    : images.stream()
                            .map(image -> mask.paste(image, source, inpainting.seam()))
                            .toList();
        }
    }

    private float[] latents(Image source) {
        try (Tensor latents = autoencoder.encode(source)) {
            return latents.toFloats();
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

    private ImageTokens run(
            GenerationPlan plan, LanguageContext conditional, LanguageContext unconditional, Tensor canvas) {
        try (KvCache stacked = KvCache.stack(plan.rows(conditional.cache(), unconditional.cache()));
                KvCache prompts = execution.onDevice(stacked)) {
            return generator.generate(plan, prompts, canvas, new ProgressReport(plan)::after);
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

    private GenerationPlan wholePlan() {
        Grid grid = grid();
        request.order().ifPresent(order -> TokenOrder.check(order, grid.tokens()));
        return plan(
                grid,
                seed -> request.order().orElseGet(() -> TokenOrder.random(grid.tokens(), seed)),
                Optional.empty());
    }

    private void requireMemory(GenerationPlan plan) {
        MemoryNeed.of(
                        manifest,
                        plan.rows(0, 0).size(),
                        plan.grid().tokens(),
                        execution.engine().graphs().options().provider().isCpu())
                .require(MemoryNeed.Available.here());
    }

    /**
     * @param order of the masked positions, by an image's seed
     * @param start latents of the other positions
     */
    private GenerationPlan plan(Grid grid, LongFunction<int[]> order, Optional<float[]> start) {
        List<Sample> images = new ArrayList<>();
        for (int i = 0; i < request.count(); i++) {
            long seed = request.seed().getAsLong() + i;
            images.add(new Sample(order.apply(seed), request.noise().orElseGet(() -> NoiseSource.philox(seed))));
        }
        return new GenerationPlan(
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
        for (Image image : autoencoder.decode(drawn)) {
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

        ProgressReport(GenerationPlan plan) {
            this.iterations = plan.iterations();
        }

        void after(Iteration iteration, Tensor z, ImageTokens tokens) {
            request.progress().ifPresent(listener -> {
                int done = iteration.index() + 1;
                Duration elapsed = Duration.between(start, Instant.now());
                Duration remaining = elapsed.multipliedBy(iterations - done).dividedBy(done);
                listener.onProgress(new Progress(
                        done,
                        iterations,
                        iteration.tokensAfter(),
                        tokens.grid().tokens(),
                        elapsed,
                        Optional.of(remaining),
                        () -> autoencoder.decode(tokens)));
            });
        }
    }
}
