package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.function.IntUnaryOperator;
import java.util.zip.CRC32;
import java.util.zip.DeflaterOutputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class MaskTest {
    private static byte[] file(String name) throws IOException {
        try (InputStream stream = MaskTest.class.getResourceAsStream("/image-rare/" + name)) {
            return stream.readAllBytes();
        }
    }

    private static Mask decode(byte[] file) {
        return Mask.decode(file, ReadOptions.DEFAULT, MaskChannel.AUTO);
    }

    private static boolean isHole(int x, int y) {
        return x >= 40 && x < 88 && y >= 40 && y < 88;
    }

    // ---- files as people make them

    @Test
    void aHoleInTheImageItselfIsRegenerated() throws IOException {
        Mask mask = decode(file("mask-hole-in-alpha.png"));
        for (int i = 0; i < mask.pixels().length; i++) {
            assertThat(mask.pixels()[i]).isEqualTo(isHole(i % 128, i / 128));
        }
        Image source = Image.decode(file("mask-source-128.png"), ReadOptions.DEFAULT);
        assertThat(InpaintRequest.builder(source, mask, "a hole").build().mask())
                .isSameAs(mask);
    }

    @Test
    void aBlackMaskGoesByItsAlpha() throws IOException {
        boolean[] pixels = decode(file("mask-black-with-alpha.png")).pixels();
        for (int i = 0; i < pixels.length; i++) {
            assertThat(pixels[i]).isEqualTo(!isHole(i % 128, i / 128));
        }
    }

    @Test
    void grayOfSixteenBitsIsScaled() throws IOException {
        byte[] file = file("mask-16-bit-not-quite-black.png");
        BufferedImage expected = ImageIO.read(new ByteArrayInputStream(file));
        boolean[] pixels = decode(file).pixels();
        int regenerated = 0;
        for (int i = 0; i < pixels.length; i++) {
            int sample = expected.getRaster().getSample(i % 128, i / 128, 0);
            assertThat(sample).isIn(300, 65_535);
            assertThat(pixels[i]).isEqualTo(sample == 65_535);
            regenerated += pixels[i] ? 1 : 0;
        }
        assertThat(regenerated).isBetween(1, pixels.length / 2);
    }

    // ---- which channel counts: 20 x 20 pixels, the left half and the right half

    private static boolean isLeft(int pixel) {
        return pixel % 20 < 10;
    }

    private static byte[] argb(IntUnaryOperator colors) throws IOException {
        BufferedImage image = new BufferedImage(20, 20, BufferedImage.TYPE_INT_ARGB);
        for (int i = 0; i < 400; i++) {
            image.setRGB(i % 20, i / 20, colors.applyAsInt(i));
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(image, "png", bytes);
        return bytes.toByteArray();
    }

    private static void assertLeft(Mask mask) {
        for (int i = 0; i < 400; i++) {
            assertThat(mask.pixels()[i]).as("pixel %d", i).isEqualTo(isLeft(i));
        }
    }

    @Test
    void transparentPixelsOfAnyOneColorAreRegenerated() throws IOException {
        for (int color : new int[] {0, 0xff_ffff, 0x12_3456}) {
            assertLeft(decode(argb(i -> color | (isLeft(i) ? 0 : 0xff00_0000))));
        }
    }

    @Test
    void colorThatMarksTheSamePixelsIsNotAmbiguous() throws IOException {
        assertLeft(decode(argb(i -> isLeft(i) ? 0x00ff_ffff : 0xff00_0000)));
    }

    @Test
    void constantAlphaDoesNotCount() throws IOException {
        for (int alpha : new int[] {0, 100, 255}) {
            assertLeft(decode(argb(i -> alpha << 24 | (isLeft(i) ? 0xff_ffff : 0))));
        }
        assertLeft(decode(argb(i -> 255 - i % 10 << 24 | (isLeft(i) ? 0xff_ffff : 0))));
    }

    private static void assertAmbiguous(byte[] mask) {
        assertThatThrownBy(() -> decode(mask))
                .isInstanceOf(ImageFormatException.class)
                .hasMessage("the mask of " + mask.length + " bytes is black and white and partly transparent, and white"
                        + " and alpha mark different pixels; save it without alpha to use white, or in one color to use"
                        + " alpha, or choose the channel (MaskChannel, --mask-channel)");
    }

    /** A drawing on a canvas that is partly transparent, and white strokes on a transparent layer. */
    @Test
    void blackAndWhiteThatIsPartlyTransparentIsRefused() throws IOException {
        byte[] drawing = argb(i -> (i < 200 ? 0xff00_0000 : 0) | (isLeft(i) ? 0xff_ffff : 0));
        assertAmbiguous(drawing);
        byte[] strokes = argb(i -> isLeft(i) ? 0xffff_ffff : 0);
        assertAmbiguous(strokes);
        assertLeft(Mask.decode(strokes, ReadOptions.DEFAULT, MaskChannel.GRAY));
        boolean[] byAlpha =
                Mask.decode(strokes, ReadOptions.DEFAULT, MaskChannel.ALPHA).pixels();
        for (int i = 0; i < 400; i++) {
            assertThat(byAlpha[i]).isEqualTo(!isLeft(i));
        }
        boolean[] byGray =
                Mask.decode(drawing, ReadOptions.DEFAULT, MaskChannel.GRAY).pixels();
        for (int i = 0; i < 400; i++) {
            assertThat(byGray[i]).isEqualTo(i < 200 && isLeft(i));
        }
    }

    @ParameterizedTest
    @CsvSource({"0,76", "150,255"})
    void alphaOnOneSideOfHalfIsRefused(int left, int right) throws IOException {
        byte[] mask = argb(i -> (isLeft(i) ? left : right) << 24 | 0x80_2010);
        assertThatThrownBy(() -> decode(mask))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageContaining("has an alpha of " + left + " to " + right + " of 255")
                .hasMessageEndingWith("or save it without alpha to use white");
    }

    @Test
    void alphaCanOnlyBeNamedWhereThereIsSome(@TempDir Path folder) throws IOException {
        Image image = Image.ofRgb(20, 20, new byte[1200]);
        Path file = folder.resolve("mask.png");
        image.save(file);
        assertThatThrownBy(() -> Mask.read(file, ReadOptions.DEFAULT, MaskChannel.ALPHA))
                .isInstanceOf(ImageFormatException.class)
                .hasMessage(file + " has no alpha; make the pixels to change transparent, or use white");
        assertThat(Mask.read(file).pixels()).containsOnly(false);
        Files.write(file, argb(i -> isLeft(i) ? 0 : 0xff00_0000));
        assertLeft(Mask.read(file));
    }

    /** Masks that programs send: nothing is ambiguous. */
    @Test
    void alphaCountsWhereSomethingIsTransparentAndWhiteElsewhere() throws IOException {
        byte[][] left = {
            argb(i -> isLeft(i) ? 0x00ff_ffff : 0xffff_ffff),
            argb(i -> isLeft(i) ? 0 : 0xffff_ffff),
            argb(i -> isLeft(i) ? 0xffff_ffff : 0xff00_0000),
            Image.ofRgb(20, 20, leftWhite()).toPng(),
        };
        for (byte[] mask : left) {
            assertLeft(Mask.decode(mask, ReadOptions.DEFAULT, MaskChannel.ALPHA_OR_GRAY));
        }
        byte[] faint = argb(i -> (isLeft(i) ? 127 : 128) << 24 | 0xff_ffff);
        assertLeft(Mask.decode(faint, ReadOptions.DEFAULT, MaskChannel.ALPHA_OR_GRAY));
        byte[] opaque = argb(i -> 128 << 24 | (isLeft(i) ? 0xff_ffff : 0));
        assertThat(Mask.decode(opaque, ReadOptions.DEFAULT, MaskChannel.ALPHA_OR_GRAY))
                .isEqualTo(Mask.decode(opaque, ReadOptions.DEFAULT, MaskChannel.GRAY));
        byte[] all = argb(i -> 0);
        assertThat(Mask.decode(all, ReadOptions.DEFAULT, MaskChannel.ALPHA_OR_GRAY)
                        .pixels())
                .containsOnly(true);
    }

    /** As AUTOMATIC1111's create_binary_mask. */
    @Test
    void opaqueCountsWhereSomethingIsNotOpaqueAndWhiteElsewhere() throws IOException {
        byte[][] left = {
            argb(i -> isLeft(i) ? 0xffff_ffff : 0),
            argb(i -> isLeft(i) ? 0xff00_0000 : 0x00ff_ffff),
            argb(i -> (isLeft(i) ? 128 : 127) << 24 | 0xff_ffff),
            argb(i -> isLeft(i) ? 0xffff_ffff : 0xff00_0000),
            Image.ofRgb(20, 20, leftWhite()).toPng(),
        };
        for (byte[] mask : left) {
            assertLeft(Mask.decode(mask, ReadOptions.DEFAULT, MaskChannel.OPAQUE_OR_GRAY));
        }
        byte[] faint = argb(i -> 0xfe00_0000);
        assertThat(Mask.decode(faint, ReadOptions.DEFAULT, MaskChannel.OPAQUE_OR_GRAY)
                        .pixels())
                .containsOnly(true);
    }

    private static byte[] leftWhite() {
        byte[] rgb = new byte[1200];
        for (int i = 0; i < 1200; i++) {
            rgb[i] = (byte) (isLeft(i / 3) ? 255 : 0);
        }
        return rgb;
    }

    // ---- PNG of every kind: 2 x 1 pixels, the first transparent

    @ParameterizedTest
    @CsvSource({
        "palette,3,8,0001,00",
        "palette of 2 bits,3,2,10,00",
        "palette alpha,3,8,0001,7f80",
        "gray key,0,8,2223,0022",
        "gray key of 4 bits,0,4,67,0006",
        "gray key of 16 bits,0,16,01000101,0100",
        "color key,2,8,010203010204,000100020003",
        "color key of 16 bits,2,16,010202030304010202030305,010202030304",
        "gray and alpha,4,8,057f0580,''",
        "gray and alpha of 16 bits,4,16,00057fff00058000,''",
        "color and alpha,6,8,0102037f01020380,''",
        "color and alpha of 16 bits,6,16,0000000000007fff0000000000008000,''",
    })
    void alphaOfEveryKindOfPng(String kind, int colorType, int depth, String row, String transparency) {
        byte[] palette = {10, 10, 10, 20, 20, 20};
        byte[] png = png(colorType, depth, row, colorType == 3 ? chunk("PLTE", palette) : new byte[0], transparency);
        assertThat(Mask.decode(png, ReadOptions.DEFAULT, MaskChannel.ALPHA).pixels())
                .as(kind)
                .containsExactly(true, false);
        // An image has no alpha; its colors are those of the file.
        assertThat(Image.decode(png, ReadOptions.DEFAULT).width()).isEqualTo(2);
    }

    @ParameterizedTest
    @CsvSource({"0,8,807f", "0,16,80007fff", "2,8,8080807f7f7f", "2,16,8000800080007fff7fff7fff", "0,4,87", "0,1,80"})
    void grayOfEveryKindOfPng(int colorType, int depth, String row) {
        byte[] png = png(colorType, depth, row, new byte[0], "");
        assertThat(decode(png).pixels()).containsExactly(true, false);
    }

    @ParameterizedTest
    @EnumSource(MaskChannel.class)
    void aMaskIsTurnedAsItsImage(MaskChannel channel) {
        byte[] exif = {'M', 'M', 0, 42, 0, 0, 0, 8, 0, 1, 1, 0x12, 0, 3, 0, 0, 0, 1, 0, 3, 0, 0};
        boolean byGray = channel == MaskChannel.GRAY || channel == MaskChannel.OPAQUE_OR_GRAY;
        byte[] png = png(4, 8, byGray ? "ffff00ff" : "05000580", chunk("eXIf", exif), "");
        assertThat(Mask.decode(png, ReadOptions.DEFAULT, channel).pixels()).containsExactly(false, true);
        assertThat(Mask.decode(png, new ReadOptions(false, 100), channel).pixels())
                .containsExactly(true, false);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "no mask"})
    void badFilesAreRefused(String content) {
        byte[] file = content.getBytes(StandardCharsets.US_ASCII);
        assertThatThrownBy(() -> decode(file))
                .isInstanceOf(ImageFormatException.class)
                .hasMessageStartingWith("the mask of " + file.length + " bytes is ");
    }

    @Test
    void pixelsAreACopy() {
        Mask mask = Mask.of(Image.ofRgb(1, 1, new byte[3]));
        mask.pixels()[0] = true;
        assertThat(mask.pixels()).containsExactly(false);
        assertThat(mask).hasToString("Mask[1x1]");
    }

    private static byte[] png(int colorType, int depth, String row, byte[] before, String transparency) {
        ByteBuffer header =
                ByteBuffer.allocate(13).putInt(2).putInt(1).put((byte) depth).put((byte) colorType);
        ByteArrayOutputStream file = new ByteArrayOutputStream();
        file.writeBytes("\u0089PNG\r\n\u001a\n".getBytes(StandardCharsets.ISO_8859_1));
        file.writeBytes(chunk("IHDR", header.array()));
        file.writeBytes(before);
        if (!transparency.isEmpty()) {
            file.writeBytes(chunk("tRNS", HexFormat.of().parseHex(transparency)));
        }
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        try (DeflaterOutputStream stream = new DeflaterOutputStream(data)) {
            stream.write(0);
            stream.write(HexFormat.of().parseHex(row));
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        file.writeBytes(chunk("IDAT", data.toByteArray()));
        file.writeBytes(chunk("IEND", new byte[0]));
        return file.toByteArray();
    }

    private static byte[] chunk(String type, byte[] data) {
        ByteBuffer chunk = ByteBuffer.allocate(12 + data.length);
        chunk.putInt(data.length).put(type.getBytes(StandardCharsets.US_ASCII)).put(data);
        CRC32 crc = new CRC32();
        crc.update(chunk.array(), 4, 4 + data.length);
        return chunk.putInt((int) crc.getValue()).array();
    }

    // ---- shapes

    @Test
    void shapesContainThePixelsWhoseCentersTheyContain() {
        assertThat(drawing(Mask.rectangle(5, 3, 1, 1, 3, 1))).isEqualTo("..... .###. .....");
        assertThat(drawing(Mask.rectangle(5, 3, -2, -2, 4, 4))).isEqualTo("##... ##... .....");
        assertThat(drawing(Mask.ellipse(5, 5, 0, 0, 5, 5))).isEqualTo(".###. ##### ##### ##### .###.");
        assertThat(drawing(Mask.polygon(4, 4, 0, 0, 4, 0, 0, 4))).isEqualTo("###. ##.. #... ....");
        assertThat(drawing(Mask.rectangle(3, 2, 0, 0, 2, 1).inverted())).isEqualTo("..# ###");
    }

    private static String drawing(Mask mask) {
        StringBuilder rows = new StringBuilder();
        boolean[] pixels = mask.pixels();
        for (int i = 0; i < pixels.length; i++) {
            rows.append(i > 0 && i % mask.width() == 0 ? " " : "").append(pixels[i] ? '#' : '.');
        }
        return rows.toString();
    }

    @Test
    void wrongShapesAreRefused() {
        assertThatThrownBy(() -> Mask.polygon(4, 4, 0, 0, 4, 0))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("three corners");
        assertThatThrownBy(() -> Mask.polygon(4, 4, 0, 0, 4, 0, 1, 1, 2)).isInstanceOf(InvalidRequestException.class);
        assertThatThrownBy(() -> Mask.rectangle(0, 4, 0, 0, 1, 1)).isInstanceOf(InvalidRequestException.class);
    }

    @Test
    void masksOfTheSamePixelsAreEqual() {
        Mask mask = Mask.rectangle(4, 4, 1, 1, 2, 2);
        assertThat(mask)
                .isEqualTo(mask.inverted().inverted())
                .hasSameHashCodeAs(mask.inverted().inverted());
        assertThat(mask).isNotEqualTo(mask.inverted()).isNotEqualTo(Mask.rectangle(2, 8, 1, 1, 2, 2));
    }
}
