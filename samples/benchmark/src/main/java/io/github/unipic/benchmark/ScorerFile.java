package io.github.unipic.benchmark;

import io.github.unipic.Image;
import io.github.unipic.ImageFormatException;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.batch.BatchEntry;
import io.github.unipic.batch.BatchFiles;
import io.github.unipic.files.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** A file that a scorer reads beside, or instead of, the images of the entries. */
sealed interface ScorerFile {
    /** Its path in the batch's folder. */
    String file();

    /**
     * Checks that nothing is in the way of the file.
     *
     * @throws InvalidRequestException if another file has its name
     */
    default void requireFree(Path folder) throws IOException {
        Path path = folder.resolve(file());
        if (Files.exists(path) && !(Files.isRegularFile(path) && isWhole(folder))) {
            throw foreign(path);
        }
    }

    /**
     * Writes the file if it is not there and can be made by now.
     *
     * @throws InvalidRequestException if another file has its name
     */
    void writeIn(Path folder) throws IOException;

    /** Whether the file, which is there, is what this is. */
    boolean isWhole(Path folder) throws IOException;

    /** A text. */
    record Text(String file, byte[] content) implements ScorerFile {
        @Override
        public void writeIn(Path folder) throws IOException {
            write(folder, file, content);
        }

        @Override
        public boolean isWhole(Path folder) throws IOException {
            Path path = folder.resolve(file);
            return Files.size(path) == content.length && Arrays.equals(Files.readAllBytes(path), content);
        }
    }

    /** A copy of another file. */
    record Copy(String file, Path of) implements ScorerFile {
        @Override
        public void writeIn(Path folder) throws IOException {
            if (!isCopy(folder.resolve(file))) {
                write(folder, file, Files.readAllBytes(of));
            }
        }

        @Override
        public boolean isWhole(Path folder) throws IOException {
            return isCopy(folder.resolve(file));
        }

        private boolean isCopy(Path path) throws IOException {
            return Files.isRegularFile(path) && Files.mismatch(path, of) < 0;
        }
    }

    /**
     * Four square images as one: top left, top right, bottom left, bottom right.
     *
     * @param parts the entries that generate them
     * @param side of each, pixels
     */
    record Grid(String file, List<BatchEntry> parts, int side) implements ScorerFile {
        /** Tells a grid from an image of another program. */
        private static final String TEXT = "grid";

        private static final int CHANNELS = 3;

        /** A grid that is newer than its parts is not read: that would take long. */
        @Override
        public void requireFree(Path folder) throws IOException {
            Path grid = folder.resolve(file);
            if (Files.exists(grid)) {
                Optional<FileTime> newest = newestPart(folder);
                if (newest.isEmpty() || Files.getLastModifiedTime(grid).compareTo(newest.get()) <= 0) {
                    requireOwn(grid);
                }
            }
        }

        @Override
        public void writeIn(Path folder) throws IOException {
            Optional<FileTime> newest = newestPart(folder);
            if (newest.isEmpty()) {
                return;
            }
            Path grid = folder.resolve(file);
            if (Files.exists(grid)) {
                if (Files.getLastModifiedTime(grid).compareTo(newest.get()) > 0) {
                    return;
                }
                requireOwn(grid);
            }
            if (areOfEntries(folder)) {
                Files.createDirectories(grid.getParent());
                AtomicFile.write(grid, draw(folder)::writePng);
            }
        }

        /** When the last part was written; empty if one is not there. */
        private Optional<FileTime> newestPart(Path folder) throws IOException {
            FileTime newest = FileTime.fromMillis(0);
            for (BatchEntry part : parts) {
                Path path = folder.resolve(part.file());
                if (!Files.isRegularFile(path)) {
                    return Optional.empty();
                }
                FileTime time = Files.getLastModifiedTime(path);
                newest = time.compareTo(newest) > 0 ? time : newest;
            }
            return Optional.of(newest);
        }

        /** Not if only some of the shards have been restarted with other options. */
        private boolean areOfEntries(Path folder) {
            BatchFiles results = new BatchFiles(folder, "");
            try {
                return parts.stream().allMatch(part -> results.find(part).isPresent());
            } catch (InvalidRequestException e) {
                return false;
            }
        }

        private static void requireOwn(Path grid) {
            try {
                if (Image.read(grid).metadata().containsKey(TEXT)) {
                    return;
                }
            } catch (ImageFormatException e) {
                // not ours
            }
            throw foreign(grid);
        }

        private Image draw(Path folder) {
            byte[] rgb = new byte[Math.multiplyExact(4 * CHANNELS, Math.multiplyExact(side, side))];
            int row = side * CHANNELS;
            for (int i = 0; i < parts.size(); i++) {
                Path path = folder.resolve(parts.get(i).file());
                Image part = Image.read(path);
                if (part.width() != side || part.height() != side) {
                    throw new InvalidRequestException(path + " is " + part.width() + " x " + part.height()
                            + " pixels, not " + side + " x " + side + "; give the size that it was generated with");
                }
                byte[] pixels = part.rgb();
                for (int y = 0; y < side; y++) {
                    int line = 2 * (i / 2 * side + y) + i % 2;
                    System.arraycopy(pixels, y * row, rgb, line * row, row);
                }
            }
            return Image.ofRgb(2 * side, 2 * side, rgb)
                    .withMetadata(
                            Map.of(TEXT, parts.stream().map(BatchEntry::file).collect(Collectors.joining(" "))));
        }

        @Override
        public boolean isWhole(Path folder) throws IOException {
            PngHeader header = PngHeader.read(folder.resolve(file));
            return header.whole() && header.width() == 2 * side && header.height() == 2 * side && showsParts(folder);
        }

        /** A copy of the scorer's folder has no parts to compare with. */
        private boolean showsParts(Path folder) throws IOException {
            if (!Files.isDirectory(folder.resolve(parts.get(0).file()).getParent())) {
                return true;
            }
            Path grid = folder.resolve(file);
            Optional<FileTime> newest = newestPart(folder);
            if (newest.isEmpty() || newest.get().compareTo(Files.getLastModifiedTime(grid)) <= 0) {
                return newest.isPresent();
            }
            try { // copying may have changed the times
                return Arrays.equals(draw(folder).rgb(), Image.read(grid).rgb());
            } catch (ImageFormatException | InvalidRequestException e) {
                return false;
            }
        }
    }

    private static void write(Path folder, String file, byte[] content) throws IOException {
        Path path = folder.resolve(file);
        if (Files.exists(path)) {
            if (!Files.isRegularFile(path) || !Arrays.equals(Files.readAllBytes(path), content)) {
                throw foreign(path);
            }
            return;
        }
        Files.createDirectories(path.getParent());
        AtomicFile.write(path, out -> out.write(content));
    }

    private static InvalidRequestException foreign(Path path) {
        return new InvalidRequestException(path + " is not of these prompts; move it away, or choose another folder");
    }
}
