package io.github.unipic.conformance.cases;

import io.github.unipic.GuidanceSchedule;
import io.github.unipic.Reuse;
import io.github.unipic.conformance.cases.Case.Output;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.generation.DiffusionPlan;
import io.github.unipic.generation.GenerationPlan;
import io.github.unipic.generation.GenerationPlan.Sample;
import io.github.unipic.generation.ImageEncoder;
import io.github.unipic.generation.LanguageContext;
import io.github.unipic.generation.MarEncoding;
import io.github.unipic.generation.MarModel;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.Grid;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.Manifest.Prompts;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.text.PromptText;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;

/**
 * One image, generated or, if there is a photo, edited.
 *
 * @param seed of the order and the noise
 * @param photo name of the built-in photo to edit; empty to generate
 */
record ImageCase(
        long seed,
        String name,
        GridSize grid,
        int iterations,
        int steps,
        double guidance,
        GuidanceSchedule guidanceSchedule,
        double temperature,
        String prompt,
        String photo) {

    /** Sets the defaults. */
    ImageCase {
        photo = Objects.requireNonNullElse(photo, "");
    }

    Case asCase() {
        boolean edits = !photo.isEmpty();
        return new Case(
                Area.LOOP,
                edits ? "edit" : "t2i",
                name,
                "loop/" + name + "/",
                edits ? Set.of(GraphName.PIXEL_ENCODER) : Set.of(),
                false,
                edits ? this::edit : this::generate);
    }

    private void generate(Execution execution, Consumer<Output> outputs) {
        Prompts prompts = execution.manifest().prompts();
        PromptText request = PromptText.template(prompt).in(prompts.generate(), Prompts.PLACEHOLDER);
        try (LanguageContext conditional = LanguageContext.empty(execution);
                LanguageContext unconditional = LanguageContext.empty(execution);
                Tensor canvas = new MarModel(execution).blankCanvas()) {
            conditional.append(conditional.turn(request), List.of());
            unconditional.append(unconditional.turn(PromptText.template(prompts.generateUnconditional())), List.of());
            run(execution, plan(execution.manifest()), "t2i", outputs).generate(conditional, unconditional, canvas);
        }
    }

    private void edit(Execution execution, Consumer<Output> outputs) {
        Manifest manifest = execution.manifest();
        GenerationPlan plan = plan(manifest);
        int side = plan.grid().height() * manifest.sizes().downsampling();
        try (MarEncoding source = new ImageEncoder(execution).source(Photos.require(photo), side);
                LanguageContext conditional = LanguageContext.empty(execution);
                LanguageContext unconditional = LanguageContext.empty(execution)) {
            AnswerCase.show(conditional, source.embeds(), prompt);
            AnswerCase.show(unconditional, source.embeds(), manifest.prompts().editUnconditional());
            run(execution, plan, "edit", outputs)
                    .generate(conditional, unconditional, source.canvas().orElseThrow());
        }
    }

    private static ImageRun run(Execution execution, GenerationPlan plan, String subject, Consumer<Output> outputs) {
        return new ImageRun(
                execution,
                plan,
                (iteration, z, tokens) -> {},
                (output, value) -> outputs.accept(new Output(Area.LOOP, subject, output, value)));
    }

    private GenerationPlan plan(Manifest manifest) {
        Grid size = grid.of(manifest.sizes().nativeGrid());
        SeededValues noise = values("noise");
        Sample sample = new Sample(values("order").permutation(0, size.tokens()), (position, row, destination) -> {
            long first = ((long) row * size.tokens() + position) * destination.length;
            for (int channel = 0; channel < destination.length; channel++) {
                destination[channel] = noise.floatAt(first + channel);
            }
        });
        return new GenerationPlan(
                size,
                iterations,
                guidance,
                guidanceSchedule,
                temperature,
                Reuse.NONE,
                Reuse.NONE,
                DiffusionPlan.constant(steps, manifest.diffusion().maxBeta()),
                Optional.empty(),
                List.of(sample));
    }

    private SeededValues values(String input) {
        return new SeededValues(seed, "loop/" + name + "/" + input);
    }
}
