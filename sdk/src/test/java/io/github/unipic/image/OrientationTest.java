package io.github.unipic.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Image;
import io.github.unipic.ReadOptions;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Orientations that files give in other ways than a JPEG's EXIF (see {@link ImageReaderTest}). */
class OrientationTest {
    /** Big-endian, one entry, and nothing behind it. */
    private static final byte[] EXIF =
            HexFormat.of().parseHex("4d4d002a00000008" + "0001" + "011200030000000100060000");

    private static final String XMP = "<x:xmpmeta xmlns:x=\"adobe:ns:meta/\"><rdf:RDF><rdf:Description"
            + " xmlns:tiff=\"http://ns.adobe.com/tiff/1.0/\" tiff:Orientation=\"6\"/></rdf:RDF></x:xmpmeta>";

    private static final ReadOptions AS_STORED = new ReadOptions(false, 1_000_000);

    private static byte[] file(String name) throws IOException {
        try (InputStream stream = OrientationTest.class.getResourceAsStream("/image-rare/" + name)) {
            return stream.readAllBytes();
        }
    }

    private static void assertTurned(byte[] file) {
        Image stored = Image.decode(file, AS_STORED);
        Image upright = Image.decode(file, ReadOptions.DEFAULT);
        assertThat(upright.width()).isEqualTo(stored.height()).isNotEqualTo(stored.width());
        for (int y = 0; y < stored.height(); y++) {
            for (int x = 0; x < stored.width(); x++) {
                int from = (y * stored.width() + x) * 3;
                int to = (x * upright.width() + upright.width() - 1 - y) * 3;
                assertThat(Arrays.copyOfRange(upright.rgb(), to, to + 3))
                        .isEqualTo(Arrays.copyOfRange(stored.rgb(), from, from + 3));
            }
        }
    }

