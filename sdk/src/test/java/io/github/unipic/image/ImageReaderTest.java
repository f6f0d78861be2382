package io.github.unipic.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import io.github.unipic.Image;
import io.github.unipic.ImageFormatException;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.ReadOptions;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files written by Pillow, compared with the RGB that Pillow reads from them. */
class ImageReaderTest {
    /** Whole in Pillow's eyes, but of a variant that is refused. */
    private static final List<String> REFUSED = List.of("big.tif");

    private static Path folder() {
        try {
            return Path.of(ImageReaderTest.class.getResource("/image").toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    static List<String> names() throws IOException {
        try (Stream<Path> files = Files.list(folder())) {
            List<String> names = files.filter(Files::isRegularFile)
                    .map(file -> file.getFileName().toString())
                    .filter(name -> !REFUSED.contains(name))
                    .sorted()
                    .toList();
            assertThat(names).hasSizeGreaterThan(60);
            return names;
        }
    }

    private static byte[] bytes(String name) throws IOException {
        return Files.readAllBytes(folder().resolve(name));
    }

    private static Image decode(byte[] bytes) {
        return Image.decode(bytes, ReadOptions.DEFAULT);
    }

    // The expected images are plain 8-bit RGB PNG files, read here without the code under test.
    private static Image expected(String name) throws IOException {
        BufferedImage image =
                ImageIO.read(folder().resolve("expected/" + name + ".png").toFile());
        int[] rgb = image.getRaster().getPixels(0, 0, image.getWidth(), image.getHeight(), (int[]) null);
        byte[] bytes = new byte[rgb.length];
        for (int i = 0; i < rgb.length; i++) {
            bytes[i] = (byte) rgb[i];
        }
        return Image.ofRgb(image.getWidth(), image.getHeight(), bytes);
    }

    private static double meanDifference(Image a, Image b) {
        byte[] first = a.rgb();
        byte[] second = b.rgb();
        long sum = 0;
        for (int i = 0; i < first.length; i++) {
            sum += Math.abs((first[i] & 0xff) - (second[i] & 0xff));
        }
        return (double) sum / first.length;
    }

    @ParameterizedTest
    @MethodSource("names")
    void readsWhatPillowReads(String name) throws IOException {
        Image read = Image.read(folder().resolve(name));
        Image expected = expected(name);
        assertThat(read.width()).isEqualTo(expected.width());
        assertThat(read.height()).isEqualTo(expected.height());
        double limit = name.startsWith("lossy") ? 2 : name.endsWith(".jpg") || name.equals("jpeg.tif") ? 0.1 : 0;
        assertThat(meanDifference(read, expected)).isLessThanOrEqualTo(limit);
    }

    @ParameterizedTest
    @ValueSource(strings = {"orientation-6.jpg", "orientation-6.png", "orientation-6.tif", "orientation-6.webp"})
    void orientationCanBeSwitchedOff(String name) throws IOException {
        Image upright = Image.read(folder().resolve(name));
        Image stored = Image.read(folder().resolve(name), new ReadOptions(false, 1_000_000));
        assertThat(stored.width()).isEqualTo(upright.height());
        for (int y = 0; y < stored.height(); y++) {
            for (int x = 0; x < stored.width(); x++) {
                int from = (y * stored.width() + x) * 3;
                int to = (x * upright.width() + upright.width() - 1 - y) * 3;
                assertThat(stored.rgb()[from]).isEqualTo(upright.rgb()[to]);
            }
        }
    }

    @Test
    void theContentCountsNotTheName(@TempDir Path folder) throws IOException {
        Path file = Files.write(folder.resolve("image.png"), bytes("rgb.bmp"));
        assertThat(Image.read(file).rgb()).isEqualTo(expected("rgb.bmp").rgb());
    }

    @Test
    void unusualJpegColorsFollowTheirMarkers() throws IOException {
        byte[] rgb = bytes("rgb-components.jpg");
        int adobe = new String(rgb, StandardCharsets.ISO_8859_1).indexOf("Adobe");
        assertThat(adobe).isPositive();
        rgb[adobe + 11] = 1; // now says that it is YCbCr
        assertThat(meanDifference(decode(rgb), expected("rgb-components.jpg"))).isGreaterThan(20);
    }

    // ---- bad files

    /** Of BMP and GIF, padding and what follows the pixels may be missing. */
    @ParameterizedTest
    @MethodSource("names")
    void everyTruncationIsRefusedInOneLineOrLosesNoPixel(String name) throws IOException {
        byte[] whole = bytes(name);
        byte[] pixels = decode(whole).rgb();
        boolean mayEndEarly = name.endsWith(".bmp") || name.endsWith(".gif");
        Assertions.assertTimeoutPreemptively(Duration.ofMinutes(1), () -> {
            int refused = 0;
            for (int length = 0;
                    length < whole.length;
                    length += length < 300 || length > whole.length - 300 ? 1 : 13) {
                byte[] cut = Arrays.copyOf(whole, length);
                Throwable problem = catchThrowable(() -> decode(cut));
                if (mayEndEarly && problem == null) {
                    assertThat(decode(cut).rgb()).isEqualTo(pixels);
                } else {
                    assertRefused(problem, length, name + " cut at " + length);
                    refused = length;
                }
            }
            int firstFrameOnly = name.equals("animated.gif") ? whole.length / 2 : 8;
            assertThat(refused).isGreaterThanOrEqualTo(whole.length - 1 - (mayEndEarly ? firstFrameOnly : 0));
        });
    }

    @ParameterizedTest
    @MethodSource("names")
    void damageGivesAnImageOrItsException(String name) throws IOException {
        byte[] whole = bytes(name);
        Random random = new Random(name.hashCode());
        ReadOptions options = new ReadOptions(true, 1_000_000);
        for (int i = 0; i < 30; i++) {
            byte[] damaged = whole.clone();
            for (int k = 0; k <= i % 4; k++) {
                // mostly in headers, which do the harm
                int at = i % 2 == 0 ? random.nextInt(Math.min(whole.length, 120)) : random.nextInt(whole.length);
                damaged[at] = (byte) random.nextInt();
            }
            try {
                Image.decode(damaged, options);
            } catch (ImageFormatException e) {
                assertThat(e.getMessage().lines()).hasSize(1);
            }
        }
    }

    private static void assertRefused(Throwable problem, int length, String what) {
        assertThat(problem)
                .as(what)
                .isInstanceOf(ImageFormatException.class)
                .hasMessageStartingWith("the image of " + length + " bytes is ")
                .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "Not an image, whatever its name says.", "RIFF\0\0\0\0WAVEfmt "})
    void otherContentIsRefused(String content) {
        assertThatThrownBy(() -> decode(content.getBytes(StandardCharsets.ISO_8859_1)))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageEndingWith("give a PNG, JPEG, BMP, GIF, TIFF or WebP file");
    }

    @Test
    void rareVariantsAreRefusedWithAWayOut() throws IOException {
        assertThatThrownBy(() -> decode(bytes("big.tif")))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageEndingWith("is a BigTIFF file, which cannot be read; save it as PNG");
        byte[] twelveBit = bytes("baseline.jpg");
        twelveBit[frame(twelveBit) + 4] = 12;
        assertThatThrownBy(() -> decode(twelveBit)).hasMessageContaining("12-bit JPEG");
    }

    private static int frame(byte[] jpeg) {
        int at = 2;
        while ((jpeg[at + 1] & 0xff) != 0xc0) {
            at += 2 + ((jpeg[at + 2] & 0xff) << 8 | jpeg[at + 3] & 0xff);
        }
        return at;
    }

    @ParameterizedTest
    @MethodSource("names")
    void tooManyPixelsAreRefused(String name) throws IOException {
        Image image = expected(name);
        long pixels = (long) image.width() * image.height();
        Image.decode(bytes(name), new ReadOptions(true, pixels));
        assertThatThrownBy(() -> Image.decode(bytes(name), new ReadOptions(true, pixels - 1)))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageEndingWith("; 1 to " + (pixels - 1) + " pixels can be read, see ReadOptions.maxPixels");
    }

    @Test
    void bombsAreRefusedByWhatTheirHeadersDeclare() throws IOException {
        byte[] jpeg = bytes("baseline.jpg");
        ByteBuffer.wrap(jpeg).putInt(frame(jpeg) + 5, -1); // 65535 x 65535
        assertTooLarge(jpeg, 65_535, 65_535);
        byte[] bmp = bytes("rgb.bmp");
        ByteBuffer.wrap(bmp).order(ByteOrder.LITTLE_ENDIAN).putInt(18, Integer.MAX_VALUE);
        assertTooLarge(bmp, Integer.MAX_VALUE, 29);
        byte[] gif = bytes("plain.gif");
        ByteBuffer.wrap(gif).putInt(6, -1);
        assertTooLarge(gif, 65_535, 65_535);
        byte[] webp = bytes("lossless-alpha.webp");
        int at = new String(webp, StandardCharsets.ISO_8859_1).indexOf("VP8L");
        ByteBuffer.wrap(webp).order(ByteOrder.LITTLE_ENDIAN).putInt(at + 9, 0x0fffffff);
        assertTooLarge(webp, 16_384, 16_384);
        byte[] tiff = bytes("rgb16.tif");
        for (int entry = 10; entry < 150; entry += 12) {
            int tag = ByteBuffer.wrap(tiff).getShort(entry);
            if (tag == 256 || tag == 257) {
                ByteBuffer.wrap(tiff).putShort(entry + 8, (short) -1);
            }
        }
        assertTooLarge(tiff, 65_535, 65_535);
    }

    private static void assertTooLarge(byte[] bytes, int width, int height) {
        assertThatThrownBy(() -> decode(bytes))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageContaining(" is " + width + " x " + height + " pixels; 1 to 100000000 pixels can be read");
    }

    @Test
    void aJpegOfThousandsOfScansIsRefused() throws IOException {
        byte[] jpeg = bytes("progressive.jpg");
        int scan = new String(jpeg, StandardCharsets.ISO_8859_1).indexOf("\u00ff\u00da");
        int length = ((jpeg[scan + 2] & 0xff) << 8 | jpeg[scan + 3] & 0xff) + 2;
        ByteBuffer bomb = ByteBuffer.allocate(jpeg.length + 1000 * length);
        bomb.put(jpeg, 0, scan);
        for (int i = 0; i < 1000; i++) {
            bomb.put(jpeg, scan, length);
        }
        bomb.put(jpeg, scan, jpeg.length - scan);
        assertThatThrownBy(() -> decode(bomb.array())).hasMessageContaining("over 100 scans");
    }

    @ParameterizedTest
    @CsvSource({"0", "-1", "700000001"})
    void limitsOutOfRangeAreRefused(long maxPixels) {
        assertThatThrownBy(() -> new ReadOptions(true, maxPixels))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("maxPixels must be 1 to 700000000, not " + maxPixels);
    }

    @Test
    void readingLeavesTheApplicationsImageIoAsItIs() throws IOException {
        boolean cache = ImageIO.getUseCache();
        for (String name : names()) {
            decode(bytes(name));
        }
        assertThat(ImageIO.getUseCache()).isEqualTo(cache);
    }
}
