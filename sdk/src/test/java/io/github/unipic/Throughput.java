package io.github.unipic;

import io.github.unipic.testing.SmallModel;
import java.nio.file.Path;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.stream.IntStream;

/**
 * A program that measures images a minute with 1, 2 and 4 requests at once, and as one batch of 4, interleaved.
 * Arguments: images in each measurement, rounds, and a model folder, by default the small test model. See
 * docs/benchmarks.md.
 */
final class Throughput {
    private Throughput() {}

    public static void main(String[] args) throws InterruptedException, ExecutionException {
        int images = args.length > 0 ? Integer.parseInt(args[0]) : 16;
        int rounds = args.length > 1 ? Integer.parseInt(args[1]) : 5;
        Path model = args.length > 2 ? Path.of(args[2]) : SmallModel.folder();
        try (UniPic unipic = UniPic.load(model)) {
            unipic.generate(request(0, 1));
            for (int round = 0; round < rounds; round++) {
                for (int atOnce : new int[] {1, 2, 4}) {
                    report("requests at once: " + atOnce, images, () -> draw(unipic, images, atOnce, 1));
                }
                report("one batch of 4", images, () -> draw(unipic, images, 1, 4));
            }
        }
    }

    private interface Work {
        void run() throws InterruptedException, ExecutionException;
    }

    private static void report(String what, int images, Work work) throws InterruptedException, ExecutionException {
        long cpu = cpuNanos();
        long start = System.nanoTime();
        work.run();
        double seconds = (System.nanoTime() - start) / 1e9;
        System.out.printf(
                "%-22s %7.1f images a minute, %.3f s of CPU an image%n",
                what, images / seconds * 60, (cpuNanos() - cpu) / 1e9 / images);
    }

    private static long cpuNanos() {
        return ProcessHandle.current().info().totalCpuDuration().orElseThrow().toNanos();
    }

    private static void draw(UniPic unipic, int images, int atOnce, int batch)
            throws InterruptedException, ExecutionException {
        ExecutorService threads = Executors.newFixedThreadPool(atOnce);
        try {
            for (Future<?> image : IntStream.range(0, images / batch)
                    .<Future<?>>mapToObj(i -> threads.submit(() -> unipic.generate(request(i, batch))))
                    .toList()) {
                image.get();
            }
        } finally {
            threads.shutdown();
        }
    }

    private static GenerateRequest request(long seed, int count) {
        return GenerateRequest.builder("A red fox in the snow")
                .size(256, 256)
                .iterations(8)
                .diffusionSteps(25)
                .seed(seed)
                .count(count)
                .build();
    }
}
