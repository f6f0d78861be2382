package io.github.unipic.cli;

import io.github.unipic.EditRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.ImageRequest;
import io.github.unipic.ModelInfo;
import io.github.unipic.UniPic;
import io.github.unipic.conformance.meaning.World;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletableFuture;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The options for the number of images and their files; generates and saves the images. */
final class ImageOutput {
    @Spec(Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "Image to write, .png or .jpg; an existing file is replaced. Several images are numbered"
                    + " (fox-1.png, fox-2.png). Default: unipic-SEED.png in the current folder; replaces no file.")
    private Path output;

    @Option(names = "--count", paramLabel = "C", description = "Number of images, 1 to 64. Default: 1.")
    private Integer count;

    @Option(names = "--no-metadata", description = "Write no prompt, seed and options into the image.")
    private boolean noMetadata;

    @Option(
            names = {"-q", "--quiet"},
            description = "Print only the names of the files written.")
    private boolean quiet;

    boolean quiet() {
        return quiet;
    }

    void applyTo(ImageRequest.Builder<?> builder) {
        Optional.ofNullable(count).ifPresent(builder::count);
    }

    /** Loads the model, generates the images of the request, saves them and prints their names. */
    int generate(Session session, ModelOptions model, ImageRequest request) {
        ImageRequest seeded = GenerationOptions.seeded(request);
        OutputFiles files = outputFiles(seeded.count());
        // Meanwhile ONNX Runtime loads.
        Supplier<Boolean> known = quiet || !model.isBuiltIn(session)
                ? () -> true
                : CompletableFuture.supplyAsync(() -> builtInKnows(request))::join;
        try (UniPic unipic = model.load(session, known::get)) {
            noteSize(session, unipic.info(), seeded);
            noteTokens(session, unipic.info(), seeded);
            new Generation(session, session.cancellation(), quiet, !noMetadata).run(seeded, files, unipic::images);
        }
        return UniPicCommand.OK;
    }

    /** Whether a prompt is from the built-in model's world, so that it needs no note about that. Edits have none. */
    private static boolean builtInKnows(ImageRequest request) {
        return !(request instanceof EditRequest) && World.load().knows(request.prompt());
    }

    /** Prints a note about a size that the model was not made for, as its images may look worse. */
    private void noteSize(Session session, ModelInfo model, ImageRequest request) {
        OptionalInt width = OptionalInt.empty();
        OptionalInt height = OptionalInt.empty();
        if (request instanceof GenerateRequest generate) {
            width = generate.width();
            height = generate.height();
        } else if (request instanceof EditRequest edit) {
            width = edit.size();
            height = edit.size();
        }
        int madeFor = model.defaultWidth() * model.defaultHeight();
        boolean possible = width.orElse(0) % model.sizeMultiple() == 0 && height.orElse(0) % model.sizeMultiple() == 0;
        if (!quiet && width.isPresent() && possible && width.getAsInt() * height.getAsInt() != madeFor) {
            session.err()
                    .println("The model was made for images of " + model.defaultWidth() + " x " + model.defaultHeight()
                            + "; other sizes may look worse.");
        }
    }

    /** Prints a note if tokens cannot be reused. */
    private void noteTokens(Session session, ModelInfo model, ImageRequest request) {
        boolean possible =
                model.graphs().stream().anyMatch(graph -> graph.name().equals("mar_decoder_cached"));
        if (!quiet && request.tokenReuse().isPresent() && !possible) {
            session.err()
                    .println("The model folder has no mar_decoder_cached, so every token is computed; export it again"
                            + " to take less time.");
        }
    }

    private OutputFiles outputFiles(int images) {
        try {
            return output == null ? OutputFiles.bySeed(Path.of(""), images) : OutputFiles.named(output, images);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), e.getMessage(), e);
        }
    }
}
