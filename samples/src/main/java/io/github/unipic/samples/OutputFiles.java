package io.github.unipic.samples;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * Where pictures go. A file named by the user is overwritten, as by other tools; several pictures number it
 * ({@code fox-1.png}, {@code fox-2.png}). Without a name, each picture is called by its seed ({@code unipic-7.png}) and
 * never takes the place of another file ({@code unipic-7-2.png}).
 */
final class OutputFiles {
    private static final String EXTENSION = ".png";

    private final Path folder;
    private final Optional<String> stem;
    private final int count;

    private OutputFiles(Path folder, Optional<String> stem, int count) {
        this.folder = folder;
        this.stem = stem;
        this.count = count;
    }

    /** Checks, before anything is computed, that {@code count} pictures can be written as {@code file}. */
    static OutputFiles named(Path file, int count) {
        String name =
                Optional.ofNullable(file.getFileName()).map(Path::toString).orElse("");
        if (!name.toLowerCase(Locale.ROOT).endsWith(EXTENSION) || name.length() == EXTENSION.length()) {
            throw new IllegalArgumentException("the picture must be called something.png, but -o is " + file);
        }
        String stem = name.substring(0, name.length() - EXTENSION.length());
        Path folder = file.toAbsolutePath().getParent();
        OutputFiles files = new OutputFiles(requireWritable(folder), Optional.of(stem), count);
        for (int i = 0; i < count; i++) {
            Path one = files.file(i, 0);
            if (Files.isDirectory(one)) {
                throw new IllegalArgumentException("-o is " + one + ", but that is a folder");
            }
            if (Files.exists(one) && !Files.isWritable(one)) {
                throw new IllegalArgumentException("-o is " + one + ", which exists and is write-protected");
            }
        }
        return files;
    }

    /** Names by the seed, in a folder that must be writable. */
    static OutputFiles bySeed(Path folder, int count) {
        return new OutputFiles(requireWritable(folder.toAbsolutePath()), Optional.empty(), count);
    }

    /** The file of the picture with this index (from 0) and seed, absolute. */
    Path file(int index, long seed) {
        if (stem.isPresent()) {
            return folder.resolve(stem.get() + (count == 1 ? "" : "-" + (index + 1)) + EXTENSION);
        }
        Path file = folder.resolve("unipic-" + seed + EXTENSION);
        for (int i = 2; Files.exists(file); i++) {
            file = folder.resolve("unipic-" + seed + "-" + i + EXTENSION);
        }
        return file;
    }

    private static Path requireWritable(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new IllegalArgumentException(
                    "the folder " + folder + " does not exist; make it first, or choose another with -o");
        }
        if (!Files.isWritable(folder)) {
            throw new IllegalArgumentException("the folder " + folder + " is not writable; choose another with -o");
        }
        return folder;
    }
}
