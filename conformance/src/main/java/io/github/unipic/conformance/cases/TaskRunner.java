package io.github.unipic.conformance.cases;

import io.github.unipic.Image;
import io.github.unipic.VisionPath;
import io.github.unipic.conformance.compare.Floats;
import io.github.unipic.generation.Autoencoder;
import io.github.unipic.generation.DiffusionSchedule;
import io.github.unipic.generation.GenerationPlan;
import io.github.unipic.generation.GenerationPlan.Sample;
import io.github.unipic.generation.ImageEncoder;
import io.github.unipic.generation.ImageGenerator;
import io.github.unipic.generation.LanguageContext;
import io.github.unipic.generation.MarEncoding;
import io.github.unipic.generation.MarModel;
import io.github.unipic.generation.NoiseSource;
import io.github.unipic.generation.VisionEncoder;
import io.github.unipic.image.Framing;
import io.github.unipic.image.Pixels;
import io.github.unipic.image.Resampling;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.Grid;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.Manifest.Prompts;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.KvCache;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.text.PromptText;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Runs whole tasks: images with recorded order and noise, and likeliest answers. */
public final class TaskRunner {
    private final Execution execution;
    private final ModelFolder folder;
    private final Manifest manifest;
    private final long seed;

    public TaskRunner(Execution execution, long seed) {
        this.execution = execution;
        this.folder = execution.engine().folder();
        this.manifest = execution.manifest();
        this.seed = seed;
    }

    /**
     * A drawn image.
     *
     * @param latents [1,h,w,channels]
     * @param pixels [1,3,height,width]
     */
    public record Drawn(Floats latents, Floats pixels) {}

    /**
     * An answer.
     *
     * @param ids its tokens, the one that ended it included
     * @param logits that each was the likeliest by
     */
    public record Answered(long[] ids, List<float[]> logits) {

        /** By how much each was likelier than the next: difference of the logits over the root mean square of all. */
        public float[] margins() {
            float[] margins = new float[ids.length];
            for (int place = 0; place < ids.length; place++) {
                margins[place] = (float) lead(place, largest(logits.get(place), (int) ids[place]));
            }
            return margins;
        }

        /** By how much the token at a place was likelier than another one, as in {@link #margins}. */
        public double lead(int place, long other) {
            float[] all = logits.get(place);
            return other < 0 || other >= all.length
                    ? Double.POSITIVE_INFINITY
                    : (all[(int) ids[place]] - all[(int) other]) / rms(all);
        }

        /** Whether every logit was a number. */
        public boolean isFinite() {
            return logits.stream().allMatch(all -> Double.isFinite(rms(all)));
        }
    }

    /** Whether the model has the graphs for an image of that kind. */
    public boolean has(LoopCase drawing) {
        return drawing.photo().isEmpty() || folder.has(GraphName.PIXEL_ENCODER);
    }

    /** Whether the model can look along that path. */
    public boolean has(AnswerCase question) {
        return folder.has(question.path() == VisionPath.SIGLIP ? GraphName.VISION_ENCODER : GraphName.PIXEL_ENCODER);
    }

    /** Draws a case's image. */
    public Drawn draw(LoopCase drawing) {
        Grid grid = drawing.grid().of(manifest.sizes().nativeGrid());
        GenerationPlan plan = new GenerationPlan(
                grid,
                drawing.iterations(),
                drawing.guidance(),
                drawing.guidanceSchedule(),
                drawing.temperature(),
                DiffusionSchedule.cosine(drawing.steps(), manifest.diffusion().maxBeta()),
                Optional.empty(),
                List.of(new Sample(
                        values(drawing, "order").permutation(0, grid.tokens()), noise(drawing, grid.tokens()))));
        return drawing.photo().isPresent()
                ? edit(plan, drawing.prompt(), drawing.photo().get())
                : generate(plan, drawing.prompt());
    }

    private Drawn generate(GenerationPlan plan, String prompt) {
        Prompts prompts = manifest.prompts();
        PromptText request = PromptText.template(prompt).in(prompts.generate(), Prompts.PLACEHOLDER);
        try (LanguageContext conditional = context();
                LanguageContext unconditional = context();
                Tensor canvas = new MarModel(execution).blankCanvas()) {
            conditional.append(conditional.turn(request), List.of());
            unconditional.append(unconditional.turn(PromptText.template(prompts.generateUnconditional())), List.of());
            return draw(plan, conditional, unconditional, canvas);
        }
    }

