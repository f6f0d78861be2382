package io.github.unipic.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Image;
import io.github.unipic.ImageFormatException;
import io.github.unipic.ReadOptions;
import java.awt.image.Raster;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;

/** A folder of image files in the test resources, with their correct content as PNG in {@code expected}. */
record ReferenceImages(Path folder) {
    static ReferenceImages of(String name) {
        try {
            return new ReferenceImages(
                    Path.of(ReferenceImages.class.getResource("/" + name).toURI()));
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    List<String> names() {
        try (Stream<Path> files = Files.list(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString())
                    .sorted()
                    .toList();
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    byte[] bytes(String name) {
        try {
            return Files.readAllBytes(folder.resolve(name));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
    }

    /** The largest difference of a pixel value from the expected one. */
    int difference(String name) throws IOException {
        Image read = Image.decode(bytes(name), ReadOptions.DEFAULT);
        Raster expected = ImageIO.read(
                        folder.resolve("expected/" + name + ".png").toFile())
                .getRaster();
        assertThat(List.of(read.width(), read.height())).isEqualTo(List.of(expected.getWidth(), expected.getHeight()));
        int[] values = expected.getPixels(0, 0, expected.getWidth(), expected.getHeight(), (int[]) null);
        byte[] rgb = read.rgb();
        assertThat(values).hasSameSizeAs(rgb);
        int most = 0;
        for (int i = 0; i < values.length; i++) {
            most = Math.max(most, Math.abs((rgb[i] & 0xff) - values[i]));
        }
        return most;
    }

    /** What is read; empty if it is refused, in one line. */
    static Optional<Image> read(byte[] bytes) {
        try {
            return Optional.of(Image.decode(bytes, new ReadOptions(true, 4_000_000)));
        } catch (ImageFormatException e) {
            assertThat(e.getMessage().lines()).hasSize(1);
            return Optional.empty();
        }
    }

    /** Changes bytes at random, many times: each time an image is read or refused. */
    void damage(String name, int times) {
        byte[] whole = bytes(name);
        Random random = new Random(name.hashCode());
        for (int i = 0; i < times; i++) {
            byte[] damaged = whole.clone();
            for (int k = 0; k <= i % 3; k++) {
                damaged[random.nextInt(i % 2 == 0 ? whole.length : Math.min(whole.length, 60))] =
                        (byte) random.nextInt();
            }
            read(damaged);
        }
    }
}
