package io.github.unipic.cli;

import io.github.unipic.GuidanceSchedule;
import io.github.unipic.ImageRequest;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** The options for image generation that all tasks share. */
final class GenerationOptions {
    private static final int LARGEST_RANDOM_SEED = 1_000_000_000;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Whole number that fixes the randomness: the same seed and options give the same image."
                    + " Further images use N+1, N+2, ... Default: a random one, which is printed.")
    private Long seed;

    @Option(
            names = "--iterations",
            paramLabel = "K",
            description = "Iterations per image; more are slower and better. Default: the model's.")
    private Integer iterations;

    @Option(
            names = "--guidance",
            paramLabel = "G",
            description = "How closely to follow the prompt; 1 is off. Default: the model's.")
    private Double guidance;

    @Option(
            names = "--guidance-schedule",
            paramLabel = "NAME",
            description = "constant, or linear: rising from 1 to G over the image. Default: the model's.")
    private GuidanceSchedule guidanceSchedule;

    @Option(
            names = "--temperature",
            paramLabel = "T",
            description = "Scale of the noise; below 1 images are smoother and vary less. Default: the model's.")
    private Double temperature;

    @Mixin
    private WorkOptions work;

    @Option(
            names = "--negative-prompt",
            paramLabel = "TEXT",
            converter = TextArgument.Converter.class,
            description = "The unconditional prompt that guidance leads away from. Default: the model's, such as"
                    + " \"Generate an image.\"")
    private String negativePrompt;

    /** Sets the given options and leaves the others. */
    void applyTo(ImageRequest.Builder<?> builder) {
        work.applyTo(builder);
        Optional.ofNullable(negativePrompt).ifPresent(builder::negativePrompt);
        Optional.ofNullable(iterations).ifPresent(builder::iterations);
        Optional.ofNullable(guidance).ifPresent(builder::guidance);
        Optional.ofNullable(guidanceSchedule).ifPresent(builder::guidanceSchedule);
        Optional.ofNullable(temperature).ifPresent(builder::temperature);
        Optional.ofNullable(seed).ifPresent(builder::seed);
    }

    OptionalLong seed() {
        return seed == null ? OptionalLong.empty() : OptionalLong.of(seed);
    }

    /** The request with a seed: the given one, or a random one that can be printed. */
    static ImageRequest seeded(ImageRequest request) {
        return request.seed().isPresent()
                ? request
                : request.toBuilder().seed(randomSeed()).build();
    }

    /** A seed short enough to type. */
    private static long randomSeed() {
        return ThreadLocalRandom.current().nextInt(1, LARGEST_RANDOM_SEED);
    }
}
