package io.github.unipic.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.Image;
import io.github.unipic.ImageFormatException;
import io.github.unipic.ReadOptions;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** WebP files written by Pillow and cwebp, compared with the RGB that Pillow reads from them. */
class WebPTest {
    /** So many missing bytes the decoder does not tell from what it looks ahead. */
    private static final int LOOK_AHEAD = 150;

    private static final ReferenceImages FILES = ReferenceImages.of("image-webp");

    static List<String> names() {
        assertThat(FILES.names()).hasSizeGreaterThan(25);
        return FILES.names();
    }

    @ParameterizedTest
    @MethodSource("names")
    void readsWhatPillowReads(String name) throws IOException {
        // Lossy ones are as exact as Image.read promises.
        assertThat(FILES.difference(name)).isLessThanOrEqualTo(name.contains("lossless") ? 0 : 110);
    }

    @ParameterizedTest
    @ValueSource(strings = {"lossless-alpha.webp", "lossy-alpha.webp"})
    void masksHaveAlpha(String name) {
        DecodedImage mask = ImageReader.decodeMask(FILES.bytes(name), ReadOptions.DEFAULT);
        for (int y = 0; y < mask.height(); y++) {
            for (int x = 0; x < mask.width(); x++) {
                int alpha = x == 0 && y == 0 ? 0 : (7 * y + 5 * x) % 256;
                assertThat(mask.alpha()[y * mask.width() + x]).isEqualTo((byte) alpha);
            }
        }
        assertThat(ImageReader.decode(FILES.bytes(name), ReadOptions.DEFAULT).alpha())
                .isEmpty();
    }

    @Test
    void masksOfAlphaThatTheDecoderIgnoresAreRefused() {
        assertThatThrownBy(() -> ImageReader.decodeMask(FILES.bytes("lossy-raw-alpha.webp"), ReadOptions.DEFAULT))
                .hasMessageContaining("uncompressed alpha, which cannot be read; save it as PNG");
    }

    @Test
    void aroundTheFirstFrameMasksAreTransparent() {
        DecodedImage mask = ImageReader.decodeMask(FILES.bytes("animated-offset-lossless.webp"), ReadOptions.DEFAULT);
        assertThat(mask.alpha()).hasSize(60 * 50);
        assertThat(mask.alpha()[0]).isZero();
        assertThat(mask.alpha()[20 * 60 + 25]).isEqualTo((byte) 255);
    }

    // ---- pixels that end early

    @ParameterizedTest
    @MethodSource("names")
    void pixelsThatEndEarlyAreRefused(String name) {
        byte[] whole = FILES.bytes(name);
        int length = pixels(whole).length;
        for (int cut = LOOK_AHEAD; cut < length - 10; cut += 1 + length / 20) {
            assertThat(ReferenceImages.read(withoutLast(whole, cut)))
                    .as(name + " without " + cut)
                    .isEmpty();
        }
    }

    private record Chunk(int at, int length) {}

    private static Chunk pixels(byte[] webp) {
        String text = new String(webp, StandardCharsets.ISO_8859_1);
        int lossless = text.indexOf("VP8L");
        int at = lossless >= 0 ? lossless : text.indexOf("VP8 ");
        return new Chunk(
                at, ByteBuffer.wrap(webp).order(ByteOrder.LITTLE_ENDIAN).getInt(at + 4));
    }

    /** The file without so many last bytes of its pixels, and with lengths that fit. */
    private static byte[] withoutLast(byte[] webp, int cut) {
        Chunk pixels = pixels(webp);
        int frame = new String(webp, StandardCharsets.ISO_8859_1).indexOf("ANMF");
        int length = pixels.length - cut;
        int end = pixels.at + 8 + pixels.length + pixels.length % 2;
        int newEnd = pixels.at + 8 + length + length % 2;
        ByteBuffer shorter = ByteBuffer.allocate(webp.length - end + newEnd).order(ByteOrder.LITTLE_ENDIAN);
        shorter.put(webp, 0, pixels.at + 8 + length).position(newEnd);
        shorter.put(webp, end, webp.length - end);
        shorter.putInt(4, shorter.capacity() - 8).putInt(pixels.at + 4, length);
        if (frame >= 0) {
            shorter.putInt(frame + 4, shorter.getInt(frame + 4) - end + newEnd);
        }
        return shorter.array();
    }

