package io.github.unipic;

import io.github.unipic.runtime.Tensor;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A program that generates many small images, asks a question about each, and prints the resident memory (Linux) on the
 * way. Arguments: rounds, and a model folder, by default the small test model. See docs/benchmarks.md.
 */
final class Soak {
    private static final int EVERY = 50;

    private Soak() {}

    public static void main(String[] args) throws IOException {
        int rounds = args.length > 0 ? Integer.parseInt(args[0]) : 500;
        Path model = args.length > 1 ? Path.of(args[1]) : SmallModel.folder();
        try (UniPic unipic = UniPic.load(model)) {
            for (int round = 1; round <= rounds; round++) {
                GenerateRequest request = GenerateRequest.builder("A red fox, number " + round)
                        .size(64, 64)
                        .iterations(4)
                        .diffusionSteps(10)
                        .seed(round)
                        .build();
                Image image = unipic.generate(request).get(0);
                DescribeRequest question = DescribeRequest.builder("What is number " + round + "?")
                        .image(image)
                        .maxTokens(8)
                        .build();
                unipic.describe(question);
                if (round % EVERY == 0) {
                    System.out.printf(
                            "%d images and questions: %.1f MB resident, %d tensors open%n",
                            round, residentBytes() / 1e6, Tensor.open());
                }
            }
        }
    }

    private static long residentBytes() throws IOException {
        System.gc();
        return 4096
                * Long.parseLong(Files.readString(Path.of("/proc/self/statm")).split(" ")[1]);
    }
}
