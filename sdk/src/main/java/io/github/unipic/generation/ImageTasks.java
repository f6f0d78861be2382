package io.github.unipic.generation;

import io.github.unipic.DiffusionSteps;
import io.github.unipic.EditRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.GuidanceSchedule;
import io.github.unipic.Image;
import io.github.unipic.ImageRequest;
import io.github.unipic.InpaintRequest;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.Reuse;
import io.github.unipic.generation.GenerationPlan.Sample;
import io.github.unipic.image.Framing;
import io.github.unipic.image.MaskedRegion;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.Grid;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.Manifest.Defaults;
import io.github.unipic.model.Manifest.Prompts;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.KvCache;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.text.PromptText;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.LongFunction;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** Requests for images: completed with the model's defaults, run through the loop, and decoded. */
public final class ImageTasks {
    private static final String TASK = "task";
    private static final String GENERATED = "the image";

    private final Execution execution;
    private final Manifest manifest;
    private final Optional<Sample> sample;
    private final ImageGenerator generator;
    private final Autoencoder autoencoder;
    private final ImageEncoder encoder;

    public ImageTasks(Execution execution) {
        this(execution, Optional.empty());
    }

    /**
     * For tests and comparisons with other programs.
     *
     * @param sample replaces the order and noise that the seed gives, for a single image
     */
    public ImageTasks(Execution execution, Optional<Sample> sample) {
        this.execution = execution;
        this.manifest = execution.manifest();
        this.sample = sample;
        this.generator = new ImageGenerator(execution);
        this.autoencoder = new Autoencoder(execution);
        this.encoder = new ImageEncoder(execution);
    }

    /** The prompt as a turn, and the unconditional prompt for guidance. */
    private record Turns(Turn conditional, Turn unconditional) {}

    /** Makes images of tokens, of the last ones and of previews. */
    @FunctionalInterface
    interface ImageDecoder {
        List<Image> decode(ImageTokens tokens);
    }

    /** Generates images from a prompt. The prompt becomes the next turn of the conversation. */
    public List<Image> generate(GenerateRequest given, LanguageContext context) {
        boolean firstTurn = context.tokens() == 0;
        Defaults defaults = manifest.defaults();
        GenerateRequest request = complete(given.toBuilder(), given)
                .size(given.width().orElse(defaults.width()), given.height().orElse(defaults.height()))
                .build();
        GenerationPlan plan =
                plan(request, grid(request.width().getAsInt(), request.height().getAsInt()));
        Turns turns = promptTurns(request, plan.grid(), context);
        requireFits(plan, context, turns);
        return images(
                autoencoder::decode,
                fromPrompt(request, plan, turns, context, autoencoder::decode),
                seed -> request.toBuilder().seed(seed).count(1).build(),
                request,
                firstTurn ? Map.of() : Map.of(TASK, "conversation"));
    }

    /** Edits the middle square of an image. Image and instruction become the next turn of the conversation. */
    public List<Image> edit(EditRequest given, LanguageContext context) {
        int side = given.size().orElse(squareDefault());
        EditRequest request = complete(given.toBuilder(), given).size(side).build();
        GenerationPlan plan = plan(request, grid(side, side));
        int imageTokens = encoder.tokens(plan.grid());
        Turns turns = new Turns(
                context.turn(1, imageTokens, prompt(request)),
                firstTurn(
                        1,
                        imageTokens,
                        unconditional(request, manifest.prompts().editUnconditional())));
        requireRoom(request, plan.grid(), context, turns);
        requireFits(plan, context, turns);
        return images(
                autoencoder::decode,
                fromImage(request, plan, side, turns, context),
                seed -> request.toBuilder().seed(seed).count(1).build(),
                request,
                Map.of(TASK, "edit"));
    }

    private int squareDefault() {
        Defaults defaults = manifest.defaults();
        if (defaults.width() != defaults.height()) {
            throw new InvalidRequestException("editing makes squares, and the model's default size is "
                    + defaults.width() + " x " + defaults.height() + "; give a size");
        }
        return defaults.width();
    }

