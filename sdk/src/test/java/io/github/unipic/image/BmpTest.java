package io.github.unipic.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.Image;
import io.github.unipic.ImageFormatException;
import io.github.unipic.Mask;
import io.github.unipic.MaskChannel;
import io.github.unipic.ReadOptions;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Bitmaps with every header, written here, compared with the written pixels. */
class BmpTest {
    private static final int WIDTH = 13;
    private static final int HEIGHT = 5;

    private final Random random = new Random(3);

    private static Image decode(byte[] bmp) {
        return Image.decode(bmp, ReadOptions.DEFAULT);
    }

    /** What a file has; null data is made of pixels. */
    private final class Writer {
        private int header = 40;
        private int bits = 24;
        private int compression;
        private int[] masks = {};
        private boolean topDown;
        private boolean noOffset;
        private boolean noPadding;
        private int colors;
        private int gap;
        private byte[] runs = {};

        private final byte[] rgb = new byte[WIDTH * HEIGHT * 3];

        /** Writes random pixels, which are then in {@link #rgb}. */
        byte[] write() {
            int entries = colors > 0 ? colors : 1 << bits;
            byte[] palette = new byte[bits > 8 ? 0 : (header == 12 ? 3 : 4) * entries];
            random.nextBytes(palette);
            byte[] data = runs.length > 0 ? runs : pixels(palette);
            int start = 14 + header + (header == 40 ? 4 * masks.length : 0) + palette.length + gap;
            ByteBuffer file = ByteBuffer.allocate(start + data.length).order(ByteOrder.LITTLE_ENDIAN);
            file.put((byte) 'B').put((byte) 'M').putInt(0).putInt(0).putInt(noOffset ? 0 : start);
            file.putInt(header);
            if (header == 12) {
                file.putShort((short) WIDTH)
                        .putShort((short) HEIGHT)
                        .putShort((short) 1)
                        .putShort((short) bits);
            } else {
                file.putInt(WIDTH)
                        .putInt(topDown ? -HEIGHT : HEIGHT)
                        .putShort((short) 1)
                        .putShort((short) bits);
                if (header > 16) {
                    file.putInt(compression);
                }
                if (colors > 0) {
                    file.putInt(46, colors);
                }
                if (masks.length > 0) {
                    file.position(54);
                    for (int mask : masks) {
                        file.putInt(mask);
                    }
                }
                file.position(14 + header + (header == 40 ? 4 * masks.length : 0));
            }
            file.put(palette).position(start);
            return file.put(data).array();
        }

        private byte[] pixels(byte[] palette) {
            int stride = (WIDTH * bits + 31) / 32 * 4;
            ByteBuffer data = ByteBuffer.allocate(stride * HEIGHT).order(ByteOrder.LITTLE_ENDIAN);
            int entry = header == 12 ? 3 : 4;
            for (int y = 0; y < HEIGHT; y++) {
                int row = stride * (topDown ? y : HEIGHT - 1 - y);
                for (int x = 0; x < WIDTH; x++) {
                    int at = 3 * (y * WIDTH + x);
                    if (bits <= 8) {
                        int index = random.nextInt(colors > 0 ? colors : 1 << bits);
                        int byteAt = row + x * bits / 8;
                        data.put(byteAt, (byte) (data.get(byteAt) | index << 8 - bits - x * bits % 8));
                        for (int band = 0; band < 3; band++) {
                            rgb[at + band] = palette[index * entry + 2 - band];
                        }
                    } else {
                        int pixel = random.nextInt();
                        for (int band = 0; band < 3; band++) {
                            rgb[at + band] = (byte) pixelValue(pixel, band);
                        }
                        for (int i = 0; i < bits / 8; i++) {
                            data.put(row + x * bits / 8 + i, (byte) (pixel >> 8 * i));
                        }
                    }
                }
            }
            int padding = noPadding ? stride - (WIDTH * bits + 7) / 8 : 0;
            return Arrays.copyOf(data.array(), data.capacity() - padding);
        }

