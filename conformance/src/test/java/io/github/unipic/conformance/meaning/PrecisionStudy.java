package io.github.unipic.conformance.meaning;

import io.github.unipic.DiffusionSteps;
import io.github.unipic.Reuse;
import io.github.unipic.conformance.EmbeddedCheckpoint;
import io.github.unipic.conformance.meaning.StudyImages.Drawn;
import io.github.unipic.conformance.meaning.StudyImages.Loss;
import io.github.unipic.export.ExportListener;
import io.github.unipic.export.ExportRequest;
import io.github.unipic.export.Exporter;
import io.github.unipic.export.Flavor;
import io.github.unipic.export.Precision;
import io.github.unipic.export.Precisions;
import io.github.unipic.files.FileTree;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures on the trained model what quantization loses, for docs/precision.md: attributes that are right, and the
 * distance to float32's image of the same seed. Prints a table.
 *
 * <p>Run with the number of images; 200 images take ten minutes on two cores:
 *
 * <pre>{@code
 * mvn -DskipTests package
 * java -cp "conformance/target/test-classes:$(cat samples/cli/target/classpath)" \
 *     io.github.unipic.conformance.meaning.PrecisionStudy 200
 * }</pre>
 */
public final class PrecisionStudy {
    private static final int ITERATIONS = 12;
    private static final int STEPS = 100;

    private PrecisionStudy() {}

    public static void main(String[] arguments) throws IOException {
        int count = Integer.parseInt(arguments[0]);
        Path folder = Files.createTempDirectory("unipic-precision-study-");
        try {
            EmbeddedCheckpoint.TRAINED.copyTo(folder);
            System.out.println("| folder | attributes right | PSNR median, worst (dB) | latents, relative L2 |");
            System.out.println("| --- | ---: | ---: | ---: |");
            List<Drawn> exact = draw(folder, Precisions.of(Precision.FP32), count);
            System.out.printf("| float32 | %s |%n", Loss.of(exact, exact));
            for (Map.Entry<String, Precisions> one : variants().entrySet()) {
                System.out.printf("| %s | %s |%n", one.getKey(), Loss.of(exact, draw(folder, one.getValue(), count)));
            }
        } finally {
            FileTree.delete(folder);
        }
    }

    private static Map<String, Precisions> variants() {
        Map<String, Precisions> variants = new LinkedHashMap<>();
        for (Precision folder : List.of(Precision.FP16, Precision.BF16, Precision.INT8, Precision.INT4)) {
            variants.put(folder.option(), Precisions.of(folder));
            if (folder.isQuantized()) {
                variants.put(folder.option() + ", the sampler in float32", sampler(folder, Precision.FP32));
            }
        }
        variants.put("float32, the sampler in int8", sampler(Precision.FP32, Precision.INT8));
        return variants;
    }

    private static Precisions sampler(Precision folder, Precision sampler) {
        return new Precisions(folder, Map.of("token_sampler", sampler, "diffusion_head", sampler));
    }

    private static List<Drawn> draw(Path folder, Precisions precisions, int count) throws IOException {
        Path model = folder.resolve("model");
        Exporter.export(
                new ExportRequest(folder.resolve("checkpoint"), model, precisions, Flavor.PORTABLE, true),
                ExportListener.NONE);
        return StudyImages.with(
                model,
                images -> images.draw(count, ITERATIONS, DiffusionSteps.constant(STEPS), Reuse.NONE, Reuse.NONE));
    }
}