    /**
     * Regenerates a part of an image. The tokens that the mask touches start masked; the others are known. A source
     * that does not end with a whole token is padded at the right and the bottom, and the padding is cut off again.
     */
    public List<Image> inpaint(InpaintRequest given) {
        int side = manifest.sizes().downsampling();
        Image source = given.source();
        MaskedRegion region = new MaskedRegion(given.mask());
        boolean[] touched = region.positions(side);
        int[] masked =
                IntStream.range(0, touched.length).filter(i -> touched[i]).toArray();
        if (masked.length == 0) {
            throw new InvalidRequestException(
                    "the mask has no white (or transparent) pixel; paint white what is to change");
        }
        InpaintRequest request = complete(given.toBuilder(), given).build();
        Image padded = padToTokens(source, side);
        Grid grid = grid(padded.width(), padded.height());
        UnaryOperator<Image> finish = decoded -> {
            Image cropped = Framing.crop(decoded, 0, 0, source.width(), source.height());
            return request.seam() < 0 ? cropped : region.paste(cropped, source, request.seam());
        };
        ImageDecoder decoder =
                tokens -> autoencoder.decode(tokens).stream().map(finish).toList();
        try (LanguageContext context = LanguageContext.empty(execution)) {
            Turns turns = promptTurns(request, grid, context);
            GenerationPlan plan = plan(request, grid, seed -> shuffled(masked, seed));
            requireFits(plan, context, turns);
            return images(
                    decoder,
                    fromPrompt(request, plan.startingFrom(latents(padded)), turns, context, decoder),
                    seed -> request.toBuilder().seed(seed).count(1).build(),
                    request,
                    Map.of(TASK, "inpaint"));
        }
    }

    private float[] latents(Image source) {
        try (Tensor latents = autoencoder.encode(source)) {
            return latents.toFloats();
        }
    }

    private static int[] shuffled(int[] positions, long seed) {
        return IntStream.of(TokenOrder.random(positions.length, seed))
                .map(index -> positions[index])
                .toArray();
    }

    /** Extends an image to whole tokens, at the right and the bottom. */
    private static Image padToTokens(Image image, int side) {
        int right = Math.floorMod(-image.width(), side);
        int bottom = Math.floorMod(-image.height(), side);
        return right + bottom == 0 ? image : Framing.extend(image, 0, right, 0, bottom);
    }

    // ---- prompts and the loop

    private Turns promptTurns(ImageRequest request, Grid grid, LanguageContext context) {
        Prompts prompts = manifest.prompts();
        Turns turns = new Turns(
                context.turn(prompt(request).in(prompts.generate(), Prompts.PLACEHOLDER)),
                firstTurn(0, 0, unconditional(request, prompts.generateUnconditional())));
        requireRoom(request, grid, context, turns);
        return turns;
    }

    private ImageTokens fromPrompt(
            ImageRequest request, GenerationPlan plan, Turns turns, LanguageContext context, ImageDecoder decoder) {
        return execution.withOpen(graphs(plan), () -> {
            try (LanguageContext unconditional = LanguageContext.empty(execution);
                    Tensor canvas = new MarModel(execution).blankCanvas()) {
                context.append(turns.conditional(), List.of());
                if (plan.guided()) {
                    unconditional.append(turns.unconditional(), List.of());
                }
                return generate(request, plan, context, unconditional, canvas, decoder);
            }
        });
    }

    /**
     * The graphs to open at once. The prompts need only the language model, and the loop no decoder, but opening all
     * together takes less time. Where graphs are closed after use, the decoder is opened after the loop instead.
     */
    private Set<GraphName> graphs(GenerationPlan plan) {
        Set<GraphName> graphs = EnumSet.copyOf(generator.graphs(plan));
        if (execution.engine().graphs().options().memory().keepLoaded()) {
            graphs.addAll(autoencoder.decoders(plan.grid()));
        }
        return graphs;
    }

    private ImageTokens fromImage(
            EditRequest request, GenerationPlan plan, int side, Turns turns, LanguageContext context) {
        boolean firstTurn = context.tokens() == 0;
        try (MarEncoding source = encoder.source(request.source(), side)) {
            List<Tensor> images = List.of(source.embeds());
            return execution.withOpen(graphs(plan), () -> {
                context.appendImages(turns.conditional(), images);
                // In a first turn both prompts begin alike, so the image goes through the model only once.
                try (LanguageContext unconditional =
                        firstTurn ? context.fork(execution) : LanguageContext.empty(execution)) {
                    if (plan.guided()) {
                        if (!firstTurn) {
                            unconditional.appendImages(turns.unconditional(), images);
                        }
                        unconditional.appendPrompt(turns.unconditional());
                    }
                    context.appendPrompt(turns.conditional());
                    return generate(
                            request,
                            plan,
                            context,
                            unconditional,
                            source.canvas().orElseThrow(),
                            autoencoder::decode);
                }
            });
        }
    }

    private ImageTokens generate(
            ImageRequest request,
            GenerationPlan plan,
            LanguageContext conditional,
            LanguageContext unconditional,
            Tensor canvas,
            ImageDecoder decoder) {
        ProgressReport progress = new ProgressReport(request.listener(), plan.iterations(), decoder);
        try (KvCache stacked = KvCache.stack(plan.rows(conditional.cache(), unconditional.cache()));
                KvCache prompts = execution.onDevice(stacked)) {
            return generator.generate(plan, prompts, canvas, progress);
        }
    }

    private static PromptText prompt(ImageRequest request) {
        return PromptText.typed(request.prompt(), request.allowSpecialTokens());
    }

