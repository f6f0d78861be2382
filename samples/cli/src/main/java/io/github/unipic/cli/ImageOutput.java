package io.github.unipic.cli;

import io.github.unipic.EditRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.ImageRequest;
import io.github.unipic.ModelInfo;
import io.github.unipic.UniPic;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;
import picocli.CommandLine.Spec.Target;

/** The options that say how many images are drawn and where they go, and the drawing of them. */
final class ImageOutput {
    @Spec(Target.MIXEE)
    private CommandSpec command;

    @Option(
            names = {"-o", "--output"},
            paramLabel = "FILE",
            description = "Image to write, .png or .jpg; an existing one is replaced. Several images are numbered"
                    + " (fox-1.png, fox-2.png). Default: unipic-SEED.png in the current folder, replacing nothing.")
    private Path output;

    @Option(names = "--count", paramLabel = "C", description = "How many images, 1 to 64. Default: 1.")
    private Integer count;

    @Option(
            names = "--no-metadata",
            description = "Leave out the text in the image that says how it was drawn: prompt, seed and options.")
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

    /** Draws the request with the model asked for, saves the images and prints where they are. */
    int draw(Session session, ModelOptions model, ImageRequest request) {
        ImageRequest seeded = DrawingOptions.seeded(request);
        OutputFiles files = outputFiles(seeded.count());
        try (UniPic unipic = model.load(session, quiet)) {
            noteSize(session, unipic.info(), seeded);
            new Drawing(session, session.cancellation(), quiet, !noMetadata).run(seeded, files, unipic::images);
        }
        return UniPicCommand.OK;
    }

    /** Other sizes than a model was made for are possible, and may look worse. */
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
        if (!quiet && width.isPresent() && width.getAsInt() * height.getAsInt() != madeFor) {
            session.err()
                    .println("The model was made for images of " + model.defaultWidth() + " x " + model.defaultHeight()
                            + "; others may look worse.");
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