    private static void assertNotTurned(byte[] file) {
        assertThat(Image.decode(file, ReadOptions.DEFAULT).width())
                .isEqualTo(Image.decode(file, AS_STORED).width());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "jpeg-orientation-only-in-xmp.jpg",
                "jpeg-exif-without-next-ifd.jpg",
                "png-exif-as-raw-profile.png"
            })
    void metadataThatOthersWriteIsHeeded(String name) throws IOException {
        assertTurned(file(name));
    }

    // ---- EXIF

    @Test
    void exifMayEndBehindTheEntry() {
        assertThat(Orientation.ofExif(EXIF)).contains(new Orientation(6));
        for (int length = 0; length < EXIF.length; length++) {
            assertThat(Orientation.ofExif(Arrays.copyOf(EXIF, length))).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "49492a0008000000" + "0200" + "0f01020004000000616263" + "00" + "120103000100000006000000",
                "4d4d002a0000000a0000" + "0001" + "01120001000000010600" + "0000",
                "49492a0008000000" + "0100" + "120104000100000006000000" + "00000000",
                "457869660000" + "4d4d002a00000008" + "0001" + "011200030000000100060000",
            })
    void exifOfEveryByteOrderAndType(String hex) {
        assertThat(Orientation.ofExif(HexFormat.of().parseHex(hex))).contains(new Orientation(6));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "4d4d002a00000008" + "0001" + "011200030000000100000000", // 0
                "4d4d002a00000008" + "0001" + "011200030000000100090000", // 9
                "4d4d002a00000008" + "0001" + "011200020000000100060000", // as text
                "4d4d002affffffff" + "0001" + "011200030000000100060000",
                "4d4d002a7fffffff" + "0001" + "011200030000000100060000",
                "4d4d002b00000008" + "0001" + "011200030000000100060000",
                "4d4d002a00000008" + "0001" + "011200030000000200060000", // two of them
                "4949002a00000008" + "0001" + "011200030000000100060000",
                "45786966000000",
            })
    void exifThatTellsNothing(String hex) {
        assertThat(Orientation.ofExif(HexFormat.of().parseHex(hex))).isEmpty();
    }

    // ---- XMP

    @ParameterizedTest
    @ValueSource(
            strings = {
                "<rdf:Description tiff:Orientation=\"6\"/>",
                "<rdf:Description tiff:Orientation='6'/>",
                "<rdf:Description tiff:Orientation = \" 6 \"/>",
                "<tiff:Orientation>6</tiff:Orientation>",
                "<tiff:Orientation>\n  6\n</tiff:Orientation>",
            })
    void xmpOfEverySpelling(String xmp) {
        assertThat(Orientation.ofXmp(xmp.getBytes(StandardCharsets.UTF_8))).contains(new Orientation(6));
        for (Charset charset : new Charset[] {StandardCharsets.UTF_16BE, StandardCharsets.UTF_16LE}) {
            assertThat(Orientation.ofXmp(xmp.getBytes(charset))).contains(new Orientation(6));
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "tiff:Orientation",
                "<tiff:Orientation></tiff:Orientation>",
                "<tiff:Orientation>0</tiff:Orientation>",
                "<tiff:Orientation>9</tiff:Orientation>",
                "<tiff:Orientation>66</tiff:Orientation>",
                "<rdf:Description exif:Orientation=\"6\"/>",
            })
    void xmpThatTellsNothing(String xmp) {
        assertThat(Orientation.ofXmp(xmp.getBytes(StandardCharsets.UTF_8))).isEmpty();
    }

    @Test
    void onlyTheFirstMebibyteOfXmpCounts() {
        byte[] xmp = XMP.getBytes(StandardCharsets.UTF_8);
        byte[] padded = new byte[(1 << 20) + xmp.length];
        Arrays.fill(padded, (byte) ' ');
        System.arraycopy(xmp, 0, padded, 1 << 20, xmp.length);
        assertThat(Orientation.ofXmp(padded)).isEmpty();
    }

    @Test
    void exifGoesBeforeXmp() {
        byte[] upright = EXIF.clone();
        upright[19] = 1;
        byte[] xmp = XMP.getBytes(StandardCharsets.UTF_8);
        assertThat(Orientation.of(upright, xmp, ReadOptions.DEFAULT)).isEqualTo(new Orientation(1));
        assertThat(Orientation.of(new byte[0], xmp, ReadOptions.DEFAULT)).isEqualTo(new Orientation(6));
        assertThat(Orientation.of(EXIF, xmp, AS_STORED)).isEqualTo(new Orientation(1));
        assertThat(Optional.of(Orientation.of(EXIF, new byte[0], ReadOptions.DEFAULT)))
                .contains(new Orientation(6));
    }

    // ---- PNG

    @Test
    void xmpInEveryKindOfPngText(@TempDir Path folder) throws IOException {
        byte[] xmp = latin1(XMP);
        for (byte[] chunk : new byte[][] {
            chunk("iTXt", concat(latin1("XML:com.adobe.xmp\0\0\0\0\0"), xmp)),
            chunk("iTXt", concat(latin1("XML:com.adobe.xmp\0\1\0\0\0"), deflated(xmp))),
            chunk("zTXt", concat(latin1("XML:com.adobe.xmp\0\0"), deflated(xmp))),
            chunk("eXIf", EXIF),
            chunk("zTXt", concat(latin1("Raw profile type APP1\0\0"), deflated(rawProfile("generic profile", EXIF)))),
            chunk("tEXt", concat(latin1("Raw profile type exif\0"), rawProfile("exif", EXIF))),
            chunk("tEXt", concat(latin1("Raw profile type xmp\0"), rawProfile("xmp", xmp))),
            chunk(
                    "tEXt",
                    concat(
                            latin1("Raw profile type APP1\0"),
                            rawProfile("app1", concat(latin1("http://ns.adobe.com/xap/1.0/\0"), xmp)))),
        }) {
            assertTurned(png(chunk));
            // What has been turned must not be turned once more.
            Image.decode(png(chunk), ReadOptions.DEFAULT).save(folder.resolve("upright.png"));
            Image upright = Image.read(folder.resolve("upright.png"));
            assertThat(upright.width()).isEqualTo(2);
            // What has not been turned still says so.
            if (!new String(chunk, 4, 4, StandardCharsets.US_ASCII).equals("eXIf")) {
                Image.decode(png(chunk), AS_STORED).save(folder.resolve("stored.png"));
                assertThat(Image.read(folder.resolve("stored.png")).width()).isEqualTo(2);
            }
        }
    }

    @Test
    void otherMetadataInTextIsKept() {
        Map<String, String> text = Image.decode(
                        png(chunk("iTXt", concat(latin1("XML:com.adobe.xmp\0\0\0\0\0"), latin1(XMP)))),
                        ReadOptions.DEFAULT)
                .metadata();
        assertThat(text).isEqualTo(Map.of("XML:com.adobe.xmp", XMP.replace("=\"6\"", "=\"1\"")));
    }

    @Test
    void brokenRawProfilesAreText() {
        for (String profile : new String[] {"", "\nexif\n", "\nexif\n8\nxyz\n", "\nexif\n8\n4", "\nexif\n-8\n4d4d"}) {
            byte[] file = png(chunk("tEXt", latin1("Raw profile type exif\0" + profile)));
            assertNotTurned(file);
            boolean complete = profile.endsWith("4"); // in its form, though not in its length
            assertThat(Image.decode(file, ReadOptions.DEFAULT).metadata())
                    .isEqualTo(complete ? Map.of() : Map.of("Raw profile type exif", profile));
        }
    }

    private static byte[] rawProfile(String name, byte[] data) {
        String digits = HexFormat.of().formatHex(data).replaceAll("(.{72})", "$1\n");
        return latin1("\n" + name + "\n" + String.format(Locale.ROOT, "%8d", data.length) + "\n" + digits + "\n");
    }

    /** 3 x 2 pixels. */
    private static byte[] png(byte[] chunk) {
        byte[] header = {0, 0, 0, 3, 0, 0, 0, 2, 8, 2, 0, 0, 0};
        byte[] rows = new byte[2 * 10];
        for (int i = 0; i < rows.length; i++) {
            rows[i] = (byte) (i % 10 == 0 ? 0 : 11 * i);
        }
        byte[] file = concat(latin1("\u0089PNG\r\n\u001a\n"), chunk("IHDR", header));
        file = concat(file, chunk);
        return concat(file, concat(chunk("IDAT", deflated(rows)), chunk("IEND", new byte[0])));
    }

    private static byte[] chunk(String type, byte[] data) {
        ByteBuffer chunk = ByteBuffer.allocate(12 + data.length);
        chunk.putInt(data.length).put(latin1(type)).put(data);
        CRC32 crc = new CRC32();
        crc.update(chunk.array(), 4, 4 + data.length);
        return chunk.putInt((int) crc.getValue()).array();
    }

    private static byte[] deflated(byte[] data) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DeflaterOutputStream stream = new DeflaterOutputStream(bytes)) {
            stream.write(data);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return bytes.toByteArray();
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    private static byte[] concat(byte[] a, byte[] b) {
        byte[] all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }
}
