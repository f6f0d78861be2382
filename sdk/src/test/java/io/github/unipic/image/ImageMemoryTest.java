package io.github.unipic.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Image;
import io.github.unipic.ImageFormatException;
import io.github.unipic.testing.ChildJvm;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Small files of large images, read by a JVM with little memory. */
class ImageMemoryTest {
    private static final int SIDE = 10_000;

    /** Reads each file; prints what comes out. */
    static final class Reader {
        private Reader() {}

        public static void main(String[] files) {
            for (String file : files) {
                String result;
                try {
                    Image image = Image.read(Path.of(file));
                    result = image.width() + " x " + image.height() + " with "
                            + image.metadata().size() + " texts";
                } catch (ImageFormatException e) {
                    result = e.getMessage();
                } catch (Throwable e) {
                    result = "escaped: " + e;
                }
                System.out.println(Path.of(file).getFileName() + "\t" + result);
            }
        }
    }

    private static List<String> readWith(String heap, Path folder, List<Path> files, String... options)
            throws IOException, InterruptedException {
        return ChildJvm.run(
                        folder,
                        Reader.class,
                        Stream.concat(Stream.of(heap), Stream.of(options)).toList(),
                        files.stream().map(Path::toString).toList(),
                        Map.of())
                .lines()
                .toList();
    }

    @Test
    void whatDoesNotFitIsRefusedAndExifIsNotReadTimeAndAgain(@TempDir Path folder) throws Exception {
        List<Path> files = List.of(
                Files.write(folder.resolve("gray.png"), png(SIDE, 1, 0)),
                Files.write(folder.resolve("deep.png"), png(SIDE, 16, 6)),
                Files.write(folder.resolve("run.bmp"), bmp()),
                Files.write(folder.resolve("empty.gif"), gif()),
                Files.write(folder.resolve("baseline.jpg"), jpeg(0xc0, 3)),
                Files.write(folder.resolve("progressive.jpg"), jpeg(0xc2, 1)),
                Files.write(folder.resolve("cmyk.jpg"), jpeg(0xc0, 4)),
                Files.write(folder.resolve("strip.tif"), tiff()),
                longFile(folder),
                hugeExif(folder));
        List<String> results = readWith("-Xmx64m", folder, files);
        assertThat(results).hasSize(files.size());
        assertThat(results.subList(0, 8))
                .as("by their headers")
                .allSatisfy(result -> assertThat(result)
                        .matches("(\\S+)\t\\S+\\1 is 10000 x 10000 pixels, which take \\d+ MiB of memory to read, more"
                                + " than Java has left of its 62 MiB; give it more \\(-Xmx\\) or save the image smaller;"
                                + " ReadOptions.maxPixels limits what is read"));
        assertThat(results.get(8))
                .contains("long.png", "more memory to read than Java has left of its 62 MiB; give it more (-Xmx)")
                .doesNotContain("escaped");
        assertThat(results.get(9)).isEqualTo("exif.png\t8 x 8 with 0 texts");
    }

    @Test
    void textsDoNotFillTheMemory(@TempDir Path folder) throws Exception {
        ByteArrayOutputStream texts = new ByteArrayOutputStream();
        byte[] large = deflated(new byte[1 << 20]);
        for (int i = 0; i < 300; i++) {
            texts.writeBytes(chunk("zTXt", concat(("t" + i + "\0\0").getBytes(StandardCharsets.US_ASCII), large)));
        }
        byte[] png = png(8, 8, 0);
        Path file = Files.write(
                folder.resolve("texts.png"),
                concat(concat(Arrays.copyOf(png, 33), texts.toByteArray()), Arrays.copyOfRange(png, 33, png.length)));
        assertThat(readWith("-Xmx96m", folder, List.of(file))).containsExactly("texts.png\t8 x 8 with 16 texts");
    }

    /** 240 MB, were they read: the values of 4000 entries are the same 60 kB. */
    private static Path hugeExif(Path folder) throws IOException {
        int entries = 4_000;
        ByteBuffer exif =
                ByteBuffer.allocate(60_000).putInt(0x4d4d002a).putInt(8).putShort((short) (entries + 1));
        for (int i = 0; i < entries; i++) {
            exif.putShort((short) (0x1000 + i))
                    .putShort((short) 7)
                    .putInt(59_000)
                    .putInt(8);
        }
        exif.putShort((short) 0x0112).putShort((short) 3).putInt(1).putInt(6 << 16);
        byte[] png = png(8, 8, 0);
        return Files.write(
                folder.resolve("exif.png"),
                concat(
                        concat(Arrays.copyOf(png, 33), chunk("eXIf", exif.array())),
                        Arrays.copyOfRange(png, 33, png.length)));
    }

