package io.github.unipic.conformance.meaning;

import io.github.unipic.DiffusionSteps;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.GuidanceReuse;
import io.github.unipic.GuidanceSchedule;
import io.github.unipic.Image;
import io.github.unipic.conformance.meaning.World.PromptCase;
import io.github.unipic.conformance.report.ImagePair;
import io.github.unipic.conformance.testing.TrainedModel;
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
import io.github.unipic.generation.UnmaskingSchedule;
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
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Measures on the trained model what fewer diffusion steps and reused guidance lose and save, for docs/benchmarks.md:
 * attributes that are right, and the distance to the image that is computed exactly. Prints a table and draws a plot.
 *
 * <p>Run with the number of images and the plot's file; 200 images take half an hour on two cores:
 *
 * <pre>{@code
 * mvn -DskipTests package
 * java -cp "conformance/target/test-classes:$(cat samples/cli/target/classpath)" \
 *     io.github.unipic.conformance.meaning.FastStudy 200 docs/images/fast.svg
 * }</pre>
 */
public final class FastStudy {
    private static final int ITERATIONS = 12;
    private static final double GUIDANCE = 3;
    private static final int EXACT_STEPS = 100;
    private static final long FIRST_SEED = 1000;

    /** Stands for an infinite PSNR. */
    private static final double IDENTICAL = 99;

    /**
     * The sampler's part of the time of an exact image at published sizes (docs/benchmarks.md: 512 x 512, int8). The
     * rest is the language model's and MAR's.
     */
    private static final double SAMPLER_PART = 0.45;

    private final World world = World.load();
    private final SceneJudge judge = new SceneJudge(world);
    private final Execution execution;
    private final Manifest manifest;
    private final Grid grid;

    private FastStudy(Execution execution) {
        this.execution = execution;
        manifest = execution.manifest();
        int side = manifest.defaults().width() / manifest.sizes().downsampling();
        grid = new Grid(side, side);
    }

    private record Variant(DiffusionSteps steps, GuidanceReuse reuse) {
        /** As the plot names it. */
        String label() {
            return steps + (reuse.every() == 1 ? "" : " /" + reuse.every());
        }

        @Override
        public String toString() {
            return steps + ", guidance " + (reuse.every() == 1 ? "always" : "every " + reuse.every());
        }
    }

    private record Drawn(float[] latents, Image image, int attributes, int wrong) {}

    private record Row(Variant variant, double right, double psnr, double distance, double operations) {}

    public static void main(String[] arguments) throws IOException {
        int images = Integer.parseInt(arguments[0]);
        RuntimeOptions options =
                new RuntimeOptions(OptionalInt.empty(), ExecutionProvider.CPU, Optional.empty(), Memory.DEFAULTS);
        Engine engine = Engine.open(ModelFolder.open(TrainedModel.folder(), false), options);
        List<Row> rows = engine.execute(execution -> new FastStudy(execution).run(images));
        engine.close();
        FastPlot plot = new FastPlot(rows.stream()
                .map(row -> new FastPlot.Point(row.variant().label(), row.operations(), row.distance()))
                .toList());
        Files.writeString(Path.of(arguments[1]), plot.svg());
    }

    private static List<Variant> variants() {
        List<Variant> variants = new ArrayList<>();
        for (String steps : List.of("100", "50", "25", "50..5", "25..5", "50..5 cosine")) {
            for (int every : new int[] {1, 2, 4, 9}) {
                variants.add(new Variant(DiffusionSteps.parse(steps), GuidanceReuse.every(every)));
            }
        }
        return variants;
    }

    private List<Row> run(int images) {
        System.out.printf("%d images of %d prompts%n%n", images, world.cases().size());
        System.out.println(
                "| steps, guidance | operations | attributes right | PSNR median, worst (dB) | latents, relative L2 |");
        System.out.println("| --- | ---: | ---: | ---: | ---: |");
        List<Drawn> exact = new ArrayList<>();
        List<Row> rows = new ArrayList<>();
        for (Variant variant : variants()) {
            List<Double> psnrs = new ArrayList<>();
            int attributes = 0;
            int wrong = 0;
            double distances = 0;
            for (int i = 0; i < images; i++) {
                Drawn drawn = draw(variant, world.cases().get(i % world.cases().size()), FIRST_SEED + i);
                if (exact.size() <= i) {
                    exact.add(drawn);
                }
                attributes += drawn.attributes();
                wrong += drawn.wrong();
                psnrs.add(Math.min(IDENTICAL, new ImagePair("", exact.get(i).image(), drawn.image()).psnr()));
                distances += distance(exact.get(i).latents(), drawn.latents());
            }
            psnrs.sort(null);
            Row row = new Row(
                    variant,
                    1 - (double) wrong / attributes,
                    psnrs.get(images / 2),
                    distances / images,
                    operations(variant));
            rows.add(row);
            System.out.printf(
                    Locale.ROOT,
                    "| %s | %.2f | %.3f | %.1f, %.1f | %.3f |%n",
                    variant,
                    row.operations(),
                    row.right(),
                    row.psnr(),
                    psnrs.get(0),
                    row.distance());
        }
        return rows;
    }

    private Drawn draw(Variant variant, PromptCase one, long seed) {
        GenerationPlan plan = new GenerationPlan(
                grid,
                ITERATIONS,
                GUIDANCE,
                GuidanceSchedule.CONSTANT,
                1,
                variant.reuse(),
                new DiffusionPlan(variant.steps(), manifest.diffusion().maxBeta()),
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
                Comparison comparison = Comparison.of(one.scene(), judge.judge(image));
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

    private static double distance(float[] expected, float[] actual) {
        double difference = 0;
        double length = 0;
        for (int i = 0; i < expected.length; i++) {
            difference += Math.pow(expected[i] - actual[i], 2);
            length += Math.pow(expected[i], 2);
        }
        return Math.sqrt(difference / length);
    }

    /** Those of the sampler by its steps, those of the rest by the rows that go through it; 1 for exact images. */
    private double operations(Variant variant) {
        List<int[]> order = List.of(TokenOrder.random(grid.tokens(), 1));
        double steps = 0;
        double halves = 0;
        double tokens = 0;
        for (UnmaskingSchedule.Iteration k : UnmaskingSchedule.plan(ITERATIONS, order, grid.tokens())) {
            steps += (double) k.predictedTokens() * variant.steps().at(k.index(), ITERATIONS);
            int row = k.known().get(0).length + manifest.sizes().bufferTokens();
            halves += row * (variant.reuse().computes(k.index()) ? 2 : 1);
            tokens += row * 2;
        }
        double sampler = steps / (EXACT_STEPS * grid.tokens());
        return SAMPLER_PART * sampler + (1 - SAMPLER_PART) * halves / tokens;
    }
}
