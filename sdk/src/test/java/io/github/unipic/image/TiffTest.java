package io.github.unipic.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.Image;
import io.github.unipic.ImageFormatException;
import io.github.unipic.ReadOptions;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.zip.DeflaterOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** TIFF files of many kinds, compared with Pillow, ImageMagick or the written numbers. */
class TiffTest {
    private static final ReferenceImages FILES = ReferenceImages.of("image-tiff");
    private static final ReferenceImages REFUSED = ReferenceImages.of("image-tiff/refused");
    private static final Duration LONG = Duration.ofMinutes(1);

    static List<String> names() {
        assertThat(FILES.names()).hasSizeGreaterThan(40);
        return FILES.names();
    }

    static List<String> refused() {
        assertThat(REFUSED.names()).hasSizeGreaterThan(5);
        return REFUSED.names();
    }

    @ParameterizedTest
    @MethodSource("names")
    void readsWhatIsRight(String name) throws IOException {
        assertThat(FILES.difference(name)).isLessThanOrEqualTo(name.startsWith("jpeg") ? 1 : 0);
    }

    @ParameterizedTest
    @MethodSource("refused")
    void refusesInWordsWhatCannotBeRead(String name) {
        String kind = name.replace(".tif", "")
                .replace("-", " ")
                .replace("32 bit", "32-bit")
                .replace("floating ", "");
        assertThatThrownBy(() -> Image.decode(REFUSED.bytes(name), ReadOptions.DEFAULT))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageContaining(" is a TIFF file of ")
                .hasMessageEndingWith("which cannot be read; save it as PNG")
                .satisfies(e -> assertThat(e.getMessage().toLowerCase().replace("-", " "))
                        .contains(kind.toLowerCase().replace("-", " ")));
    }

    // ---- masks

    @ParameterizedTest
    @ValueSource(
            strings = {
                "rgba8-packbits.tif",
                "premultiplied8-lzw.tif",
                "premultiplied16-deflate.tif",
                "premultiplied-gray.tif",
                "palette-alpha-planes.tif"
            })
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
    void grayOf16BitsIsScaledForMasksAndElseClipped() {
        byte[] tiff = new Builder(2, 1, 16, 1)
                .strips(1, new byte[] {0, (byte) 0x80, 10, 0})
                .bytes();
        assertThat(ImageReader.decodeMask(tiff, ReadOptions.DEFAULT).rgb()).containsExactly(128, 128, 128, 0, 0, 0);
        assertThat(Image.decode(tiff, ReadOptions.DEFAULT).rgb()).containsExactly(255, 255, 255, 10, 10, 10);
    }

    // ---- pixels that end early

    @ParameterizedTest
    @MethodSource("names")
    void pixelsThatEndEarlyAreRefused(String name) {
        byte[] whole = FILES.bytes(name);
        Optional<Image> image = ReferenceImages.read(whole);
        TiffDirectory directory = TiffDirectory.first(ByteBuffer.wrap(whole));
        int tag = directory.has(TiffTag.TILE_BYTES) ? TiffTag.TILE_BYTES : TiffTag.STRIP_BYTES;
        long[] lengths = directory.values(tag);
        if (lengths.length == 0 || lengths[0] == 0 || name.startsWith("huge")) {
            return; // without them, data ends where the next begins
        }
        boolean refused = false;
        for (int block = 0; block < lengths.length; block++) {
            for (double part : new double[] {0.02, 0.5, 0.9}) {
                byte[] cut = withValue(whole, tag, block, (int) (lengths[block] * part));
                Optional<Image> read = ReferenceImages.read(cut);
                refused |= read.isEmpty();
                // What is cut of a tile may be beyond the page.
                read.ifPresent(pixels -> assertThat(pixels.rgb())
                        .as(name + ": " + part)
                        .isEqualTo(image.orElseThrow().rgb()));
            }
        }
        assertThat(refused).isTrue();
    }

