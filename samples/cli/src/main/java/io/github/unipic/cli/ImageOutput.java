package io.github.unipic.cli;

import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.UniPic;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
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
            names = {"-q", "--quiet"},
            description = "Print only the names of the files written.")
    private boolean quiet;

    boolean quiet() {
        return quiet;
    }

    void applyTo(GenerateRequest.Builder builder) {
        Optional.ofNullable(count).ifPresent(builder::count);
    }

    /** Draws the request with the model asked for, saves the images and prints where they are. */
    int draw(
            Session session,
            ModelOptions model,
            GenerateRequest request,
            BiFunction<UniPic, GenerateRequest, List<Image>> task) {
        GenerateRequest seeded = DrawingOptions.seeded(request);
        OutputFiles files = outputFiles(seeded.count());
        try (UniPic unipic = model.load(session, quiet)) {
            new Drawing(session, session.cancellation(), quiet).run(seeded, files, r -> task.apply(unipic, r));
        }
        return UniPicCommand.OK;
    }

    private OutputFiles outputFiles(int images) {
        try {
            return output == null ? OutputFiles.bySeed(Path.of(""), images) : OutputFiles.named(output, images);
        } catch (IllegalArgumentException e) {
            throw new ParameterException(command.commandLine(), e.getMessage(), e);
        }
    }
}
