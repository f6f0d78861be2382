package io.github.unipic.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.Image;
import io.github.unipic.ImageFormatException;
import io.github.unipic.Mask;
import io.github.unipic.MaskChannel;
import io.github.unipic.ReadOptions;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** GIF files written here, compared with the written pixels. */
class GifTest {
    private static final int WIDTH = 50;
    private static final int HEIGHT = 40;

    private final byte[] indices = new byte[WIDTH * HEIGHT];

    private static Image decode(byte[] gif) {
        return Image.decode(gif, ReadOptions.DEFAULT);
    }

    /** Codes of growing width, lowest bit first. */
    private static final class Codes {
        private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        private final int clear;
        private final int firstWidth;
        private int width;
        private int next;
        private int bits;
        private int count;
        private boolean first;

        Codes(int firstWidth) {
            this.firstWidth = firstWidth;
            clear = 1 << firstWidth;
            put(clear);
        }

        /** Writes a code as the reader counts them. */
        Codes put(int code) {
            width = bytes.size() == 0 && count == 0 ? firstWidth + 1 : width;
            bits |= code << count;
            for (count += width; count >= 8; count -= 8) {
                bytes.write(bits);
                bits >>>= 8;
            }
            if (code == clear) {
                next = clear + 2;
                width = firstWidth + 1;
                first = true;
            } else {
                next += first || next == 4096 ? 0 : 1;
                first = false;
                width += next >= 1 << width && next < 4096 ? 1 : 0;
            }
            return this;
        }

        byte[] end() {
            put(clear + 1);
            bytes.write(bits);
            return bytes.toByteArray();
        }
    }

    /** Codes of which every one stands for a pixel. */
    private Codes plain(int firstWidth, int count) {
        new Random(firstWidth).nextBytes(indices);
        Codes codes = new Codes(firstWidth);
        for (int i = 0; i < count; i++) {
            indices[i] &= (byte) (codes.clear - 1);
            codes.put(indices[i] & 0xff);
        }
        return codes;
    }

    private static byte[] gif(int firstWidth, byte[] data, byte[] before) {
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes("GIF89a".getBytes(StandardCharsets.US_ASCII));
        file.writeBytes(new byte[] {WIDTH, 0, HEIGHT, 0, (byte) 0xf7, 0, 0});
        for (int i = 0; i < 256; i++) {
            file.writeBytes(new byte[] {(byte) i, (byte) (255 - i), (byte) (i * 7)});
        }
        file.writeBytes(before);
        file.writeBytes(new byte[] {0x2c, 0, 0, 0, 0, WIDTH, 0, HEIGHT, 0, 0, (byte) firstWidth});
        for (int at = 0; at < data.length; at += 255) {
            int length = Math.min(255, data.length - at);
            file.write(length);
            file.write(data, at, length);
        }
        file.writeBytes(new byte[] {0, 0x3b});
        return file.toByteArray();
    }

    private void assertPixels(byte[] gif) {
        byte[] rgb = decode(gif).rgb();
        for (int i = 0; i < indices.length; i++) {
            int index = indices[i] & 0xff;
            assertThat(Arrays.copyOfRange(rgb, 3 * i, 3 * i + 3))
                    .isEqualTo(new byte[] {(byte) index, (byte) (255 - index), (byte) (index * 7)});
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 5, 8})
    void codesOfEveryWidthAreRead(int firstWidth) {
        assertPixels(gif(firstWidth, plain(firstWidth, indices.length).end(), new byte[0]));
    }

    /** Each code but the first is the one that is being made: strings of growing length. */
    @Test
    void aCodeMayStandForItself() {
        Codes codes = new Codes(2).put(3);
        for (int code = 6, pixels = 1, length = 2; pixels < indices.length; pixels += length++) {
            codes.put(code++);
        }
        Arrays.fill(indices, (byte) 3);
        assertPixels(gif(2, codes.end(), new byte[0]));
    }

    @Test
    void whatFollowsTheFirstFrameMayBeMissing() {
        byte[] gif = gif(8, plain(8, indices.length).end(), new byte[0]);
        assertPixels(Arrays.copyOf(gif, gif.length - 1));
        assertPixels(Arrays.copyOf(gif, gif.length - 2));
        byte[] later = Arrays.copyOf(gif, gif.length + 5);
        later[gif.length - 1] = 0x2c; // a second frame, cut
        assertPixels(later);
    }

