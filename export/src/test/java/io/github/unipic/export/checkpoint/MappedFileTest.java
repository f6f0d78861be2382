package io.github.unipic.export.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MappedFileTest {
    /** More than are kept. */
    private static final int WINDOWS = 10;

    private static final int INSIDE = 1000;

    /** Into the next window. */
    private static final int ACROSS = (int) MappedFile.WINDOW - 2;

    @TempDir
    private Path folder;

    /** A file of holes, but for one number in each window and one across its end. */
    @Test
    void moreWindowsThanAreKeptCanBeRead() throws IOException {
        Path file = folder.resolve("file");
        try (RandomAccessFile holes = new RandomAccessFile(file.toFile(), "rw")) {
            for (int i = 0; i < WINDOWS; i++) {
                holes.seek(i * MappedFile.WINDOW + INSIDE);
                holes.writeInt(Integer.reverseBytes(i + 1));
                holes.seek(i * MappedFile.WINDOW + ACROSS);
                holes.writeInt(Integer.reverseBytes(-i - 1));
            }
        }
        try (MappedFile mapped = MappedFile.open(file)) {
            for (int pass = 0; pass < 2; pass++) {
                for (int i = 0; i < WINDOWS; i++) {
                    assertThat(number(mapped, i * MappedFile.WINDOW + INSIDE)).isEqualTo(i + 1);
                    assertThat(number(mapped, i * MappedFile.WINDOW + ACROSS)).isEqualTo(-i - 1);
                }
            }
        }
    }

    private static int number(MappedFile file, long position) {
        MappedFile.Window window = file.window(position);
        assertThat(window.holds(position, Integer.BYTES)).isTrue();
        return window.bytes().getInt((int) (position - window.start()));
    }
}
