package io.github.unipic.cli;

import io.github.unipic.DataFolder;
import io.github.unipic.OutputException;
import io.github.unipic.export.Precision;
import io.github.unipic.export.hub.DownloadRequest;
import io.github.unipic.files.AtomicFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * The user's data folder: downloaded checkpoints, the models that were exported from them, and a file that names the
 * model in use, which is the one that {@code unipic download --export} made last.
 */
record DownloadedModel(Path data) {
    private static final String CURRENT = "current-model";
    private static final long LONGEST_PATH = 1 << 15;

    static DownloadedModel of(Session session) {
        return new DownloadedModel(DataFolder.of(
                System.getProperty("os.name"), session.environment(), Path.of(System.getProperty("user.home"))));
    }

    /** The folder for a repository's checkpoint. */
    Path checkpoint(String repository) {
        return data.resolve("checkpoints").resolve(name(repository));
    }

    /** The folder for its model of a precision. */
    Path model(String repository, Precision precision) {
        return data.resolve("models").resolve(name(repository) + suffix(precision));
    }

    /** The folder for a model whose checkpoint's folder the user has chosen: next to it. */
    static Path modelBeside(Path checkpoint, Precision precision) {
        Path absolute = checkpoint.toAbsolutePath().normalize();
        return absolute.resolveSibling(absolute.getFileName() + suffix(precision));
    }

    /** Of the published model without its owner; a fork of the same name has other folders. */
    private static String name(String repository) {
        return repository.equals(DownloadRequest.REPOSITORY)
                ? repository.substring(repository.indexOf('/') + 1)
                : repository.replace("/", "--");
    }

    private static String suffix(Precision precision) {
        return "-" + precision.name().toLowerCase(Locale.ROOT);
    }

    /** The model in use; its folder may no longer exist. */
    Optional<Path> current() {
        Path file = data.resolve(CURRENT);
        try {
            if (!Files.isRegularFile(file) || Files.size(file) > LONGEST_PATH) {
                return Optional.empty();
            }
            return Optional.of(Files.readString(file).strip())
                    .filter(text -> !text.isEmpty())
                    .map(Path::of)
                    .filter(Path::isAbsolute);
        } catch (IOException | InvalidPathException e) {
            return Optional.empty(); // if it is damaged or not readable, no model is in use
        }
    }

    /** Makes a model the one in use. */
    void use(Path model) {
        Path file = data.resolve(CURRENT);
        try {
            Files.createDirectories(data);
            AtomicFile.write(
                    file,
                    out -> out.write((model.toAbsolutePath().normalize() + "\n").getBytes(StandardCharsets.UTF_8)));
        } catch (IOException e) {
            throw new OutputException(
                    "The model is complete, but " + file + " cannot be written, so it is not used by default",
                    e,
                    "use --model " + model + ", or make room there and run the same command again");
        }
    }
}
