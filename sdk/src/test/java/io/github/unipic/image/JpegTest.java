package io.github.unipic.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.Image;
import io.github.unipic.ImageFormatException;
import io.github.unipic.ReadOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class JpegTest {
    private static byte[] file(String name) throws IOException {
        try (InputStream stream = JpegTest.class.getResourceAsStream("/image/" + name)) {
            return stream.readAllBytes();
        }
    }

    private static int find(byte[] jpeg, String marker) {
        return new String(jpeg, StandardCharsets.ISO_8859_1).indexOf(marker);
    }

    /** All markers are there, but a part of what is between them is not. */
    @ParameterizedTest
    @ValueSource(strings = {"baseline.jpg", "gray.jpg", "cmyk.jpg", "progressive.jpg", "subsampled-422.jpg"})
    void pixelDataThatEndsEarlyIsRefused(String name) throws IOException {
        byte[] jpeg = file(name);
        byte[] early = Arrays.copyOf(jpeg, jpeg.length - 60);
        early[early.length - 2] = (byte) 0xff;
        early[early.length - 1] = (byte) 0xd9;
        assertThatThrownBy(() -> Image.decode(early, ReadOptions.DEFAULT))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageContaining("is damaged: its pixel");
    }

    /** Each scan costs a pass over all pixels, however little it says. */
    @ParameterizedTest
    @CsvSource({"10000,10000,20", "4000,4000,31", "1000,1000,100"})
    void theLargerTheImageTheFewerScans(int width, int height, int most) {
        ByteBuffer jpeg = ByteBuffer.allocate(100 + 13 * most);
        jpeg.putShort((short) 0xffd8).putInt(0xffc2_000b).put((byte) 8);
        jpeg.putShort((short) height).putShort((short) width).putInt(0x0101_1100);
        for (int i = 0; i <= most; i++) {
            jpeg.putInt(0xffda_0008).putInt(0x0101_0000).putShort((short) 0);
        }
        jpeg.putShort((short) 0xffd9);
        byte[] fewer = jpeg.array().clone();
        ByteBuffer.wrap(fewer).putShort(jpeg.position() - 12, (short) 0xffd9);
        assertThat(JpegSegments.read(new EncodedImage("", fewer, ReadOptions.DEFAULT))
                        .width())
                .isEqualTo(width);
        assertThatThrownBy(() -> Image.decode(jpeg.array(), ReadOptions.DEFAULT))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageEndingWith(
                        "is a JPEG file of over " + most + " scans, which cannot be read; save it as PNG");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u00ff\u00fe\0\2",
                "\u00ff\u00dd\0\4\0\0",
                "\u00ff",
                "\u00ff\u00fe\0\6a\0b\0",
                "\u00ff\u0001",
                "\u00ff\u00d0",
                "\u00ff\u00d8"
            })
    void aMillionSegmentsAreNothing(String segment) throws IOException {
        byte[] jpeg = file("baseline.jpg");
        byte[] many = segment.repeat(1_000_000).getBytes(StandardCharsets.ISO_8859_1);
        int at = find(jpeg, "\u00ff\u00db");
        ByteBuffer file = ByteBuffer.allocate(jpeg.length + many.length);
        file.put(jpeg, 0, at).put(many).put(jpeg, at, jpeg.length - at);
        Assertions.assertTimeoutPreemptively(Duration.ofMinutes(1), () -> {
            Image image = Image.decode(file.array(), ReadOptions.DEFAULT);
            assertThat(image.rgb())
                    .isEqualTo(Image.decode(jpeg, ReadOptions.DEFAULT).rgb());
            assertThat(image.metadata()).hasSizeLessThan(2);
        });
    }

    // ---- colors, by libjpeg's rules

    private static byte[] withIds(byte[] jpeg, String ids) {
        byte[] changed = jpeg.clone();
        int frame = find(jpeg, "\u00ff\u00c0");
        int scan = find(jpeg, "\u00ff\u00da");
        for (int i = 0; i < 3; i++) {
            changed[frame + 10 + 3 * i] = (byte) ids.charAt(i);
            changed[scan + 5 + 2 * i] = (byte) ids.charAt(i);
        }
        return changed;
    }

    private static byte[] withAfterStart(byte[] jpeg, String segment) {
        byte[] bytes = segment.getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer file = ByteBuffer.allocate(jpeg.length + bytes.length);
        return file.put(jpeg, 0, 2).put(bytes).put(jpeg, 2, jpeg.length - 2).array();
    }

    @Test
    void threeComponentsAreRgbOnlyWhereAMarkerOrTheirNamesSaySo() throws IOException {
        byte[] rgb = file("rgb-components.jpg"); // Adobe's marker without a transform, and the names R, G, B
        byte[] unmarked = rgb.clone();
        unmarked[find(rgb, "Adobe")] = 'X';
        byte[] pixels = Image.decode(rgb, ReadOptions.DEFAULT).rgb();
        assertThat(Image.decode(withIds(rgb, "\1\2\3"), ReadOptions.DEFAULT).rgb())
                .isEqualTo(pixels);
        assertThat(Image.decode(unmarked, ReadOptions.DEFAULT).rgb()).isEqualTo(pixels);
        byte[] chroma =
                Image.decode(withIds(unmarked, "\1\2\3"), ReadOptions.DEFAULT).rgb();
        assertThat(chroma).isNotEqualTo(pixels);
        String jfif = "\u00ff\u00e0\0\20JFIF\0\1\1\0\0\1\0\1\0\0";
        assertThat(Image.decode(withAfterStart(unmarked, jfif), ReadOptions.DEFAULT)
                        .rgb())
                .isEqualTo(chroma);
        assertThat(Image.decode(withAfterStart(rgb, jfif), ReadOptions.DEFAULT).rgb())
                .isEqualTo(chroma);
        for (String other : new String[] {jfif.replace("JFIF", "JFXX"), jfif.replace('\u00e0', '\u00e2')}) {
            assertThat(Image.decode(withAfterStart(rgb, other), ReadOptions.DEFAULT)
                            .rgb())
                    .isEqualTo(pixels);
        }
    }

    @Test
    void aShortAdobeMarkerSaysNothing() throws IOException {
        byte[] cmyk = file("cmyk.jpg");
        byte[] unmarked = cmyk.clone();
        unmarked[find(cmyk, "Adobe")] = 'X';
        String marker = "\u00ff\u00ee\0\15Adobe\0d\0\0\0\0"; // what follows would be its transform
        assertThat(Image.decode(withAfterStart(unmarked, marker), ReadOptions.DEFAULT)
                        .rgb())
                .isEqualTo(Image.decode(unmarked, ReadOptions.DEFAULT).rgb());
    }

    // ---- impossible headers

    private static void assertRefused(byte[] jpeg, String message) {
        assertThatThrownBy(() -> Image.decode(jpeg, ReadOptions.DEFAULT))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageContaining(message);
    }

    @ParameterizedTest
    @ValueSource(ints = {0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf})
    void framesOfOtherKindsAreRefused(int frame) throws IOException {
        byte[] jpeg = file("baseline.jpg");
        jpeg[find(jpeg, "\u00ff\u00c0") + 1] = (byte) frame;
        assertRefused(jpeg, "is a lossless, arithmetic or 12-bit JPEG file, which cannot be read");
    }

    @Test
    void impossibleSegmentsAreRefused() throws IOException {
        byte[] jpeg = file("baseline.jpg");
        assertRefused(withAfterStart(jpeg, "\u00ff\u00fe\0\0"), "a JPEG segment of impossible length at byte 2;");
        assertRefused(withAfterStart(jpeg, "\u00ff\u00fe\0\1"), "a JPEG segment of impossible length at byte 2;");
        int frame = find(jpeg, "\u00ff\u00c0");
        byte[] flat = jpeg.clone();
        ByteBuffer.wrap(flat).putShort(frame + 5, (short) 0);
        assertRefused(flat, " x 0 pixels; 1 to 100000000 pixels can be read");
        byte[] narrow = new byte[jpeg.length - 1]; // a byte of the third component is missing
        System.arraycopy(jpeg, 0, narrow, 0, frame + 18);
        System.arraycopy(jpeg, frame + 19, narrow, frame + 18, narrow.length - frame - 18);
        narrow[frame + 3]--;
        assertRefused(narrow, "a JPEG frame header that is too short");
    }

    @Test
    void aCommentWithoutAKeywordIsNoText() throws IOException {
        byte[] jpeg = withAfterStart(file("baseline.jpg"), "\u00ff\u00fe\0\5\0ab");
        assertThat(Image.decode(jpeg, ReadOptions.DEFAULT).metadata()).isEmpty();
    }

    /** As old programs write them: NUL-terminated and in Latin-1. */
    @Test
    void aCommentWhoseKeywordPngDoesNotAllowIsNoText() throws IOException {
        byte[] jpeg = withAfterStart(file("baseline.jpg"), "\u00ff\u00fe\0\5a\u00a8\0");
        Image image = Image.decode(jpeg, ReadOptions.DEFAULT);
        assertThat(image.metadata()).isEmpty();
        assertThat(Image.decode(image.toPng(), ReadOptions.DEFAULT).rgb()).isEqualTo(image.rgb());
    }

    @Test
    void moreThan256CommentsAreLeftOut() throws IOException {
        byte[] jpeg = file("baseline.jpg");
        StringBuilder comments = new StringBuilder();
        for (int i = 100; i < 500; i++) {
            comments.append("\u00ff\u00fe\0\u0007").append(i).append("\0x");
        }
        byte[] many = comments.toString().getBytes(StandardCharsets.ISO_8859_1);
        ByteBuffer file = ByteBuffer.allocate(jpeg.length + many.length);
        file.put(jpeg, 0, 2).put(many).put(jpeg, 2, jpeg.length - 2);
        assertThat(Image.decode(file.array(), ReadOptions.DEFAULT).metadata())
                .hasSize(256)
                .containsEntry("100", "x")
                .doesNotContainKey("499");
    }
}