    @ParameterizedTest
    @MethodSource("names")
    void damageGivesAnImageOrItsException(String name) {
        Assertions.assertTimeoutPreemptively(Duration.ofMinutes(1), () -> FILES.damage(name, 30));
    }

    @Test
    void aLossyHeaderAloneTakesNoMemory() {
        byte[] webp = FILES.bytes("lossy-17x2.webp");
        int frame = pixels(webp).at + 8;
        ByteBuffer.wrap(webp).order(ByteOrder.LITTLE_ENDIAN).putInt(frame + 6, 9000 << 16 | 9000);
        assertThatThrownBy(() -> Image.decode(webp, ReadOptions.DEFAULT))
                .satisfies(e -> assertThat(e.getMessage()).containsAnyOf("cannot be decoded", " of memory to read"));
    }

    /** 17 x 2 pixels on a canvas, and another chunk behind them. */
    private static byte[] onCanvas(int width, int height, String chunk, byte[] content) {
        byte[] plain = FILES.bytes("lossy-17x2.webp");
        int padding = content.length % 2;
        ByteBuffer webp = ByteBuffer.allocate(plain.length + 18 + 8 + content.length + padding)
                .order(ByteOrder.LITTLE_ENDIAN);
        webp.put(plain, 0, 12).put("VP8X".getBytes(StandardCharsets.US_ASCII)).putInt(10);
        webp.putInt(4).putShort((short) (width - 1)).put((byte) (width - 1 >> 16));
        webp.putShort((short) (height - 1)).put((byte) (height - 1 >> 16));
        webp.put(plain, 12, plain.length - 12);
        webp.put(chunk.getBytes(StandardCharsets.US_ASCII))
                .putInt(content.length)
                .put(content);
        webp.putInt(4, webp.capacity() - 8);
        return webp.array();
    }

    @Test
    void orientationInXmpCounts() {
        byte[] xmp = "<x tiff:Orientation='6'/>".getBytes(StandardCharsets.US_ASCII); // of odd length
        Image image = Image.decode(onCanvas(17, 2, "XMP ", xmp), ReadOptions.DEFAULT);
        assertThat(List.of(image.width(), image.height())).isEqualTo(List.of(2, 17));
    }

    private static void assertRefused(byte[] webp, String message) {
        assertThatThrownBy(() -> Image.decode(webp, ReadOptions.DEFAULT))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageContaining(message);
    }

    @Test
    void framesThatDoNotFitTheirCanvasAreRefused() {
        assertThat(Image.decode(onCanvas(17, 2, "JUNK", new byte[4]), ReadOptions.DEFAULT)
                        .width())
                .isEqualTo(17);
        for (int[] canvas : new int[][] {{18, 2}, {17, 3}, {16, 2}, {17, 1}}) {
            assertRefused(
                    onCanvas(canvas[0], canvas[1], "JUNK", new byte[4]), "a WebP frame that does not fit its canvas");
        }
        for (int side : new int[] {0, 3}) {
            byte[] animated = FILES.bytes("animated-offset-lossless.webp");
            int frame = new String(animated, StandardCharsets.ISO_8859_1).indexOf("ANMF") + 8;
            animated[frame + side] = 25; // half of the offset
            assertRefused(animated, "a WebP frame that does not fit its canvas");
        }
        assertRefused(onCanvas(70_000, 200_000, "JUNK", new byte[4]), " is 70000 x 200000 pixels; 1 to ");
    }

    @Test
    void chunksThatTheFileDoesNotHaveAreRefused() {
        byte[] cut = onCanvas(17, 2, "JUNK", new byte[4]);
        cut[cut.length - 8] = 5;
        assertRefused(cut, " is cut short");
        byte[] empty = FILES.bytes("lossy-17x2.webp");
        System.arraycopy("JUNK".getBytes(StandardCharsets.US_ASCII), 0, empty, 12, 4);
        assertRefused(empty, "is damaged: a WebP file without pixels");
    }
}
