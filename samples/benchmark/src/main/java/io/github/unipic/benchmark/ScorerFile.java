package io.github.unipic.benchmark;

import io.github.unipic.Image;
import io.github.unipic.ImageFormatException;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.files.AtomicFile;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** A file that a scorer reads beside, or instead of, the images of the entries. */
sealed interface ScorerFile {
    /** Its path in the batch's folder. */
    String file();

    /**
     * Writes the file if it is not there and can be made by now.
     *
     * @throws InvalidRequestException if another file has its name
     */
    void writeIn(Path folder) throws IOException;

    /** Whether a file is what this is, as far as its beginning and its end tell. */
    boolean isWhole(Path file) throws IOException;

    /** A text. */
    record Text(String file, byte[] content) implements ScorerFile {
        @Override
        public void writeIn(Path folder) throws IOException {
            write(folder, file, content);
        }

        @Override
        public boolean isWhole(Path path) throws IOException {
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
        public boolean isWhole(Path path) throws IOException {
            return isCopy(path);
        }

        private boolean isCopy(Path path) throws IOException {
            return Files.isRegularFile(path) && Files.mismatch(path, of) < 0;
        }
    }

    /**
     * Four square images as one: top left, top right, bottom left, bottom right.
     *
     * @param parts their files
     * @param side of each, pixels
     */
    record Grid(String file, List<String> parts, int side) implements ScorerFile {
        /** Tells a grid from an image of another program. */
        private static final String TEXT = "grid";

        private static final int CHANNELS = 3;

        @Override
        public void writeIn(Path folder) throws IOException {
            FileTime newest = FileTime.fromMillis(0);
            for (String part : parts) {
                Path path = folder.resolve(part);
                if (!Files.isRegularFile(path)) {
                    return;
                }
                FileTime time = Files.getLastModifiedTime(path);
                newest = time.compareTo(newest) > 0 ? time : newest;
            }
            Path grid = folder.resolve(file);
            if (Files.exists(grid)) {
                if (Files.getLastModifiedTime(grid).compareTo(newest) > 0) {
                    return;
                }
                requireOwn(grid);
            }
            Files.createDirectories(grid.getParent());
            AtomicFile.write(grid, draw(folder)::writePng);
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
                Image part = Image.read(folder.resolve(parts.get(i)));
                if (part.width() != side || part.height() != side) {
                    throw new InvalidRequestException(folder.resolve(parts.get(i)) + " is " + part.width() + " x "
                            + part.height() + " pixels, not " + side + " x " + side
                            + "; give the size that it was generated with");
                }
                byte[] pixels = part.rgb();
                for (int y = 0; y < side; y++) {
                    int line = 2 * (i / 2 * side + y) + i % 2;
                    System.arraycopy(pixels, y * row, rgb, line * row, row);
                }
            }
            return Image.ofRgb(2 * side, 2 * side, rgb).withMetadata(Map.of(TEXT, String.join(" ", parts)));
        }

        @Override
        public boolean isWhole(Path path) throws IOException {
            PngHeader header = PngHeader.read(path);
            return header.whole() && header.width() == 2 * side && header.height() == 2 * side;
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
