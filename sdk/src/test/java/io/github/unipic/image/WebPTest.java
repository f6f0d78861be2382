package io.github.unipic.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.Image;
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
        for (int cut = LOOK_AHEAD; cut < length - 10; cut += 1 + length / 40) {
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
        Assertions.assertTimeoutPreemptively(Duration.ofMinutes(1), () -> FILES.damage(name, 60));
    }

    @Test
    void aLossyHeaderAloneTakesNoMemory() {
        byte[] webp = FILES.bytes("lossy-17x2.webp");
        int frame = pixels(webp).at + 8;
        ByteBuffer.wrap(webp).order(ByteOrder.LITTLE_ENDIAN).putInt(frame + 6, 9000 << 16 | 9000);
        assertThatThrownBy(() -> Image.decode(webp, ReadOptions.DEFAULT))
                .satisfies(e -> assertThat(e.getMessage()).containsAnyOf("cannot be decoded", " of memory to read"));
    }

    @Test
    void orientationInXmpCounts() {
        byte[] plain = FILES.bytes("lossy-17x2.webp");
        byte[] xmp = "<x tiff:Orientation='6'/>".getBytes(StandardCharsets.US_ASCII); // of odd length
        ByteBuffer webp =
                ByteBuffer.allocate(plain.length + 18 + 8 + xmp.length + 1).order(ByteOrder.LITTLE_ENDIAN);
        webp.put(plain, 0, 12).put("VP8X".getBytes(StandardCharsets.US_ASCII)).putInt(10);
        webp.put((byte) 4).put(new byte[3]).put(new byte[] {16, 0, 0, 1, 0, 0});
        webp.put(plain, 12, plain.length - 12);
        webp.put("XMP ".getBytes(StandardCharsets.US_ASCII)).putInt(xmp.length).put(xmp);
        webp.putInt(4, webp.capacity() - 8);
        Image image = Image.decode(webp.array(), ReadOptions.DEFAULT);
        assertThat(List.of(image.width(), image.height())).isEqualTo(List.of(2, 17));
    }
}