    private static PromptText unconditional(ImageRequest request, String modelsOwn) {
        return request.negativePrompt()
                .map(text -> PromptText.typed(text, request.allowSpecialTokens()))
                .orElseGet(() -> PromptText.template(modelsOwn));
    }

    /** A turn with no conversation before it. */
    private Turn firstTurn(int images, int imageTokens, PromptText prompt) {
        return Turn.of(execution.engine().tokenizer(), manifest.prompts(), true, images, imageTokens, prompt);
    }

    // ---- the request

    /** The request with every common value set. */
    private <B extends ImageRequest.Builder<B>> B complete(B builder, ImageRequest request) {
        Defaults defaults = manifest.defaults();
        return builder.iterations(request.iterations().orElse(defaults.iterations()))
                .guidance(request.guidance().orElse(defaults.guidance()))
                .guidanceSchedule(request.guidanceSchedule()
                        .orElseGet(() -> GuidanceSchedule.valueOf(
                                defaults.guidanceSchedule().toUpperCase(Locale.ROOT))))
                .temperature(request.temperature().orElse(defaults.temperature()))
                .diffusionSteps(
                        request.diffusionSteps().orElseGet(() -> DiffusionSteps.constant(defaults.diffusionSteps())))
                .seed(request.seed().orElseGet(() -> ThreadLocalRandom.current().nextLong(1L << 32)));
    }

    private Grid grid(int width, int height) {
        int side = manifest.sizes().downsampling();
        if (width % side != 0 || height % side != 0) {
            throw new InvalidRequestException("The model draws whole tokens of " + side + " x " + side + " pixels, not "
                    + width + " x " + height + "; take multiples of " + side + ".");
        }
        return new Grid(height / side, width / side);
    }

    private GenerationPlan plan(ImageRequest request, Grid grid) {
        return plan(request, grid, seed -> TokenOrder.random(grid.tokens(), seed));
    }

    /** @param order of the masked positions, by an image's seed */
    private GenerationPlan plan(ImageRequest request, Grid grid, LongFunction<int[]> order) {
        List<Sample> samples = new ArrayList<>();
        for (int i = 0; i < request.count(); i++) {
            long seed = request.seed().getAsLong() + i;
            samples.add(sample.orElseGet(() -> new Sample(order.apply(seed), new PhiloxNoise(seed))));
        }
        return new GenerationPlan(
                grid,
                request.iterations().getAsInt(),
                request.guidance().getAsDouble(),
                request.guidanceSchedule().orElseThrow(),
                request.temperature().getAsDouble(),
                request.guidanceReuse().orElse(Reuse.NONE),
                request.tokenReuse().orElse(Reuse.NONE),
                new DiffusionPlan(
                        request.diffusionSteps().orElseThrow(),
                        manifest.diffusion().maxBeta()),
                Optional.empty(),
                samples);
    }

    /**
     * Checks, before anything is computed, that both prompts and the image fit into the context. The image counts with
     * all of its tokens, so that the number of iterations does not matter.
     */
    private void requireRoom(ImageRequest request, Grid grid, LanguageContext context, Turns turns) {
        int imageTokens = encoder.tokens(grid);
        context.requireRoom(turns.conditional(), imageTokens, GENERATED);
        if (request.guidance().getAsDouble() != 1) {
            turns.unconditional().requireRoom(manifest.sizes().context(), 0, imageTokens, GENERATED);
        }
    }

    /** Checks, before anything is computed, that the loop's tensors and the images fit into memory. */
    private void requireFits(GenerationPlan plan, LanguageContext context, Turns turns) {
        plan.requireAddressable(manifest.sizes());
        MemoryNeed.of(
                        manifest,
                        plan.samples().size(),
                        plan.rows(0, 0).size(),
                        plan.grid().tokens(),
                        context.tokens() + turns.conditional().tokens(),
                        execution.engine().graphs().options().provider().isCpu(),
                        generator.reusesTokens(plan))
                .require(MemoryNeed.Available.here());
    }

    // ---- the images

    /**
     * Decodes the images and attaches to each the text that says how it was generated.
     *
     * @param single the request of one image, by its seed
     */
    private List<Image> images(
            ImageDecoder decoder,
            ImageTokens tokens,
            LongFunction<ImageRequest> single,
            ImageRequest request,
            Map<String, String> more) {
        List<Image> images = new ArrayList<>();
        for (Image image : decoder.decode(tokens)) {
            ImageRequest own = single.apply(request.seed().getAsLong() + images.size());
            Map<String, String> text = new LinkedHashMap<>(own.toMetadata(image.width(), image.height()));
            if (sample.isPresent()) {
                text.remove("seed"); // the seed alone would not generate this image again
            }
            text.putAll(more);
            images.add(image.withMetadata(text));
        }
        return List.copyOf(images);
    }
}
