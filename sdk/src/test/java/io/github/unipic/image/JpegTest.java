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
        assertThatThrownBy(() -> Image.decode(jpeg.array(), ReadOptions.DEFAULT))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageEndingWith(
                        "is a JPEG file of over " + most + " scans, which cannot be read; save it as PNG");
    }

    @ParameterizedTest
    @ValueSource(strings = {"\u00ff\u00fe\0\2", "\u00ff\u00dd\0\4\0\0", "\u00ff", "\u00ff\u00fe\0\6a\0b\0"})
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
