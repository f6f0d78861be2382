package io.github.unipic.conformance.meaning;

import io.github.unipic.DiffusionSteps;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.GuidanceSchedule;
import io.github.unipic.Image;
import io.github.unipic.Reuse;
import io.github.unipic.conformance.meaning.World.PromptCase;
import io.github.unipic.conformance.report.ImagePair;
import io.github.unipic.generation.Autoencoder;
import io.github.unipic.generation.DiffusionPlan;
import io.github.unipic.generation.GenerationPlan;
import io.github.unipic.generation.GenerationPlan.Sample;
import io.github.unipic.generation.ImageGenerator;
import io.github.unipic.generation.ImageTokens;
import io.github.unipic.generation.LanguageContext;
import io.github.unipic.generation.MarModel;
import io.github.unipic.generation.PhiloxNoise;
import io.github.unipic.generation.TokenOrder;
import io.github.unipic.model.Grid;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.Manifest.Prompts;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.KvCache;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.runtime.RuntimeOptions.Memory;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.text.PromptText;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Function;

/** Images of the world's prompts with fixed seeds, and how they differ from images that were computed exactly. */
final class StudyImages {
    private static final double GUIDANCE = 3;
    private static final long FIRST_SEED = 1000;

    /** Stands for an infinite PSNR. */
    private static final double IDENTICAL = 99;

    private static final World WORLD = World.load();
    private static final SceneJudge JUDGE = new SceneJudge(WORLD);

    private final Execution execution;
    private final Manifest manifest;
    private final Grid grid;

    private StudyImages(Execution execution) {
        this.execution = execution;
        manifest = execution.manifest();
        int side = manifest.defaults().width() / manifest.sizes().downsampling();
        grid = new Grid(side, side);
    }

    /** One image, and how many of its prompt's attributes there are and are wrong. */
    record Drawn(float[] latents, Image image, int attributes, int wrong) {}

    /**
     * Means over images, and the median and the worst PSNR.
     *
     * @param right share of the attributes
     * @param distance relative L2 of the latents
     */
    record Loss(double right, double medianPsnr, double worstPsnr, double distance) {
        static Loss of(List<Drawn> exact, List<Drawn> images) {
            List<Double> psnrs = new ArrayList<>();
            int attributes = 0;
            int wrong = 0;
            double distances = 0;
            for (int i = 0; i < images.size(); i++) {
                Drawn image = images.get(i);
                attributes += image.attributes();
                wrong += image.wrong();
                double psnr = new ImagePair("", exact.get(i).image(), image.image()).psnr();
                psnrs.add(Math.min(IDENTICAL, psnr));
                distances += relative(exact.get(i).latents(), image.latents());
            }
            psnrs.sort(null);
            return new Loss(
                    1 - (double) wrong / attributes,
                    psnrs.get(psnrs.size() / 2),
                    psnrs.get(0),
                    distances / images.size());
        }

        /** Cells of a table. */
        @Override
        public String toString() {
            return String.format(Locale.ROOT, "%.3f | %.1f, %.1f | %.3f", right, medianPsnr, worstPsnr, distance);
        }
    }

    /** Runs {@code study} on the CPU with the model in {@code folder}. */
    static <T> T with(Path folder, Function<StudyImages, T> study) {
        RuntimeOptions options =
                new RuntimeOptions(OptionalInt.empty(), ExecutionProvider.CPU, Optional.empty(), Memory.DEFAULTS);
        try (Engine engine = Engine.open(ModelFolder.open(folder, false), options)) {
            return engine.execute(execution -> study.apply(new StudyImages(execution)));
        }
    }

    static int prompts() {
        return WORLD.cases().size();
    }

    List<Drawn> draw(int images, int iterations, DiffusionSteps steps, Reuse guidanceReuse, Reuse tokenReuse) {
        List<Drawn> drawn = new ArrayList<>();
        for (int i = 0; i < images; i++) {
            drawn.add(draw(
                    WORLD.cases().get(i % WORLD.cases().size()),
                    FIRST_SEED + i,
                    iterations,
                    steps,
                    guidanceReuse,
                    tokenReuse));
        }
        return drawn;
    }

    private Drawn draw(
            PromptCase one, long seed, int iterations, DiffusionSteps steps, Reuse guidanceReuse, Reuse tokenReuse) {
        GenerationPlan plan = new GenerationPlan(
                grid,
                iterations,
                GUIDANCE,
                GuidanceSchedule.CONSTANT,
                1,
                guidanceReuse,
                tokenReuse,
                new DiffusionPlan(steps, manifest.diffusion().maxBeta()),
                Optional.empty(),
                List.of(new Sample(TokenOrder.random(grid.tokens(), seed), new PhiloxNoise(seed))));
        Prompts prompts = manifest.prompts();
        try (LanguageContext conditional = LanguageContext.empty(execution);
                LanguageContext unconditional = LanguageContext.empty(execution);
                Tensor canvas = new MarModel(execution).blankCanvas()) {
            conditional.append(
                    conditional.turn(PromptText.typed(one.prompt(), false).in(prompts.generate(), Prompts.PLACEHOLDER)),
                    List.of());
            unconditional.append(unconditional.turn(PromptText.template(prompts.generateUnconditional())), List.of());
            try (KvCache cache = KvCache.stack(plan.rows(conditional.cache(), unconditional.cache()))) {
                ImageTokens tokens =
                        new ImageGenerator(execution).generate(plan, cache, canvas, (iteration, z, sofar) -> {});
                Image image = new Autoencoder(execution).decode(tokens).get(0);
                Comparison comparison = Comparison.of(one.scene(), JUDGE.judge(image));
                try (Tensor latents = tokens.latents(0)) {
                    return new Drawn(
                            latents.toFloats(),
                            image,
                            comparison.attributes(),
                            comparison.wrong().size());
                }
            }
        }
    }

    private static double relative(float[] expected, float[] actual) {
        double difference = 0;
        double length = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += Math.pow(expected[i] - actual[i], 2);
            length += Math.pow(expected[i], 2);
        }
        return Math.sqrt(difference / length);
    }
}
