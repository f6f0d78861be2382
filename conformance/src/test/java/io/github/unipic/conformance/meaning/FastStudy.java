package io.github.unipic.conformance.meaning;

import io.github.unipic.DiffusionSteps;
import io.github.unipic.Reuse;
import io.github.unipic.conformance.meaning.StudyImages.Drawn;
import io.github.unipic.conformance.meaning.StudyImages.Loss;
import io.github.unipic.conformance.testing.TrainedModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Measures on the trained model what fewer diffusion steps, reused guidance and reused tokens lose and save, for
 * docs/benchmarks.md: attributes that are right, and the distance to the image that is computed exactly. Prints a table
 * and draws a plot.
 *
 * <p>Run with the number of images, the plot's file, the number of iterations, and the steps to try; 200 images with 12
 * iterations take a quarter of an hour to half an hour on two cores:
 *
 * <pre>{@code
 * mvn -DskipTests package
 * java -cp "conformance/target/test-classes:$(cat samples/cli/target/classpath)" \
 *     io.github.unipic.conformance.meaning.FastStudy 200 docs/images/fast.svg 12 100 50 25 50..5 25..5 "50..5 cosine"
 * }</pre>
 */
public final class FastStudy {
    private static final DiffusionSteps EXACT_STEPS = DiffusionSteps.constant(100);

    private final StudyImages images;

    private FastStudy(StudyImages images) {
        this.images = images;
    }

    private record Variant(DiffusionSteps steps, Reuse guidance, Reuse tokens) {
        /** As the plot names it. */
        String label() {
            return steps + (guidance.every() == 1 ? "" : " /" + guidance.every()) + (tokens.every() == 1 ? "" : "t");
        }

        @Override
        public String toString() {
            String reused = tokens.every() == 1 ? "guidance" : "guidance and tokens";
            return steps + ", " + (guidance.every() == 1 ? "nothing" : reused + " every " + guidance.every());
        }
    }

    public static void main(String[] arguments) throws IOException {
        int count = Integer.parseInt(arguments[0]);
        int iterations = Integer.parseInt(arguments[2]);
        List<Variant> variants = variants(List.of(arguments).subList(3, arguments.length));
        List<FastPlot.Point> points = StudyImages.with(
                TrainedModel.folder(), images -> new FastStudy(images).run(count, iterations, variants));
        Files.writeString(Path.of(arguments[1]), new FastPlot(points).svg());
    }

    private static List<Variant> variants(List<String> steps) {
        List<Variant> variants = new ArrayList<>();
        for (String one : steps) {
            for (int every : new int[] {1, 2, 4, 9}) {
                DiffusionSteps falling = DiffusionSteps.parse(one);
                variants.add(new Variant(falling, Reuse.every(every), Reuse.NONE));
                if (every > 1) {
                    variants.add(new Variant(falling, Reuse.every(every), Reuse.every(every)));
                }
            }
        }
        return variants;
    }

    private List<FastPlot.Point> run(int count, int iterations, List<Variant> variants) {
        System.out.printf("%d images of %d prompts, %d iterations%n%n", count, StudyImages.prompts(), iterations);
        System.out.println(
                "| steps, what is reused | operations | attributes right | PSNR median, worst (dB) | latents, relative L2 |");
        System.out.println("| --- | ---: | ---: | ---: | ---: |");
        List<Drawn> exact = images.draw(count, iterations, EXACT_STEPS, Reuse.NONE, Reuse.NONE);
        double all = PublishedOperations.of(EXACT_STEPS, Reuse.NONE, Reuse.NONE);
        List<FastPlot.Point> points = new ArrayList<>();
        for (Variant variant : variants) {
            Loss loss = Loss.of(
                    exact, images.draw(count, iterations, variant.steps(), variant.guidance(), variant.tokens()));
            double operations = PublishedOperations.of(variant.steps(), variant.guidance(), variant.tokens()) / all;
            System.out.printf(Locale.ROOT, "| %s | %.2f | %s |%n", variant, operations, loss);
            points.add(new FastPlot.Point(variant.label(), operations, loss.distance()));
        }
        return points;
    }
}