    @Test
    void pixelDataThatEndsEarlyIsRefused() {
        byte[] early = gif(8, plain(8, indices.length - 1).end(), new byte[0]);
        assertThatThrownBy(() -> decode(early))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageContaining("is damaged: its pixel data ends early");
        byte[] data = plain(8, indices.length).end();
        byte[] blockMissing = gif(8, Arrays.copyOf(data, data.length - 255), new byte[0]);
        assertThatThrownBy(() -> decode(blockMissing)).hasMessageContaining("is damaged: its pixel data ends early");
        byte[] gif = gif(8, data, new byte[0]);
        assertThatThrownBy(() -> decode(Arrays.copyOf(gif, gif.length - 20)))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageContaining("is cut short");
    }

    @Test
    void codesThatMeanNothingAreRefused() {
        for (Codes codes : new Codes[] {new Codes(2).put(6), new Codes(2).put(0).put(7), new Codes(2).put(5)}) {
            assertThatThrownBy(() -> decode(gif(2, codes.end(), new byte[0])))
                    .isInstanceOf(ImageFormatException.class)
                    .hasMessageContaining("is damaged");
        }
        assertThatThrownBy(() -> decode(gif(9, new byte[9], new byte[0]))).hasMessageContaining("codes of 9 bits");
    }

    /** 12 MB of codes, each of which stands for up to 4096 pixels: 10^10 of them. */
    @Test
    void workEndsWithThePixels() {
        Codes codes = new Codes(2).put(1);
        for (int code = 6; code < 4096; code++) {
            codes.put(code);
        }
        for (int i = 0; i < 8_000_000; i++) {
            codes.put(4095);
        }
        Arrays.fill(indices, (byte) 1);
        byte[] gif = gif(2, codes.end(), new byte[0]);
        Assertions.assertTimeoutPreemptively(Duration.ofMinutes(1), () -> assertPixels(gif));
    }

    @Test
    void aMillionExtensionsAreSkipped() {
        byte[] comments = new byte[4_000_000];
        for (int i = 0; i < comments.length; i += 4) {
            System.arraycopy(new byte[] {0x21, (byte) 0xfe, 0, 0}, 0, comments, i, 4);
        }
        assertPixels(gif(8, plain(8, indices.length).end(), comments));
    }

    @Test
    void withoutAPaletteIndicesAreGray() {
        byte[] gif = gif(8, plain(8, indices.length).end(), new byte[0]);
        byte[] bare = new byte[gif.length - 768];
        System.arraycopy(gif, 0, bare, 0, 13);
        System.arraycopy(gif, 13 + 768, bare, 13, bare.length - 13);
        bare[10] = 0x77;
        byte[] rgb = decode(bare).rgb();
        for (int i = 0; i < rgb.length; i++) {
            assertThat(rgb[i]).isEqualTo(indices[i / 3]);
        }
    }

    @Test
    void aFrameOfNoPixelsIsRefused() {
        byte[] gif = gif(8, plain(8, indices.length).end(), new byte[0]);
        gif[13 + 768 + 5] = 0;
        assertThatThrownBy(() -> decode(gif))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageContaining(" is 0 x 40 pixels; 1 to 100000000 pixels can be read");
    }

    @Test
    void anUnknownBlockIsNamed() {
        byte[] gif = gif(8, plain(8, indices.length).end(), new byte[] {0x22});
        assertThatThrownBy(() -> decode(gif))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageContaining("is damaged: an unknown GIF block at byte 781");
    }

    @Test
    void transparencyTellsAMask() {
        byte[] control = {0x21, (byte) 0xf9, 4, 1, 0, 0, 3, 0};
        byte[] gif = gif(2, plain(2, indices.length).end(), control);
        boolean[] pixels =
                Mask.decode(gif, ReadOptions.DEFAULT, MaskChannel.ALPHA).pixels();
        for (int i = 0; i < pixels.length; i++) {
            assertThat(pixels[i]).isEqualTo(indices[i] == 3);
        }
        control[3] = 0;
        byte[] opaque = gif(2, plain(2, indices.length).end(), control);
        assertThatThrownBy(() -> Mask.decode(opaque, ReadOptions.DEFAULT, MaskChannel.ALPHA))
                .hasMessageContaining("has no alpha");
    }
}