    private Drawn edit(GenerationPlan plan, String instruction, String photo) {
        int side = plan.grid().height() * manifest.sizes().downsampling();
        try (MarEncoding source = new ImageEncoder(execution).source(Photos.require(photo), side);
                LanguageContext conditional = context();
                LanguageContext unconditional = context()) {
            show(conditional, source.embeds(), instruction);
            show(unconditional, source.embeds(), manifest.prompts().editUnconditional());
            return draw(plan, conditional, unconditional, source.canvas().orElseThrow());
        }
    }

    private Drawn draw(GenerationPlan plan, LanguageContext conditional, LanguageContext unconditional, Tensor canvas) {
        try (KvCache prompts = KvCache.stack(plan.rows(conditional.cache(), unconditional.cache()));
                Tensor latents = new ImageGenerator(execution)
                        .generate(plan, prompts, canvas, (iteration, z, tokens) -> {})
                        .latents(0);
                Tensor pixels = new Autoencoder(execution).decode(latents)) {
            return new Drawn(
                    new Floats(latents.toFloats(), latents.shape()), new Floats(pixels.toFloats(), pixels.shape()));
        }
    }

    /** Answers a case's question. */
    public Answered answer(AnswerCase question) {
        try (Tensor embeds = look(question);
                LanguageContext context = context()) {
            show(context, embeds, question.question());
            return continueGreedily(context, question.tokens());
        }
    }

    private Answered continueGreedily(LanguageContext context, int most) {
        List<Long> ids = new ArrayList<>();
        List<float[]> logits = new ArrayList<>();
        while (ids.size() < most) {
            logits.add(context.logits());
            int best = largest(logits.get(ids.size()), -1);
            ids.add((long) best);
            if (manifest.tokens().stop().contains(best)) {
                break;
            }
            context.tokens(new long[] {best});
        }
        return new Answered(ids.stream().mapToLong(Long::longValue).toArray(), logits);
    }

    private Tensor look(AnswerCase question) {
        Image square = Framing.padToSquare(Photos.require(question.photo()));
        if (question.path() == VisionPath.SIGLIP) {
            int side = manifest.sizes().visionImage();
            try (Tensor pixels = pixels(square, side)) {
                return new VisionEncoder(execution).encode(pixels);
            }
        }
        int side = manifest.sizes().nativeGrid() * manifest.sizes().downsampling();
        try (Tensor pixels = pixels(square, side);
                MarEncoding source = new ImageEncoder(execution).encode(pixels)) {
            return source.embeds().rows(0, source.embeds().dim(1));
        }
    }

    private static Tensor pixels(Image square, int side) {
        return Tensor.floats(Pixels.fromImage(Resampling.resize(square, side, side)), 1, 3, side, side);
    }

    private static void show(LanguageContext context, Tensor embeds, String prompt) {
        context.append(context.turn(1, embeds.dim(1), PromptText.template(prompt)), List.of(embeds));
    }

    private LanguageContext context() {
        return LanguageContext.empty(execution);
    }

    private NoiseSource noise(LoopCase drawing, int tokens) {
        SeededValues values = values(drawing, "noise");
        return (position, row, destination) -> {
            long first = ((long) row * tokens + position) * destination.length;
            for (int channel = 0; channel < destination.length; channel++) {
                destination[channel] = values.floatAt(first + channel);
            }
        };
    }

    private SeededValues values(LoopCase drawing, String input) {
        return new SeededValues(seed, "loop/" + drawing.name() + "/" + input);
    }

    /** Index of the largest value but that at {@code except}. */
    private static int largest(float[] values, int except) {
        int best = except == 0 ? 1 : 0;
        for (int i = 0; i < values.length; i++) {
            if (i != except && values[i] > values[best]) {
                best = i;
            }
        }
        return best;
    }

    private static double rms(float[] values) {
        double squares = 0;
        for (float value : values) {
            squares += (double) value * value;
        }
        return Math.sqrt(squares / values.length);
    }
}