        private int pixelValue(int pixel, int band) {
            int mask = masks.length > 0 && masks[0] != 0
                    ? masks[band]
                    : bits == 16 ? 0x7c00 >> 5 * band : 0xff_0000 >> 8 * band;
            int shift = Integer.numberOfTrailingZeros(mask);
            return (int) ((pixel & mask & 0xffff_ffffL) >>> shift) * 255 / (mask >>> shift);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {12, 16, 20, 40, 52, 56, 64, 108, 124})
    void everyHeaderIsRead(int header) {
        for (int bits : new int[] {1, 2, 4, 8, 16, 24, 32}) {
            for (int variant = 0; variant < 8; variant++) {
                Writer writer = new Writer();
                writer.header = header;
                writer.bits = bits;
                writer.topDown = header > 12 && (variant & 1) != 0;
                writer.noOffset = (variant & 2) != 0;
                writer.noPadding = (variant & 4) != 0;
                writer.gap = writer.noOffset ? 0 : variant;
                byte[] file = writer.write();
                Image image = decode(file);
                assertThat(image.width()).isEqualTo(WIDTH);
                assertThat(image.height()).isEqualTo(HEIGHT);
                assertThat(image.rgb()).as("%d bits, variant %d", bits, variant).isEqualTo(writer.rgb);
                int padding = writer.noPadding ? 0 : (WIDTH * bits + 31) / 32 * 4 - (WIDTH * bits + 7) / 8;
                assertThatThrownBy(() -> decode(Arrays.copyOf(file, file.length - padding - 1)))
                        .isInstanceOf(ImageFormatException.class)
                        .hasMessageContaining("is cut short");
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {40, 52, 56, 108, 124})
    void everyBitFieldIsRead(int header) {
        for (int[] masks : new int[][] {
            {0xf800, 0x7e0, 0x1f},
            {0x7c00, 0x3e0, 0x1f},
            {0xf00, 0xf0, 0xf},
            {0xff_0000, 0xff00, 0xff},
            {0xff, 0xff00, 0xff_0000},
            {0x3ff0_0000, 0xffc00, 0x3ff},
            {0, 0, 0}, // no masks: the usual ones
        }) {
            for (boolean noOffset : new boolean[] {false, true}) {
                Writer writer = new Writer();
                writer.header = header;
                writer.bits = masks[0] > 0 && masks[0] < 0x1_0000 && masks[2] < 0x1_0000 ? 16 : 32;
                writer.compression = 3;
                writer.masks = masks;
                writer.noOffset = noOffset;
                assertThat(decode(writer.write()).rgb()).isEqualTo(writer.rgb);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"56,3,true", "124,3,true", "40,6,true", "40,6,false", "56,3,false"})
    void alphaTellsAMask(int header, int compression, boolean masks) {
        Writer writer = new Writer();
        writer.header = header;
        writer.bits = 32;
        writer.compression = compression;
        writer.masks = masks ? new int[] {0xff_0000, 0xff00, 0xff, 0xff00_0000} : new int[4];
        writer.noOffset = true;
        byte[] file = writer.write();
        boolean[] pixels =
                Mask.decode(file, ReadOptions.DEFAULT, MaskChannel.ALPHA).pixels();
        for (int y = 0; y < HEIGHT; y++) {
            for (int x = 0; x < WIDTH; x++) {
                int alpha = file[file.length - 4 * WIDTH * HEIGHT + 4 * ((HEIGHT - 1 - y) * WIDTH + x) + 3] & 0xff;
                assertThat(pixels[y * WIDTH + x]).isEqualTo(alpha < 128);
            }
        }
    }

    @Test
    void bitFieldsOf24BitsHaveNoAlpha() {
        Writer writer = new Writer();
        writer.compression = 3;
        writer.masks = new int[3];
        byte[] file = writer.write();
        assertThat(decode(file).rgb()).isEqualTo(writer.rgb);
        assertThat(ImageReader.decodeMask(file, ReadOptions.DEFAULT).alpha()).isEmpty();
    }

    /** The header says how many colors the palette has; where it says nothing or too many, all of them. */
    @ParameterizedTest
    @CsvSource({"40,8,3", "124,8,255", "40,4,1", "40,4,16", "64,1,1", "40,8,256"})
    void aPaletteMayHaveFewColors(int header, int bits, int colors) {
        Writer writer = new Writer();
        writer.header = header;
        writer.bits = bits;
        writer.colors = colors;
        writer.noOffset = true;
        byte[] file = writer.write();
        assertThat(decode(file).rgb()).isEqualTo(writer.rgb);
        if (colors == 1 << bits) {
            ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putInt(46, colors + 1);
            assertThat(decode(file).rgb()).isEqualTo(writer.rgb);
        }
    }

    @Test
    void aShortHeaderSaysNothingOfColors() {
        Writer writer = new Writer();
        writer.header = 16;
        writer.bits = 8;
        writer.noOffset = true;
        byte[] file = writer.write();
        byte[] rgb = decode(file).rgb();
        // The fifth color is where longer headers have their number.
        byte[] fifth = Arrays.copyOfRange(file, 46, 49);
        ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN).putInt(46, 1);
        for (int i = 0; i < rgb.length; i += 3) {
            if (rgb[i] == fifth[2] && rgb[i + 1] == fifth[1] && rgb[i + 2] == fifth[0]) {
                System.arraycopy(new byte[] {0, 0, 1}, 0, rgb, i, 3);
            }
        }
        assertThat(decode(file).rgb()).isEqualTo(rgb);
    }

    /** Where the index's bits are, in a row too wide for tests: of 2^29 pixels, whose bits no int counts. */
    @Test
    void theBitsOfAWideRowAreCounted() {
        for (int x : new int[] {0, 1 << 29, 1 << 30}) {
            assertThat(Bmp.shift(x, 4)).isEqualTo(4);
            assertThat(Bmp.shift(x + 1, 4)).isEqualTo(0);
            assertThat(Bmp.shift(x + 3, 1)).isEqualTo(4);
        }
    }

    // ---- run lengths: 13 x 5 pixels, from the bottom up

    private static byte[] runs(int bits, String hex) {
        return runs(40, bits, hex);
    }

    private static byte[] runs(int header, int bits, String hex) {
        Writer writer = new BmpTest().new Writer();
        writer.header = header;
        writer.bits = bits;
        writer.compression = bits == 8 ? 1 : 2;
        writer.runs = HexFormat.of().parseHex(hex.replace(" ", ""));
        byte[] file = writer.write();
        for (int i = 0; i < 1 << bits; i++) {
            int at = 14 + header + 4 * i;
            Arrays.fill(file, at, at + 3, (byte) (i + 1)); // gray, so that pixel values are indices plus 1
        }
        return file;
    }

    private static String indices(byte[] file) {
        byte[] rgb = decode(file).rgb();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < rgb.length; i += 3) {
            text.append(Integer.toHexString(rgb[i] - 1 & 0xff)).append(i % (3 * WIDTH) == 3 * WIDTH - 3 ? "\n" : "");
        }
        return text.toString();
    }

    @Test
    void runsAreRead() {
        assertThat(indices(runs(8, "0d01 0000 0502 0003 010203 00 0504 0000 0000 0003 0708 0900 0002 0501 0506 0001")))
                .isEqualTo("0000000066666\n7890000000000\n0000000000000\n2222212344444\n1111111111111\n");
        assertThat(indices(runs(4, "0d12 0000 0534 0005 123450 00 0356 0000 0d00 0000 0002 0d00 0000 0d11 0001")))
                .isEqualTo("1111111111111\n0000000000000\n0000000000000\n3434312345565\n1212121212121\n");
    }

    @Test
    void whatNoRunCoversHasTheFirstColor() {
        String runs = "0301 0000 0003 050607 00 0000 0a01 0003 050607 00 0000 0000 0002 0c00 0102";
        assertThat(indices(runs(8, runs)))
                .isEqualTo("0000000000002\n0000000000000\n1111111111567\n5670000000000\n1110000000000\n");
        assertThat(indices(runs(20, 8, runs))).as("a shorter header").isEqualTo(indices(runs(8, runs)));
    }

    @Test
    void whatGoesBeyondTheRowOrTheImageIsDropped() {
        assertThat(indices(runs(8, "ff01 0000 0d02 0d03 0000 0d04 0000 0d05 0000 ff06 ff07")))
                .isEqualTo("6666666666666\n5555555555555\n4444444444444\n2222222222222\n1111111111111\n");
        assertThat(indices(runs(8, "0d01 0002 00ff"))).endsWith("0000000000000\n1111111111111\n");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "0001",
                "0d01 0000 0d01 0000 0d01 0000 0d01 0001",
                "0d01 0000 0d01 0000 0d01 0000 0d01 0000 0c01 0001",
                "0d01 0000 0d01 0000 0d01 0000 0d01 0000 0c01",
                "0d01 0000 0d01 0000 0d01 0000 0d01 0000 000d 010203",
                "0d01 0000 0002",
            })
    void runsThatEndEarlyAreRefused(String hex) {
        assertThatThrownBy(() -> decode(runs(8, hex)))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageMatching("the image of \\d+ bytes is (damaged|cut short): .*");
    }

