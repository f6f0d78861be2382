package io.github.unipic.conformance.meaning;

import io.github.unipic.DiffusionSteps;
import io.github.unipic.GuidanceReuse;
import io.github.unipic.conformance.meaning.StudyImages.Drawn;
import io.github.unipic.conformance.meaning.StudyImages.Loss;
import io.github.unipic.conformance.testing.TrainedModel;
import io.github.unipic.generation.TokenOrder;
import io.github.unipic.generation.UnmaskingSchedule;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

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
    private static final int EXACT_STEPS = 100;

    /**
     * The sampler's part of the time of an exact image at published sizes (docs/benchmarks.md: 512 x 512, int8). The
     * rest is the language model's and MAR's.
     */
    private static final double SAMPLER_PART = 0.45;

    private final StudyImages images;

    private FastStudy(StudyImages images) {
        this.images = images;
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

    public static void main(String[] arguments) throws IOException {
        int count = Integer.parseInt(arguments[0]);
        List<FastPlot.Point> points =
                StudyImages.with(TrainedModel.folder(), images -> new FastStudy(images).run(count));
        Files.writeString(Path.of(arguments[1]), new FastPlot(points).svg());
    }

    /** The exact one first. */
    private static List<Variant> variants() {
        List<Variant> variants = new ArrayList<>();
        for (String steps : List.of(Integer.toString(EXACT_STEPS), "50", "25", "50..5", "25..5", "50..5 cosine")) {
            for (int every : new int[] {1, 2, 4, 9}) {
                variants.add(new Variant(DiffusionSteps.parse(steps), GuidanceReuse.every(every)));
            }
        }
        return variants;
    }

    private List<FastPlot.Point> run(int count) {
        System.out.printf("%d images of %d prompts%n%n", count, StudyImages.prompts());
        System.out.println(
                "| steps, guidance | operations | attributes right | PSNR median, worst (dB) | latents, relative L2 |");
        System.out.println("| --- | ---: | ---: | ---: | ---: |");
        List<Drawn> exact = List.of();
        List<FastPlot.Point> points = new ArrayList<>();
        for (Variant variant : variants()) {
            List<Drawn> drawn = images.draw(count, variant.steps(), variant.reuse());
            exact = exact.isEmpty() ? drawn : exact;
            Loss loss = Loss.of(exact, drawn);
            double operations = operations(variant);
            System.out.printf(Locale.ROOT, "| %s | %.2f | %s |%n", variant, operations, loss);
            points.add(new FastPlot.Point(variant.label(), operations, loss.distance()));
        }
        return points;
    }

    /** Those of the sampler by its steps, those of the rest by the rows that go through it; 1 for exact images. */
    private double operations(Variant variant) {
        int iterations = StudyImages.ITERATIONS;
        int positions = images.grid().tokens();
        List<int[]> order = List.of(TokenOrder.random(positions, 1));
        double steps = 0;
        double halves = 0;
        double tokens = 0;
        for (UnmaskingSchedule.Iteration k : UnmaskingSchedule.plan(iterations, order, positions)) {
            steps += (double) k.predictedTokens() * variant.steps().at(k.index(), iterations);
            int row = k.known().get(0).length + images.manifest().sizes().bufferTokens();
            halves += row * (variant.reuse().computes(k.index()) ? 2 : 1);
            tokens += row * 2;
        }
        double sampler = steps / (EXACT_STEPS * positions);
        return SAMPLER_PART * sampler + (1 - SAMPLER_PART) * halves / tokens;
    }
}
