package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageTest {
    @TempDir
    private Path folder;

    private static Image random(int width, int height) {
        byte[] rgb = new byte[width * height * 3];
        new Random(width * 31L + height).nextBytes(rgb);
        return Image.ofRgb(width, height, rgb);
    }

    private Path saved(Image image) {
        Path file = folder.resolve("image.png");
        image.save(file);
        return file;
    }

    // ---- pixels

    @ParameterizedTest
    @CsvSource({"1,1", "1,700", "3000,1", "16,16", "33,17", "640,384"})
    void pixelsComeBack(int width, int height) throws IOException {
        Image image = random(width, height);
        Image read = Image.read(saved(image));
        assertThat(read.width()).isEqualTo(width);
        assertThat(read.height()).isEqualTo(height);
        assertThat(read.rgb()).isEqualTo(image.rgb());
        assertThat(read.metadata()).isEmpty();
        assertThat(read.request()).isEmpty();
    }

    @Test
    void grayImagesStayThreeChannels() throws IOException {
        byte[] gray = {5, 5, 5, (byte) 200, (byte) 200, (byte) 200};
        Path file = saved(Image.ofRgb(2, 1, gray));
        assertThat(ImageIO.read(file.toFile()).getRaster().getNumBands()).isEqualTo(3);
        assertThat(Image.read(file).rgb()).isEqualTo(gray);
    }

    @Test
    void otherColorTypesAreReadSampleForSample() throws IOException {
        BufferedImage gray = new BufferedImage(256, 1, BufferedImage.TYPE_BYTE_GRAY);
        BufferedImage gray16 = new BufferedImage(256, 1, BufferedImage.TYPE_USHORT_GRAY);
        BufferedImage alpha = new BufferedImage(256, 1, BufferedImage.TYPE_INT_ARGB);
        BufferedImage bits = new BufferedImage(256, 1, BufferedImage.TYPE_BYTE_BINARY);
        byte[] ramp = new byte[256];
        byte[] back = new byte[256];
        for (int i = 0; i < 256; i++) {
            ramp[i] = (byte) i;
            back[i] = (byte) (255 - i);
        }
        BufferedImage palette = new BufferedImage(
                256, 1, BufferedImage.TYPE_BYTE_INDEXED, new IndexColorModel(8, 256, ramp, back, ramp));
        for (int i = 0; i < 256; i++) {
            gray.getRaster().setSample(i, 0, 0, i);
            gray16.getRaster().setSample(i, 0, 0, 2 * i);
            alpha.setRGB(i, 0, i << 24 | i << 16 | 7 << 8 | 255 - i);
            bits.getRaster().setSample(i, 0, 0, i & 1);
            palette.getRaster().setSample(i, 0, 0, i);
        }
        for (int i = 0; i < 256; i++) {
            assertThat(pixel(gray, i)).containsExactly(i, i, i);
            assertThat(pixel(gray16, i)).containsOnly(Math.min(255, 2 * i)); // as Pillow
            assertThat(pixel(alpha, i)).containsExactly(i, 7, 255 - i);
            assertThat(pixel(bits, i)).containsOnly(255 * (i & 1));
            assertThat(pixel(palette, i)).containsExactly(i, 255 - i, i);
        }
    }

    private final Map<BufferedImage, byte[]> read = new HashMap<>();

    private int[] pixel(BufferedImage source, int index) {
        byte[] rgb = read.computeIfAbsent(source, image -> {
            try {
                Path file = folder.resolve("other.png");
                ImageIO.write(image, "png", file.toFile());
                return Image.read(file).rgb();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
        });
        return new int[] {rgb[index * 3] & 255, rgb[index * 3 + 1] & 255, rgb[index * 3 + 2] & 255};
    }

    @Test
    void isImmutable() {
        byte[] rgb = {1, 2, 3};
        Map<String, String> text = new HashMap<>(Map.of("prompt", "fox"));
        Image image = Image.ofRgb(1, 1, rgb).withMetadata(text);
        rgb[0] = 9;
        image.rgb()[1] = 9;
        image.toBufferedImage().setRGB(0, 0, 0);
        text.put("more", "text");
        assertThat(image.rgb()).containsExactly(1, 2, 3);
        assertThat(image.metadata()).containsOnlyKeys("prompt");
        assertThatThrownBy(() -> image.metadata().put("a", "b")).isInstanceOf(UnsupportedOperationException.class);
        assertThat(image.withMetadata(Map.of()).metadata()).isEmpty();
        assertThat(image.metadata()).isNotEmpty();
        assertThat(image).hasToString("Image[1x1, text=[prompt]]");
    }

    @Test
    void bufferedImageHasTheSamePixels() {
        BufferedImage image =
                Image.ofRgb(2, 1, new byte[] {1, 2, 3, -1, -2, -3}).toBufferedImage();
        assertThat(image.getType()).isEqualTo(BufferedImage.TYPE_INT_RGB);
        assertThat(image.getRGB(0, 0)).isEqualTo(0xff010203);
        assertThat(image.getRGB(1, 0)).isEqualTo(0xfffffefd);
    }

    @Test
    void refusesSizesThatDoNotFit() {
        assertThatThrownBy(() -> Image.ofRgb(2, 2, new byte[11]))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("rgb must have 12 bytes for 2 x 2 pixels, not 11");
        for (int[] size : new int[][] {{0, 1}, {1, -1}, {70_001, 10_000}, {Integer.MAX_VALUE, Integer.MAX_VALUE}}) {
            assertThatThrownBy(() -> Image.ofRgb(size[0], size[1], new byte[0]))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessage("size must be 1 pixel to 700 megapixels, not " + size[0] + " x " + size[1]);
        }
    }

    // ---- text

    @ParameterizedTest
    @ValueSource(
            strings = {
                "A red fox in the snow",
                "",
                " spaces  kept ",
                "naïve café – Äpfel",
                "Ünïcode Latin-1 ÿ",
                "一只戴着红色围巾的猫",
                "猫が本を読んでいる🐱📚",
                "لوحة لثعلب أحمر",
                "👩‍👩‍👧‍👦 🏳️‍🌈",
                "line one\nline two\r\nthree\ttab",
                "a\u0000b\u0001\u007f\u0085",
                "{\"json\": \"<xml> & 'quotes'\"}"
            })
    void textComesBack(String text) {
        Map<String, String> metadata = Map.of("prompt", text, "seed", "1");
        assertThat(Image.read(saved(random(2, 2).withMetadata(metadata))).metadata())
                .isEqualTo(metadata);
    }

    @Test
    void textIsPlainOnlyWherePngAllows() throws IOException {
        for (String text : List.of("caf\u00e9\nand fox", "a\tb", "a\u0000b", "a\rb", "\u0085", "猫")) {
            String file = Files.readString(
                    saved(Image.ofRgb(1, 1, new byte[3]).withMetadata(Map.of("prompt", text))),
                    StandardCharsets.ISO_8859_1);
            assertThat(file).contains(text.startsWith("caf") ? "tEXtprompt" : "iTXtprompt");
        }
    }

    @Test
    void longTextComesBack() {
        for (String unit : List.of("fox ", "狐🦊")) {
            Map<String, String> metadata =
                    Map.of("prompt", unit.repeat((1 << 20) / unit.getBytes(StandardCharsets.UTF_8).length));
            assertThat(Image.read(saved(random(2, 2).withMetadata(metadata))).metadata())
                    .isEqualTo(metadata);
        }
    }

    @Test
    void readingGivesTheRequestBack() {
        GenerateRequest request = GenerateRequest.builder("一只猫 🐱\nand a fox")
                .size(640, 384)
                .iterations(48)
                .guidance(4.5)
                .guidanceSchedule(GuidanceSchedule.LINEAR)
                .temperature(0.85)
                .diffusionSteps(50)
                .seed(Long.MIN_VALUE)
                .build();
        Image image = Image.read(saved(random(16, 16).withMetadata(request.toMetadata())));
        assertThat(image.metadata()).containsEntry("Software", "UniPic SDK for Java");
        assertThat(image.request().orElseThrow()).usingRecursiveComparison().isEqualTo(request);
    }

    @Test
    void refusesTextThatPngCannotHold() {
        for (String keyword : List.of("", " a", "a ", "a  b", "x".repeat(80), "猫", "a\nb", "a\u0000b")) {
            assertThatThrownBy(() -> random(1, 1).withMetadata(Map.of(keyword, "text")))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageStartingWith("metadata keyword must be 1 to 79 printable Latin-1 characters")
                    .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
        }
        random(1, 1).withMetadata(Map.of("x".repeat(79), "", "a b é", ""));
        assertThatThrownBy(() -> random(1, 1).withMetadata(Map.of("a", "\udc00")))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("metadata 'a' is not valid Unicode: it has an unpaired surrogate; remove it");
        assertThatThrownBy(() -> random(1, 1).withMetadata(Map.of("a", "x".repeat((1 << 20) + 1))))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("metadata 'a' has 1048577 bytes; at most 1048576 are allowed");
    }

    @Test
    void allTextThatIsAllowedComesBack() {
        Map<String, String> large = new HashMap<>();
        for (int i = 0; i < 16; i++) {
            large.put("text " + i, "x".repeat(1 << 20));
        }
        Map<String, String> many = new HashMap<>();
        for (int i = 0; i < 256; i++) {
            many.put("text " + i, "\u732b" + i);
        }
        for (Map<String, String> texts : List.of(large, many)) {
            assertThat(Image.read(saved(random(2, 2).withMetadata(texts))).metadata())
                    .isEqualTo(texts);
            texts.put("more", "y");
            assertThatThrownBy(() -> random(2, 2).withMetadata(texts))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageMatching(
                            "metadata has \\d+ texts of \\d+ bytes; at most 256 of 16777216 in all are allowed");
        }
    }

    @Test
    void everyKindOfTextChunkIsRead() throws IOException {
        Path file = withChunks(
                chunk("tEXt", latin1("one\0caf\u00e9")),
                chunk("zTXt", concat(latin1("two\0\0"), deflated(latin1("caf\u00e9")))),
                chunk("iTXt", concat(latin1("three\0\0\0en\0"), "trois\0猫".getBytes(StandardCharsets.UTF_8))),
                chunk("iTXt", concat(latin1("four\0\1\0\0\0"), deflated("猫".getBytes(StandardCharsets.UTF_8)))));
        assertThat(Image.read(file).metadata())
                .isEqualTo(Map.of("one", "caf\u00e9", "two", "caf\u00e9", "three", "猫", "four", "猫"));
    }

    @Test
    void brokenAndOversizedTextIsLeftOut() throws IOException {
        byte[] bomb = deflated(new byte[64 << 20]);
        Path file = withChunks(
                chunk("tEXt", latin1("no end")),
                chunk("tEXt", new byte[0]),
                chunk("zTXt", latin1("a")),
                chunk("zTXt", latin1("a\0")),
                chunk("zTXt", latin1("a\0\1xx")),
                chunk("zTXt", latin1("a\0\0not deflated")),
                chunk("iTXt", latin1("a\0")),
                chunk("iTXt", latin1("a\0\1\0en")),
                chunk("iTXt", latin1("a\0\1\7\0\0xx")),
                chunk("zTXt", concat(latin1("bomb\0\0"), bomb)),
                chunk("iTXt", concat(latin1("bomb\0\1\0\0\0"), bomb)),
                chunk("tEXt", concat(latin1("big\0"), new byte[(1 << 20) + 1])),
                chunk("prVt", latin1("prompt\0private")),
                chunk("tEXt", latin1("good\0text")));
        assertThat(Image.read(file).metadata()).isEqualTo(Map.of("good", "text"));
    }

    @Test
    void hostileRequestTextIsNoRequest() {
        Image image = random(1, 1)
                .withMetadata(Map.of("prompt", "a fox", "seed", "1", "parameters", "{\"width\":2147483647}"));
        assertThat(Image.read(saved(image)).request()).isEmpty();
    }

    // ---- files that are not good images

    @Test
    void everyTruncationIsRefusedInOneLine() throws IOException {
        byte[] png = Files.readAllBytes(saved(random(5, 4).withMetadata(Map.of("prompt", "猫"))));
        for (int length = 0; length < png.length; length++) {
            assertRefused(Arrays.copyOf(png, length), length == 0 ? "is empty" : "is cut short");
        }
    }

    @Test
    void everyFlippedByteIsRefused() throws IOException {
        byte[] png = Files.readAllBytes(saved(random(5, 4).withMetadata(Map.of("prompt", "fox"))));
        for (int i = 0; i < png.length; i++) {
            byte[] damaged = png.clone();
            damaged[i] ^= 0x10;
            assertRefused(damaged, "");
        }
    }

    @Test
    void tooManyPixelsAreRefusedFromTheHeaderAlone() throws IOException {
        byte[] png = Files.readAllBytes(saved(random(1, 1)));
        for (int[] size :
                new int[][] {{10_001, 10_000}, {Integer.MAX_VALUE, Integer.MAX_VALUE}, {-1, 1}, {0, 5}, {5, 0}}) {
            byte[] header = Arrays.copyOf(png, 33);
            ByteBuffer.wrap(header).putInt(16, size[0]).putInt(20, size[1]);
            assertRefused(header, "1 to 100000000 pixels can be read");
        }
    }

    @Test
    void pixelDataThatEndsEarlyOrIsGarbageIsRefused() throws IOException {
        byte[] png = Files.readAllBytes(saved(random(64, 64)));
        byte[] header = Arrays.copyOf(png, 33);
        byte[] end = chunk("IEND", new byte[0]);
        byte[] half = deflated(new byte[64 * 193 / 2]);
        assertRefused(concat(header, concat(chunk("IDAT", half), end)), "its pixels cannot be decoded");
        assertRefused(concat(header, concat(chunk("IDAT", latin1("garbage")), end)), "its pixels cannot be decoded");
        assertRefused(concat(header, end), "its pixels cannot be decoded");
        assertRefused(concat(header, concat(Arrays.copyOfRange(png, 8, 33), end)), "a second PNG header at byte 33");
    }

    /** A decoder takes its time for each chunk. */
    @Test
    void pixelDataMayBeInAMillionChunks() throws IOException {
        Image image = random(20, 10);
        byte[] png = Files.readAllBytes(saved(image));
        ByteArrayOutputStream chunks = new ByteArrayOutputStream();
        byte[] empty = chunk("IDAT", new byte[0]);
        chunks.write(png, 0, 33);
        for (int i = 0; i < 1_000_000; i++) {
            chunks.writeBytes(empty);
        }
        byte[] rows = new byte[10 * 61]; // each begins with its filter, none
        for (int y = 0; y < 10; y++) {
            System.arraycopy(image.rgb(), 60 * y, rows, 61 * y + 1, 60);
        }
        for (byte data : deflated(rows)) {
            chunks.writeBytes(chunk("IDAT", new byte[] {data}));
        }
        chunks.writeBytes(chunk("IEND", new byte[0]));
        assertTimeoutPreemptively(
                Duration.ofMinutes(1),
                () -> assertThat(Image.decode(chunks.toByteArray(), ReadOptions.DEFAULT)
                                .rgb())
                        .isEqualTo(image.rgb()));
    }

    @Test
    void otherFilesAreRefused() throws IOException {
        assertRefused(
                latin1("no image"), "is not an image of a known format; give a PNG, JPEG, BMP, GIF, TIFF or WebP");
        byte[] png = Files.readAllBytes(saved(random(1, 1)));
        png[12] = 'J';
        assertRefused(png, "does not start with a PNG header");
        assertThatThrownBy(() -> Image.read(folder.resolve("nothing.png")))
                .isInstanceOf(ImageFormatException.class)
                .hasMessage(folder.resolve("nothing.png") + " does not exist; check the path");
        assertThatThrownBy(() -> Image.read(folder))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageContaining("cannot be read");
    }

    private void assertRefused(byte[] content, String message) throws IOException {
        Path file = Files.write(folder.resolve("broken.png"), content);
        assertThatThrownBy(() -> Image.read(file))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageStartingWith(file + " ")
                .hasMessageContaining(message)
                .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
    }

    // ---- saving

    @Test
    void savingReplacesAndLeavesNothingElse() throws IOException {
        Path file = folder.resolve("Image.PNG");
        random(4, 4).save(file);
        Image other = random(8, 8);
        other.save(file);
        assertThat(Image.read(file).rgb()).isEqualTo(other.rgb());
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void aSavedFileHasTheUsualPermissions() throws IOException {
        Path usual = Files.createFile(folder.resolve("usual"));
        Path file = saved(random(1, 1));
        if (Files.getFileStore(folder).supportsFileAttributeView("posix")) {
            assertThat(Files.getPosixFilePermissions(file)).isEqualTo(Files.getPosixFilePermissions(usual));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"image.jpg", "Image.JPEG"})
    void jpegIsSavedWellAndWithItsText(String name) throws IOException {
        byte[] rgb = new byte[64 * 48 * 3];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte)
                    (i % 3 == 0 ? (i / 3 % 2) * 200 : 30); // red and black columns: subsampled chroma would smear
        }
        GenerateRequest request = GenerateRequest.builder("一只猫 🐱\nand a fox")
                .size(640, 384)
                .iterations(48)
                .guidance(4.5)
                .guidanceSchedule(GuidanceSchedule.LINEAR)
                .temperature(0.85)
                .diffusionSteps(50)
                .seed(7)
                .build();
        Path file = folder.resolve(name);
        Image.ofRgb(64, 48, rgb).withMetadata(request.toMetadata()).save(file);
        Image read = Image.read(file);
        assertThat(read.metadata()).isEqualTo(request.toMetadata());
        assertThat(read.request().orElseThrow()).usingRecursiveComparison().isEqualTo(request);
        double difference = 0;
        for (int i = 0; i < rgb.length; i++) {
            difference += Math.abs((rgb[i] & 0xff) - (read.rgb()[i] & 0xff));
        }
        assertThat(difference / rgb.length).isLessThan(3);
        assertThat(ImageIO.read(file.toFile()).getWidth()).isEqualTo(64);
        try (Stream<Path> files = Files.list(folder)) {
            assertThat(files).containsExactly(file);
        }
    }

    @Test
    void textTooLongForJpegIsLeftOutAndTheImageKept() {
        Path file = folder.resolve("image.jpg");
        random(2, 2)
                .withMetadata(Map.of("a", "x".repeat(65_531), "b", "x".repeat(65_532)))
                .save(file);
        assertThat(Image.read(file).metadata()).containsOnlyKeys("a");
        assertThat(Image.read(file).metadata().get("a")).hasSize(65_531);
    }

    @ParameterizedTest
    @ValueSource(strings = {"image.webp", "image", "png", "jpg", "image.png.bak"})
    void unknownExtensionIsRefused(String name) {
        Path file = folder.resolve(name);
        assertThatThrownBy(() -> random(1, 1).save(file))
                .isInstanceOf(ImageFormatException.class)
                .hasMessage(
                        "cannot save '" + file + "': the name must end in a supported extension (.png, .jpg or .jpeg)");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void placesThatCannotBeWrittenAreRefused() throws IOException {
        assertThatThrownBy(() -> random(1, 1).save(folder.resolve("no/image.png")))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageContaining("there is no folder " + folder.resolve("no"));
        Path taken = Files.createDirectory(folder.resolve("taken.png"));
        assertThatThrownBy(() -> random(1, 1).save(taken))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageContaining("it is a folder; choose another name");
    }

    // ---- building PNG files by hand

    private Path withChunks(byte[]... chunks) throws IOException {
        byte[] png = Files.readAllBytes(saved(random(2, 2)));
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.write(png, 0, 33);
        for (byte[] chunk : chunks) {
            file.writeBytes(chunk);
        }
        file.write(png, 33, png.length - 33);
        return Files.write(folder.resolve("chunks.png"), file.toByteArray());
    }

    private static byte[] chunk(String type, byte[] data) {
        ByteBuffer chunk = ByteBuffer.allocate(12 + data.length);
        chunk.putInt(data.length).put(latin1(type)).put(data);
        CRC32 crc = new CRC32();
        crc.update(chunk.array(), 4, 4 + data.length);
        return chunk.putInt((int) crc.getValue()).array();
    }

    private static byte[] latin1(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
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

    // ---- encoding

    private static Image gradient() {
        byte[] rgb = new byte[3 * 40 * 30];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (i / 3 % 40 * 6);
        }
        return Image.ofRgb(40, 30, rgb).withMetadata(Map.of("prompt", "a gradient"));
    }

    @Test
    void pngBytesAreTheImageAndItsText() {
        Image image = gradient();
        assertThat(Image.decode(image.toPng(), ReadOptions.DEFAULT))
                .isEqualTo(image)
                .hasSameHashCodeAs(image);
        assertThat(new String(image.withMetadata(Map.of()).toPng(), StandardCharsets.ISO_8859_1))
                .doesNotContain("tEXt");
        assertThat(image).isNotEqualTo(image.withMetadata(Map.of()));
    }

    @Test
    void jpegBytesFollowTheQuality() {
        Image image = gradient();
        byte[] best = image.toJpeg(100);
        byte[] small = image.toJpeg(5);
        assertThat(small.length).isLessThan(best.length).isGreaterThan(image.toJpeg(1).length);
        assertThat(Image.decode(best, ReadOptions.DEFAULT).metadata()).containsEntry("prompt", "a gradient");
        byte[] pixels = Image.decode(best, ReadOptions.DEFAULT).rgb();
        for (int i = 0; i < pixels.length; i++) {
            assertThat((pixels[i] & 0xff) - (image.rgb()[i] & 0xff)).isBetween(-3, 3);
        }
        for (int wrong : new int[] {0, 101, -1}) {
            assertThatThrownBy(() -> image.toJpeg(wrong))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageContaining("1 to 100");
        }
    }

    @Test
    void streamsStayOpen() throws IOException {
        ByteArrayOutputStream stream = new ByteArrayOutputStream();
        gradient().writePng(stream);
        gradient().writeJpeg(stream, 95);
        byte[] both = stream.toByteArray();
        byte[] png = gradient().toPng();
        assertThat(both).startsWith(png);
        assertThat(Arrays.copyOfRange(both, png.length, both.length))
                .isEqualTo(gradient().toJpeg(95));
    }
}