    @Test
    void whatCannotBeIsRefused() {
        assertThatThrownBy(() -> decode(runs(8, "0b01 0003 01020300 0000")))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageContaining("is damaged: a row of too many pixels");
        byte[] file = new Writer().write();
        file[10] = 53;
        assertThatThrownBy(() -> decode(file))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageContaining("is damaged: its pixels begin within the header");
    }

    @Test
    void aMillionSkipsToTheRightEnd() {
        ByteArrayOutputStream skips = new ByteArrayOutputStream();
        for (int i = 0; i < 10_000_000; i++) {
            skips.writeBytes(new byte[] {0, 2, (byte) 255, 0});
        }
        Writer writer = new Writer();
        writer.bits = 8;
        writer.compression = 1;
        writer.runs = skips.toByteArray();
        assertThatThrownBy(() -> decode(writer.write()))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageContaining("is cut short");
    }

    @Test
    void unknownKindsAreRefused() {
        for (int[] kind : new int[][] {
            {128, 24, 0}, {13, 24, 0}, {40, 7, 0}, {40, 24, 4}, {40, 24, 5}, {64, 24, 3}, {40, 8, 3}, {40, 4, 1}
        }) {
            Writer writer = new Writer();
            byte[] file = writer.write();
            ByteBuffer header = ByteBuffer.wrap(file).order(ByteOrder.LITTLE_ENDIAN);
            header.putInt(14, kind[0]).putShort(28, (short) kind[1]).putInt(30, kind[2]);
            assertThatThrownBy(() -> decode(file))
                    .isInstanceOf(ImageFormatException.class)
                    .hasMessageEndingWith(", which cannot be read; save it as PNG");
        }
    }
}
