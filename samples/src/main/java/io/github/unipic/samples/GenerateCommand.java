package io.github.unipic.samples;

import io.github.unipic.GenerateRequest;
import io.github.unipic.GuidanceSchedule;
import io.github.unipic.Image;
import io.github.unipic.ImageFormatException;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.UniPic;
import java.io.PrintStream;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.ThreadLocalRandom;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code unipic generate}: draws pictures from a text. */
@Command(
        name = "generate",
        description = "Draws pictures from a text and writes them as PNG.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  unipic generate \"A red fox in the snow\" -o fox.png",
            "  unipic generate \"A lighthouse at night\" --model unipic-1.5b --size 640x384 --seed 7",
            "  unipic generate \"A teapot\" -o teapot.png --count 4      (teapot-1.png ... teapot-4.png)",
            "  unipic generate --from fox.png -o again.png             (the same picture again)",
        })
final class GenerateCommand implements Callable<Integer> {
    @ParentCommand
    private UniPicCommand unipic;

    @Spec
    private CommandSpec spec;

    @Parameters(arity = "0..1", paramLabel = "PROMPT", description = "What to draw, in quotes.")
    private String prompt;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE.png",
            description = "Picture to write; an existing one is replaced. Several pictures are numbered (fox-1.png,"
                    + " fox-2.png). Default: unipic-SEED.png in the current folder, replacing nothing.")
    private Path output;

    @Mixin
    private ModelOptions model;

    @Option(
            names = "--size",
            paramLabel = "SIZE",
            converter = ImageSize.Converter.class,
            description = "512 for a square, or WIDTHxHEIGHT such as 640x384; in pixels, multiples of 16. Default: the"
                    + " model's size.")
    private ImageSize size;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description =
                    "Whole number that fixes the randomness: the same seed and options draw the same picture. With"
                            + " --count, pictures get N, N+1, ... Default: a random one, which is printed.")
    private Long seed;

    @Option(
            names = "--iterations",
            paramLabel = "K",
            description = "Steps in which the picture is filled in; more is slower and better. Default: the model's.")
    private Integer iterations;

    @Option(
            names = "--guidance",
            paramLabel = "G",
            description = "How strictly to follow the text; 1 is no guidance. Default: the model's.")
    private Double guidance;

    @Option(
            names = "--guidance-schedule",
            paramLabel = "NAME",
            description = "constant, or linear: rising from 1 to G over the picture. Default: the model's.")
    private GuidanceSchedule guidanceSchedule;

    @Option(
            names = "--temperature",
            paramLabel = "T",
            description = "Scale of the noise; below 1 is smoother and less varied. Default: the model's.")
    private Double temperature;

    @Option(
            names = "--steps",
            paramLabel = "S",
            description = "Diffusion steps for each part of the picture, 1 to 1000. Default: the model's.")
    private Integer steps;

    @Option(names = "--count", paramLabel = "C", description = "How many pictures, 1 to 64. Default: 1.")
    private Integer count;

    @Option(
            names = "--from",
            paramLabel = "PICTURE.png",
            description = "Take prompt, seed and options from a picture that unipic wrote; options given here win.")
    private Path from;

    @Option(
            names = {"-q", "--quiet"},
            description = "Print only the names of the files written.")
    private boolean quiet;

    @Override
    public Integer call() {
        Session session = unipic.session();
        GenerateRequest request = request();
        OutputFiles files = outputFiles(request.count());
        long firstSeed = request.seed().orElseThrow();

        long start = System.nanoTime();
        List<Image> images;
        try (UniPic loaded = model.load(session, quiet);
                ProgressDisplay progress =
                        ProgressDisplay.start(session, quiet, "Drawing", ProgressDisplay.Unit.ITERATIONS)) {
            images = loaded.generate(request.toBuilder()
                    .cancellation(session.cancellation())
                    .progress(p -> progress.update(p.iteration(), p.iterations(), p.remaining()))
                    .build());
        }
        PrintStream out = session.out();
        for (int i = 0; i < images.size(); i++) {
            Image image = images.get(i);
            Path file = files.file(i, firstSeed + i);
            image.save(file);
            String name = display(file);
            out.println(
                    quiet
                            ? name
                            : "Wrote " + name + " (" + image.width() + " x " + image.height() + ", seed "
                                    + (firstSeed + i) + ")");
        }
        if (!quiet) {
            out.println("Took " + Quantities.time(Duration.ofNanos(System.nanoTime() - start)));
        }
        return UniPicCommand.OK;
    }

    /** The request without what watches it; its seed is always set, so that it can be told to the user. */
    private GenerateRequest request() {
        GenerateRequest.Builder builder;
        if (from != null) {
            builder = earlier().toBuilder();
            if (prompt != null) {
                builder.prompt(prompt);
            }
        } else if (prompt != null) {
            builder = GenerateRequest.builder(prompt);
        } else {
            throw wrong("say what to draw: unipic generate \"A red fox in the snow\"");
        }
        if (prompt != null && prompt.indexOf('\uFFFD') >= 0) {
            throw wrong("the prompt has characters that Java cannot read in this terminal's character set; set"
                    + " LC_ALL=C.UTF-8 and try again");
        }
        Optional.ofNullable(size).ifPresent(s -> builder.size(s.width(), s.height()));
        Optional.ofNullable(iterations).ifPresent(builder::iterations);
        Optional.ofNullable(guidance).ifPresent(builder::guidance);
        Optional.ofNullable(guidanceSchedule).ifPresent(builder::guidanceSchedule);
        Optional.ofNullable(temperature).ifPresent(builder::temperature);
        Optional.ofNullable(steps).ifPresent(builder::diffusionSteps);
        Optional.ofNullable(count).ifPresent(builder::count);
        Optional.ofNullable(seed).ifPresent(builder::seed);
        GenerateRequest request = builder.build();
        // Short enough to type again.
        return request.seed().isPresent()
                ? request
                : builder.seed(ThreadLocalRandom.current().nextInt(1, 1_000_000_000))
                        .build();
    }

    private GenerateRequest earlier() {
        try {
            return Image.read(from)
                    .request()
                    .orElseThrow(() -> wrong(
                            "--from is " + from + ", but unipic did not write that picture: it holds no request"));
        } catch (ImageFormatException | InvalidRequestException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    private OutputFiles outputFiles(int pictures) {
        try {
            return output == null ? OutputFiles.bySeed(Path.of(""), pictures) : OutputFiles.named(output, pictures);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), e.getMessage(), e);
        }
    }

    /** As the user would write it: relative where -o was. */
    private String display(Path file) {
        Path here = Path.of("").toAbsolutePath();
        boolean relative = output == null || !output.isAbsolute();
        return (relative ? here.relativize(file).normalize() : file).toString();
    }

    private ParameterException wrong(String message) {
        return new ParameterException(spec.commandLine(), message);
    }
}