    private static Path longFile(Path folder) throws IOException {
        Path file = folder.resolve("long.png");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(200 << 20);
        }
        return file;
    }

    /** 45 MB in one array. The heap is larger, but this collector divides it into smaller parts. */
    @Test
    void memoryThatRunsOutInSpiteOfTheEstimateIsNoError(@TempDir Path folder) throws Exception {
        Path file = Files.write(folder.resolve("gray.png"), png(3_900, 8, 0));
        assertThat(readWith("-Xmx64m", folder, List.of(file), "-XX:+UseSerialGC"))
                .singleElement()
                .asString()
                .contains("gray.png is 3900 x 3900 pixels, which take more memory to read than Java has left of its ");
        assertThat(readWith("-Xmx256m", folder, List.of(file), "-XX:+UseSerialGC"))
                .containsExactly("gray.png\t3900 x 3900 with 0 texts");
    }

    // ---- files of nearly nothing

    private static byte[] png(int side, int depth, int colorType) throws IOException {
        ByteBuffer header = ByteBuffer.allocate(13)
                .putInt(side)
                .putInt(side)
                .put((byte) depth)
                .put((byte) colorType);
        byte[] file = "\u0089PNG\r\n\u001a\n".getBytes(StandardCharsets.ISO_8859_1);
        file = concat(file, chunk("IHDR", header.array()));
        file = concat(file, chunk("IDAT", deflated(new byte[side < SIDE ? side * (side + 1) : 1000])));
        return concat(file, chunk("IEND", new byte[0]));
    }

    private static byte[] chunk(String type, byte[] data) {
        ByteBuffer chunk = ByteBuffer.allocate(12 + data.length);
        chunk.putInt(data.length).put(type.getBytes(StandardCharsets.US_ASCII)).put(data);
        CRC32 crc = new CRC32();
        crc.update(chunk.array(), 4, 4 + data.length);
        return chunk.putInt((int) crc.getValue()).array();
    }

    private static byte[] bmp() {
        ByteBuffer file = ByteBuffer.allocate(54 + 1024 + 4).order(ByteOrder.LITTLE_ENDIAN);
        file.put((byte) 'B').put((byte) 'M').putInt(10, 54 + 1024).putInt(14, 40);
        file.putInt(18, SIDE).putInt(22, SIDE).putShort(28, (short) 8).putInt(30, 1);
        return file.array();
    }

    private static byte[] gif() {
        ByteBuffer file = ByteBuffer.allocate(30).order(ByteOrder.LITTLE_ENDIAN);
        file.put("GIF89a".getBytes(StandardCharsets.US_ASCII))
                .putShort((short) SIDE)
                .putShort((short) SIDE);
        return file.position(13)
                .put((byte) 0x2c)
                .putInt(0)
                .putShort((short) SIDE)
                .putShort((short) SIDE)
                .array();
    }

    private static byte[] jpeg(int frame, int components) {
        ByteBuffer file = ByteBuffer.allocate(100);
        file.putShort((short) 0xffd8).putShort((short) (0xff00 | frame)).putShort((short) (8 + 3 * components));
        file.put((byte) 8).putShort((short) SIDE).putShort((short) SIDE).put((byte) components);
        for (int i = 1; i <= components; i++) {
            file.put((byte) i).put((byte) 0x11).put((byte) 0);
        }
        file.putShort((short) 0xffda)
                .putShort((short) 8)
                .putShort((short) 0x0101)
                .putInt(0x00003f00);
        return file.putShort((short) 0xffd9).array();
    }

    private static byte[] tiff() {
        int[][] entries = {
            {256, SIDE}, {257, SIDE}, {258, 8}, {259, 1}, {262, 1}, {273, 110}, {277, 1}, {278, SIDE}, {279, 20}
        };
        ByteBuffer file = ByteBuffer.allocate(138);
        file.putInt(0x4d4d002a).putInt(8).putShort((short) entries.length);
        for (int[] entry : entries) {
            file.putShort((short) entry[0]).putShort((short) 4).putInt(1).putInt(entry[1]);
        }
        return file.array();
    }

    private static byte[] deflated(byte[] data) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (DeflaterOutputStream stream = new DeflaterOutputStream(bytes)) {
            stream.write(data);
        }
        return bytes.toByteArray();
    }

    private static byte[] concat(byte[] a, byte[] b) {
        byte[] all = Arrays.copyOf(a, a.length + b.length);
        System.arraycopy(b, 0, all, a.length, b.length);
        return all;
    }
}