    @Test
    void jpegDataThatEndsEarlyIsRefusedInSpiteOfItsEndMarker() {
        byte[] whole = FILES.bytes("jpeg-gray.tif");
        TiffDirectory directory = TiffDirectory.first(ByteBuffer.wrap(whole));
        int start = (int) directory.value(TiffTag.STRIP_OFFSETS, 0);
        int length = (int) directory.value(TiffTag.STRIP_BYTES, 0);
        byte[] cut = withValue(whole, TiffTag.STRIP_BYTES, 0, length / 2 + 2);
        cut[start + length / 2] = (byte) 0xff;
        cut[start + length / 2 + 1] = (byte) 0xd9;
        assertThatThrownBy(() -> Image.decode(cut, ReadOptions.DEFAULT)).hasMessageContaining("ends early");
    }

    @ParameterizedTest
    @MethodSource("names")
    void damageGivesAnImageOrItsException(String name) {
        Assertions.assertTimeoutPreemptively(LONG, () -> FILES.damage(name, 60));
    }

    private static byte[] withValue(byte[] tiff, int tag, int index, int value) {
        byte[] changed = tiff.clone();
        ByteBuffer buffer = ByteBuffer.wrap(changed);
        buffer.order(changed[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        int directory = buffer.getInt(4);
        for (int entry = directory + 2; ; entry += 12) {
            if (Short.toUnsignedInt(buffer.getShort(entry)) == tag) {
                int size = buffer.getShort(entry + 2) == 3 ? 2 : 4;
                int at = buffer.getInt(entry + 4) * size <= 4 ? entry + 8 : buffer.getInt(entry + 8);
                if (size == 2) {
                    buffer.putShort(at + 2 * index, (short) value);
                } else {
                    buffer.putInt(at + 4 * index, value);
                }
                return changed;
            }
        }
    }

    // ---- colors

    private static byte[] rgb(Builder tiff) {
        return Image.decode(tiff.bytes(), ReadOptions.DEFAULT).rgb();
    }

    private static Builder ycbcr(int luma, int cb, int cr) {
        return new Builder(1, 1, 8, 6)
                .with(TiffTag.SAMPLES, 3)
                .with(TiffTag.CHROMA_SUBSAMPLING, 1, 1)
                .strips(1, new byte[] {(byte) luma, (byte) cb, (byte) cr});
    }

    private static final int[] VIDEO = {16, 1, 235, 1, 128, 1, 240, 1, 128, 1, 240, 1};

    /** TIFF 6.0, section 20: code - black is scaled by 255 / (white - black), for the chromas by 127. */
    @Test
    void lumaAndChromaMayHaveARangeOfTheirOwn() {
        int tag = TiffTag.REFERENCE_BLACK_WHITE;
        assertThat(rgb(ycbcr(235, 128, 128).withFractions(tag, VIDEO))).containsExactly(255, 255, 255);
        assertThat(rgb(ycbcr(16, 128, 128).withFractions(tag, VIDEO))).containsExactly(0, 0, 0);
        assertThat(rgb(ycbcr(126, 128, 240).withFractions(tag, VIDEO))).containsExactly(255, 37, 128);
        assertThat(rgb(ycbcr(126, 72, 128).withFractions(tag, VIDEO))).containsExactly(128, 150, 16);
        assertThat(rgb(ycbcr(126, 128, 240))).containsExactly(255, 46, 126);
    }

    @Test
    void aRangeThatIsNoneGivesWayToTheCommonOne() {
        int tag = TiffTag.REFERENCE_BLACK_WHITE;
        for (int pair = 0; pair < 3; pair++) {
            int[] empty = VIDEO.clone();
            empty[4 * pair] = empty[4 * pair + 2];
            int[] undefined = VIDEO.clone();
            undefined[4 * pair] = 0;
            undefined[4 * pair + 1] = 0;
            int[] infinite = VIDEO.clone();
            infinite[4 * pair + 3] = 0;
            for (int[] range : List.of(empty, undefined, infinite)) {
                assertThat(rgb(ycbcr(126, 128, 240).withFractions(tag, range))).containsExactly(255, 46, 126);
            }
        }
        assertThat(rgb(ycbcr(126, 128, 240).withFractions(tag, Arrays.copyOf(VIDEO, 10))))
                .containsExactly(255, 46, 126);
        assertThat(rgb(ycbcr(126, 128, 240).with(tag, 16, 235, 128, 240, 128, 240)))
                .containsExactly(255, 46, 126);
    }

    /** TIFF 6.0, section 21, with the weights of BT.709. */
    @Test
    void lumaMayHaveWeightsOfItsOwn() {
        int tag = TiffTag.CHROMA_WEIGHTS;
        int[] weights = {2126, 10_000, 7152, 10_000, 722, 10_000};
        assertThat(rgb(ycbcr(100, 128, 188).withFractions(tag, weights))).containsExactly(194, 72, 100);
        assertThat(rgb(ycbcr(100, 148, 128).withFractions(tag, weights))).containsExactly(100, 96, 137);
        weights[2] = 0; // without green there is no conversion
        assertThat(rgb(ycbcr(100, 128, 188).withFractions(tag, weights))).containsExactly(184, 57, 100);
        assertThat(rgb(ycbcr(100, 128, 188))).containsExactly(184, 57, 100);
    }

    @Test
    void aPaletteOf8BitNumbersIsTakenAsItIs() {
        int[] map = new int[3 * 256];
        map[1] = 255;
        map[256 + 1] = 7;
        Builder tiff = new Builder(2, 1, 8, 3).strips(1, new byte[] {0, 1}).with(TiffTag.COLOR_MAP, map);
        assertThat(rgb(tiff)).containsExactly(0, 0, 0, 255, 7, 0);
        map[2] = 256; // now they are numbers of 16 bits
        assertThat(rgb(tiff.with(TiffTag.COLOR_MAP, map))).containsExactly(0, 0, 0, 0, 0, 0);
        assertRefused(tiff.with(TiffTag.COLOR_MAP, Arrays.copyOf(map, 767)), "with too short a color map");
    }

    /** Extra samples: 0 is anything, 1 and 2 are alpha, 999 is Corel's. Pixels are gray and those. */
    @ParameterizedTest
    @CsvSource({
        "'',10 0 20 255,2,0 255",
        "2,10 0 20 255,2,0 255",
        "999,10 0 20 255,2,0 255",
        "0 2,10 9 0 20 9 255,3,0 255",
        "2 2,10 0 9 20 255 9,3,0 255",
        "0 2,10 0 20 255,2,",
        "0,10 0 20 255,2,",
        "'',10 9 0 20 9 255,3,"
    })
    void alphaIsTheFirstExtraSampleThatIsAlpha(String extra, String pixels, int samples, String alpha) {
        Builder tiff = new Builder(2, 1, 8, 1).strips(1, numbers(pixels)).with(TiffTag.SAMPLES, samples);
        if (!extra.isEmpty()) {
            byte[] kinds = numbers(extra);
            int[] values = extra.equals("999") ? new int[] {999} : new int[kinds.length];
            for (int i = 0; i < kinds.length && values[0] != 999; i++) {
                values[i] = kinds[i];
            }
            tiff.with(TiffTag.EXTRA_SAMPLES, values);
        }
        assertThat(ImageReader.decodeMask(tiff.bytes(), ReadOptions.DEFAULT).alpha())
                .isEqualTo(alpha == null ? new byte[0] : numbers(alpha));
    }

    private static byte[] numbers(String text) {
        String[] words = text.split(" ");
        byte[] numbers = new byte[words.length];
        for (int i = 0; i < words.length; i++) {
            numbers[i] = (byte) Integer.parseInt(words[i]);
        }
        return numbers;
    }

    // ---- combinations that do not exist

    private static void assertRefused(Builder tiff, String message) {
        assertThatThrownBy(() -> Image.decode(tiff.bytes(), ReadOptions.DEFAULT))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageContaining(message);
    }

    @Test
    void bitsThatACompressionCannotHaveAreRefused() {
        for (int compression : new int[] {2, 3, 4}) {
            assertRefused(
                    new Builder(8, 8, 8, 1).strips(8, new byte[64]).with(TiffTag.COMPRESSION, compression),
                    "is a TIFF file of 8-bit samples that are compressed with ");
            assertRefused(
                    new Builder(8, 8, 1, 2)
                            .strips(8, new byte[64])
                            .with(TiffTag.SAMPLES, 3)
                            .with(TiffTag.COMPRESSION, compression),
                    "is a TIFF file of 1-bit samples that are compressed with ");
        }
        assertRefused(
                new Builder(8, 8, 16, 1).strips(8, new byte[64]).with(TiffTag.COMPRESSION, 7),
                "is a TIFF file of 16-bit samples that are compressed with ");
    }

    @Test
    void unusualChromaSubsamplingIsRefused() {
        String message = "is a TIFF file of an unusual chroma subsampling";
        for (int[] units : new int[][] {{8, 1}, {1, 8}, {5, 4}, {4, 5}}) {
            assertRefused(ycbcr(1, 2, 3).with(TiffTag.CHROMA_SUBSAMPLING, units), message);
        }
        assertRefused(
                ycbcr(1, 2, 3)
                        .with(TiffTag.CHROMA_SUBSAMPLING, 2, 1)
                        .with(TiffTag.COMPRESSION, 5)
                        .with(TiffTag.PREDICTOR, 2),
                message);
        byte[] unit = new byte[18];
        unit[0] = 77;
        unit[16] = unit[17] = (byte) 128;
        assertThat(rgb(ycbcr(1, 2, 3).with(TiffTag.CHROMA_SUBSAMPLING, 4, 4).strips(1, unit)))
                .containsExactly(77, 77, 77);
    }

    @Test
    void premultipliedPalettesAreRefused() {
        assertRefused(
                new Builder(1, 1, 8, 3)
                        .strips(1, new byte[2])
                        .with(TiffTag.SAMPLES, 2)
                        .with(TiffTag.EXTRA_SAMPLES, 1)
                        .with(TiffTag.COLOR_MAP, new int[768]),
                "premultiplied alpha that is neither gray nor RGB");
    }

    // ---- more pages

    /** A page after the first one, of one tag. */
    private static byte[] withPage(byte[] tiff, int tag, int value) {
        ByteBuffer pages = ByteBuffer.allocate(tiff.length + 18).order(ByteOrder.LITTLE_ENDIAN);
        pages.put(tiff);
        int directory = pages.getInt(4);
        pages.putInt(directory + 2 + 12 * pages.getShort(directory), tiff.length);
        pages.putShort((short) 1)
                .putShort((short) tag)
                .putShort((short) 4)
                .putInt(1)
                .putInt(value);
        return pages.array();
    }

    @Test
    void aPageWithoutPixelsDoesNoHarm() {
        byte[] tiff = new Builder(4, 1, 8, 1).strips(1, new byte[] {1, 2, 3, 4}).bytes();
        assertThat(Image.decode(withPage(tiff, TiffTag.WIDTH, 4), ReadOptions.DEFAULT)
                        .rgb())
                .startsWith(1, 1, 1, 2, 2, 2);
        for (int tag : new int[] {TiffTag.STRIP_OFFSETS, TiffTag.TILE_OFFSETS}) {
            assertThatThrownBy(() -> Image.decode(withPage(tiff, tag, 8), ReadOptions.DEFAULT))
                    .isInstanceOf(ImageFormatException.class)
                    .hasMessageContaining("a TIFF page of impossible sizes");
        }
    }

    @Test
    void theCallersBytesAreNotChanged() {
        for (String name : names()) {
            byte[] tiff = FILES.bytes(name);
            Image.decode(tiff, ReadOptions.DEFAULT);
            assertThat(tiff).as(name).isEqualTo(FILES.bytes(name));
        }
    }

    // ---- work and memory

    @Test
    void aPageThatIsItsOwnNextIsTheLast() {
        byte[] tiff = new Builder(4, 1, 8, 1).strips(1, new byte[] {1, 2, 3, 4}).bytes();
        ByteBuffer buffer = ByteBuffer.wrap(tiff).order(ByteOrder.LITTLE_ENDIAN);
        int directory = buffer.getInt(4);
        buffer.putInt(directory + 2 + 12 * buffer.getShort(directory), directory);
        Image image = Assertions.assertTimeoutPreemptively(LONG, () -> Image.decode(tiff, ReadOptions.DEFAULT));
        assertThat(image.rgb()).startsWith(1, 1, 1, 2, 2, 2);
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 8, 32_773, 5, 4})
    void stripsThatShareTheirBytesAreNoMoreWorkThanTheirPixels(int compression) throws IOException {
        // 20000 rows of 8 pixels, each from the same 60000 bytes, in which a decoder finds nothing for long.
        byte[] data = new byte[60_000];
        if (compression == 8) {
            ByteArrayOutputStream blocks = new ByteArrayOutputStream();
            try (DeflaterOutputStream deflater = new DeflaterOutputStream(blocks, true)) {
                for (int i = 0; i < 10_000; i++) {
                    deflater.write(0);
                    deflater.flush();
                }
            }
            data = blocks.toByteArray();
        }
        Builder tiff = new Builder(8, 20_000, compression == 4 ? 1 : 8, 1)
                .sharedStrips(1, data, 20_000)
                .with(TiffTag.COMPRESSION, compression);
        assertRead(tiff.bytes(), compression == 1);
    }

    @Test
    void aHundredThousandStripsAreRead() {
        byte[] pixels = new byte[300_000];
        for (int i = 0; i < pixels.length; i++) {
            pixels[i] = (byte) (i / 3 % 251);
        }
        byte[] tiff = new Builder(3, 100_000, 8, 1).strips(1, pixels).bytes();
        Image image = Assertions.assertTimeoutPreemptively(LONG, () -> Image.decode(tiff, ReadOptions.DEFAULT));
        assertThat(image.rgb()[3 * (3 * 99_999)]).isEqualTo((byte) (99_999 % 251));
    }

    @Test
    void aHeaderAloneTakesNoMemory() {
        byte[] raw =
                new Builder(10_000, 10_000, 8, 1).strips(10_000, new byte[16]).bytes();
        byte[] deflated = new Builder(10_000, 10_000, 8, 1)
                .strips(10_000, new byte[1000])
                .with(TiffTag.COMPRESSION, 8)
                .bytes();
        byte[] blank = new Builder(10_000, 10_000, 1, 1)
                .strips(10_000, new byte[100])
                .with(TiffTag.COMPRESSION, 4)
                .bytes();
        for (byte[] tiff : List.of(raw, deflated, blank)) {
            assertThatThrownBy(() -> Image.decode(tiff, ReadOptions.DEFAULT))
                    .isInstanceOf(ImageFormatException.class)
                    .satisfies(e -> assertThat(e.getMessage()).containsAnyOf(" is cut short", " of memory to read"));
        }
    }

    @Test
    void tilesFarLargerThanThePageAreRefused() throws IOException {
        ByteArrayOutputStream row = new ByteArrayOutputStream();
        try (DeflaterOutputStream deflater = new DeflaterOutputStream(row)) {
            deflater.write(new byte[1_000_000]);
        }
        byte[] tiff = new Builder(1, 2000, 8, 1)
                .sharedStrips(1, row.toByteArray(), 2000)
                .with(TiffTag.COMPRESSION, 8)
                .with(TiffTag.TILE_WIDTH, 1_000_000)
                .with(TiffTag.TILE_HEIGHT, 1)
                .bytes();
        assertRead(tiff, false);
    }

    @Test
    void manyPagesThatShareTheirListsAreRefused() {
        byte[] first = new Builder(1, 5000, 8, 1).strips(1, new byte[5000]).bytes();
        ByteBuffer source = ByteBuffer.wrap(first).order(ByteOrder.LITTLE_ENDIAN);
        int directory = source.getInt(4);
        int length = 2 + 12 * source.getShort(directory) + 4;
        int pages = 5000;
        ByteBuffer tiff = withNextPage(first, pages * length);
        for (int page = 1; page <= pages; page++) {
            tiff.put(first, directory, length - 4);
            tiff.putInt(page == pages ? 0 : tiff.position() + 4);
        }
        assertRead(tiff.array(), false);
    }

    @Test
    void smallPagesThatShareALongListAreRefused() {
        int values = 5000;
        byte[] first = new Builder(1, 1, 8, 1)
                .strips(1, new byte[1])
                .with(700, new int[values])
                .bytes();
        int list = first.length - 4 * values;
        int pages = 20;
        int length = 2 + 3 * 12 + 4;
        for (int shared :
                new int[] {TiffTag.STRIP_OFFSETS, TiffTag.STRIP_BYTES, TiffTag.TILE_BYTES, TiffTag.CHROMA_SUBSAMPLING
                }) {
            ByteBuffer tiff = withNextPage(first, pages * length);
            for (int page = 1; page <= pages; page++) {
                tiff.putShort((short) 3);
                for (int tag : new int[] {TiffTag.WIDTH, TiffTag.HEIGHT, shared}) {
                    boolean isList = tag == shared;
                    tiff.putShort((short) tag)
                            .putShort((short) 4)
                            .putInt(isList ? values : 1)
                            .putInt(isList ? list : 1);
                }
                tiff.putInt(page == pages ? 0 : tiff.position() + 4);
            }
            assertOverlap(tiff.array());
        }
    }

    @Test
    void pagesThatOverlapAreRefused() {
        byte[] first = new Builder(1, 1, 8, 1).strips(1, new byte[1]).bytes();
        int pages = 4;
        int length = 2 + 12 * 65_535;
        ByteBuffer tiff = withNextPage(first, 4 * pages + length);
        int start = tiff.position();
        for (int page = 0; page < pages; page++) {
            tiff.putShort(start + 4 * page, (short) 65_535);
            tiff.putInt(start + 4 * page + length, page == pages - 1 ? 0 : start + 4 * (page + 1));
        }
        assertOverlap(tiff.array());
    }

    /** A file whose first page has a next one: where the buffer stands. */
    private static ByteBuffer withNextPage(byte[] first, int further) {
        ByteBuffer tiff = ByteBuffer.allocate(first.length + further).order(ByteOrder.LITTLE_ENDIAN);
        tiff.put(first);
        int directory = tiff.getInt(4);
        return tiff.putInt(directory + 2 + 12 * tiff.getShort(directory), first.length);
    }

    private static void assertOverlap(byte[] tiff) {
        assertThatThrownBy(() -> Image.decode(tiff, ReadOptions.DEFAULT))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageEndingWith(" is damaged: its pages overlap; get a fresh copy");
    }

    @Test
    void ofATagThatNeedsOneValueMillionsAreNotRead() {
        byte[] orders = new byte[4_000_000];
        orders[0] = 1;
        byte[] tiff = new Builder(1, 20_000, 8, 1)
                .strips(1, new byte[20_000])
                .with(TiffTag.FILL_ORDER, orders)
                .bytes();
        assertRead(tiff, true);
    }

    @Test
    void jpegStripsAreRefusedWhereTheirStartIsMostOfTheWork() throws IOException {
        ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
        ImageIO.write(new BufferedImage(1, 1, BufferedImage.TYPE_BYTE_GRAY), "jpeg", jpeg);
        assertRead(jpegStrips(jpeg.toByteArray(), 1000), true);
        assertThatThrownBy(() -> Image.decode(jpegStrips(jpeg.toByteArray(), 6000), ReadOptions.DEFAULT))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageEndingWith(" is a TIFF file of 6000 JPEG strips or tiles for few pixels, which cannot be"
                        + " read; save it as PNG");
    }

    private static byte[] jpegStrips(byte[] jpeg, int count) {
        ByteBuffer strips = ByteBuffer.allocate(count * jpeg.length);
        while (strips.hasRemaining()) {
            strips.put(jpeg);
        }
        return new Builder(1, count, 8, 1)
                .strips(1, strips.array())
                .with(TiffTag.COMPRESSION, 7)
                .bytes();
    }

    private static void assertRead(byte[] tiff, boolean read) {
        Optional<Image> image = Assertions.assertTimeoutPreemptively(LONG, () -> ReferenceImages.read(tiff));
        assertThat(image.isPresent()).isEqualTo(read);
    }

    @Test
    void orientationInXmpCounts() {
        byte[] xmp = "<x tiff:Orientation='6'/>".getBytes(StandardCharsets.US_ASCII);
        byte[] tiff = new Builder(2, 1, 8, 1)
                .strips(1, new byte[] {10, 20})
                .with(700, xmp)
                .bytes();
        Image image = Image.decode(tiff, ReadOptions.DEFAULT);
        assertThat(List.of(image.width(), image.height())).isEqualTo(List.of(1, 2));
        assertThat(image.rgb()).containsExactly(10, 10, 10, 20, 20, 20);
    }

    /** Little-endian files of one page of gray. */
    private static final class Builder {
        private record Entry(int type, int count, byte[] values) {}

        private final Map<Integer, Entry> entries = new TreeMap<>();
        private final int height;
        private byte[] pixels = {};

        Builder(int width, int height, int bits, int photometric) {
            this.height = height;
            with(TiffTag.WIDTH, width).with(TiffTag.HEIGHT, height).with(TiffTag.BITS, bits);
            with(TiffTag.PHOTOMETRIC, photometric).with(TiffTag.SAMPLES, 1);
        }

        Builder with(int tag, int... values) {
            entries.put(tag, new Entry(4, values.length, bytes(values)));
            return this;
        }

        Builder with(int tag, byte[] values) {
            entries.put(tag, new Entry(1, values.length, values));
            return this;
        }

        Builder withFractions(int tag, int... numeratorsAndDenominators) {
            entries.put(tag, new Entry(5, numeratorsAndDenominators.length / 2, bytes(numeratorsAndDenominators)));
            return this;
        }

        private static byte[] bytes(int... values) {
            ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
            for (int value : values) {
                bytes.putInt(value);
            }
            return bytes.array();
        }

        Builder strips(int rows, byte[] data) {
            int count = (height + rows - 1) / rows;
            int[] offsets = new int[count];
            int[] lengths = new int[count];
            for (int i = 0; i < count; i++) {
                offsets[i] = 8 + data.length / count * i;
                lengths[i] = data.length / count;
            }
            pixels = data;
            return with(TiffTag.ROWS_PER_STRIP, rows)
                    .with(TiffTag.STRIP_OFFSETS, offsets)
                    .with(TiffTag.STRIP_BYTES, lengths);
        }

        Builder sharedStrips(int rows, byte[] data, int count) {
            int[] offsets = new int[count];
            int[] lengths = new int[count];
            Arrays.fill(offsets, 8);
            Arrays.fill(lengths, data.length);
            pixels = data;
            return with(TiffTag.ROWS_PER_STRIP, rows)
                    .with(TiffTag.STRIP_OFFSETS, offsets)
                    .with(TiffTag.STRIP_BYTES, lengths);
        }

        byte[] bytes() {
            int directory = 8 + pixels.length;
            int lists = directory + 2 + 12 * entries.size() + 4;
            int length = lists
                    + entries.values().stream()
                            .mapToInt(entry -> entry.values().length)
                            .filter(size -> size > 4)
                            .sum();
            ByteBuffer tiff = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
            tiff.put((byte) 'I')
                    .put((byte) 'I')
                    .putShort((short) 42)
                    .putInt(directory)
                    .put(pixels);
            tiff.putShort((short) entries.size());
            for (Map.Entry<Integer, Entry> tag : entries.entrySet()) {
                Entry entry = tag.getValue();
                byte[] values = entry.values();
                tiff.putShort(tag.getKey().shortValue()).putShort((short) entry.type());
                tiff.putInt(entry.count());
                if (values.length > 4) {
                    tiff.putInt(lists);
                    tiff.put(lists, values);
                    lists += values.length;
                } else {
                    tiff.put(values);
                    tiff.position(tiff.position() + 4 - values.length);
                }
            }
            return tiff.array();
        }
    }
}
