package io.github.unipic.cli;

import io.github.unipic.Answer;
import io.github.unipic.DescribeRequest;
import io.github.unipic.UniPic;
import io.github.unipic.VisionPath;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code unipic describe}: answers a question about images. */
@Command(
        name = "describe",
        description = {
            "Describes an image, or answers a question about one or several.",
            "Streams the answer to stdout, and nothing else.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  unipic describe fox.png",
            "  unipic describe photo.jpg \"How many people are there?\" --model unipic-1.5b",
            "  unipic describe before.png \"What has changed?\" --image after.png",
        })
final class DescribeCommand implements Callable<Integer> {
    @ParentCommand
    private UniPicCommand unipic;

    @Spec
    private CommandSpec spec;

    @Parameters(index = "0", paramLabel = "IMAGE", description = "Image that the question is about.")
    private Path image;

    @Parameters(
            index = "1",
            arity = "0..1",
            paramLabel = "QUESTION",
            defaultValue = "",
            converter = TextArgument.Converter.class,
            description = "What to answer, in quotes. Default: describe the image in detail.")
    private String question;

    @Option(names = "--image", paramLabel = "MORE", description = "A further image after IMAGE; can be repeated.")
    private List<Path> more = List.of();

    @Mixin
    private ModelOptions model;

    @Option(
            names = "--vision",
            paramLabel = "NAME",
            description = "Encoder for the images: siglip or mar. Default: siglip if the model has it.")
    private VisionPath vision;

    @Option(
            names = "--max-tokens",
            paramLabel = "N",
            description = "Most tokens of the answer; 4 tokens are about 3 English words. Default: 1024.")
    private Integer maxTokens;

    @Option(names = "--temperature", paramLabel = "T", description = "Randomness of sampling; 0 is greedy. Default: 0.")
    private Double temperature;

    @Option(
            names = "--top-p",
            paramLabel = "P",
            description = "Sample from the most likely tokens that together have this probability, above 0 to 1."
                    + " Default: 1, all tokens.")
    private Double topP;

    @Option(
            names = "--top-k",
            paramLabel = "K",
            description = "Sample from the K most likely tokens; 0 is all. Default: 0.")
    private Integer topK;

    @Option(
            names = "--repetition-penalty",
            paramLabel = "R",
            description = "Values above 1 make repetition less likely. Default: 1.")
    private Double repetitionPenalty;

    @Option(
            names = "--stop",
            paramLabel = "TEXT",
            converter = TextArgument.Converter.class,
            description = "Stop sequence: a text that ends the answer and is left out; can be repeated.")
    private List<String> stops = List.of();

    @Option(names = "--seed", paramLabel = "N", description = "Seed for sampling, a whole number. Default: random.")
    private Long seed;

    @Mixin
    private SpecialTokensOption specialTokens;

    @Option(
            names = {"-q", "--quiet"},
            description = "Print only the answer and errors.")
    private boolean quiet;

    @Override
    public Integer call() {
        Session session = unipic.session();
        AnswerPrinter printer = new AnswerPrinter(session.out());
        DescribeRequest request = request(printer);
        Answer answer;
        try (UniPic loaded = model.load(session, quiet)) {
            answer = printer.print(() -> loaded.describe(request));
        }
        if (!quiet) {
            AnswerPrinter.otherVision(answer).ifPresent(session.err()::println);
            AnswerPrinter.cutShort(answer, "--max-tokens gives more").ifPresent(session.err()::println);
        }
        return UniPicCommand.OK;
    }

    private DescribeRequest request(AnswerPrinter printer) {
        if (isFile(question)) {
            throw new ParameterException(
                    spec.commandLine(),
                    "the question is '" + question + "', which is a file; give further images with --image");
        }
        DescribeRequest.Builder builder = DescribeRequest.builder(question)
                .listener(printer)
                .cancellation(unipic.session().cancellation());
        specialTokens.applyTo(builder);
        Optional.ofNullable(vision).ifPresent(builder::vision);
        Optional.ofNullable(maxTokens).ifPresent(builder::maxTokens);
        Optional.ofNullable(temperature).ifPresent(builder::temperature);
        Optional.ofNullable(topP).ifPresent(builder::topP);
        Optional.ofNullable(topK).ifPresent(builder::topK);
        Optional.ofNullable(repetitionPenalty).ifPresent(builder::repetitionPenalty);
        Optional.ofNullable(seed).ifPresent(builder::seed);
        stops.forEach(builder::stopSequence);
        builder.build(); // reports wrong options before large images are read
        builder.image(InputImage.read(spec, image));
        more.forEach(file -> builder.image(InputImage.read(spec, file)));
        return builder.build();
    }

    private static boolean isFile(String text) {
        try {
            return !text.isBlank() && Files.isRegularFile(Path.of(text));
        } catch (InvalidPathException e) {
            return false;
        }
    }
}
