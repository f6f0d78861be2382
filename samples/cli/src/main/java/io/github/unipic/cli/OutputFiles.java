package io.github.unipic.cli;

import io.github.unipic.files.AtomicFile;
import io.github.unipic.files.FileFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The files of generated images. A file named by the user is overwritten, as other tools do. Several images get numbers
 * ({@code fox-1.png}, {@code fox-2.png}). Without a name, each image is named after its seed ({@code unipic-7.png}) and
 * never replaces another file ({@code unipic-7-2.png}).
 */
final class OutputFiles {
    private static final String DEFAULT_EXTENSION = ".png";
    private static final Pattern NAME = Pattern.compile("(.+)(\\.(?:png|jpe?g))", Pattern.CASE_INSENSITIVE);

    private final Path given;
    private final Path folder;
    private final Optional<String> stem;
    private final String extension;
    private final int count;

    /** @param given the folder as the user has named it */
    private OutputFiles(Path given, Optional<String> stem, String extension, int count) {
        this.given = given;
        this.folder = requireFolder(given.toAbsolutePath());
        this.stem = stem;
        this.extension = extension;
        this.count = count;
    }

    /** Checks, before anything is computed, that {@code count} images can be written as {@code file}. */
    static OutputFiles named(Path file, int count) {
        String name =
                Optional.ofNullable(file.getFileName()).map(Path::toString).orElse("");
        Matcher parts = NAME.matcher(name);
        if (!parts.matches()) {
            throw new IllegalArgumentException(
                    "the image must be named something.png or something.jpg, not '" + file + "'");
        }
        OutputFiles files = new OutputFiles(
                Optional.ofNullable(file.getParent()).orElse(Path.of("")),
                Optional.of(parts.group(1)),
                parts.group(2),
                count);
        for (int i = 0; i < count; i++) {
            requirePossible(files.file(i, 0));
        }
        return files;
    }

    /** Names images after their seeds, in a folder that must be writable. */
    static OutputFiles bySeed(Path folder, int count) {
        OutputFiles files = new OutputFiles(folder, Optional.empty(), DEFAULT_EXTENSION, count);
        requirePossible(files.file(0, 0));
        return files;
    }

    /** The file of the image with this index (from 0) and seed, absolute. */
    Path file(int index, long seed) {
        if (stem.isPresent()) {
            return folder.resolve(stem.get() + (count == 1 ? "" : "-" + (index + 1)) + extension);
        }
        Path file = folder.resolve("unipic-" + seed + extension);
        for (int i = 2; Files.exists(file); i++) {
            file = folder.resolve("unipic-" + seed + "-" + i + extension);
        }
        return file;
    }

    /** The name of a file for the user, in the folder as it was given. */
    String display(Path file) {
        return given.resolve(file.getFileName()).toString();
    }

    private static Path requireFolder(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new IllegalArgumentException("the folder " + folder + " "
                    + (Files.exists(folder)
                            ? "is a file; choose another"
                            : "does not exist; make it first, or choose another"));
        }
        return folder;
    }

    private static void requirePossible(Path file) {
        if (Files.isDirectory(file)) {
            throw new IllegalArgumentException(file + " is a folder; choose another name for the image");
        }
        if (Files.exists(file) && !Files.isWritable(file)) {
            throw new IllegalArgumentException(file + " exists and is write-protected; choose another name");
        }
        try {
            AtomicFile.requirePossible(file);
        } catch (IOException e) {
            throw new IllegalArgumentException(
                    "the image cannot be written to " + file + " (" + FileFailure.reason(e)
                            + "); choose another name or folder",
                    e);
        }
    }
}
