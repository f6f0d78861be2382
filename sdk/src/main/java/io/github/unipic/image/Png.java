package io.github.unipic.image;

import java.awt.image.BufferedImage;
import java.awt.image.Raster;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.apache.commons.imaging.formats.png.AbstractPngText;
import org.apache.commons.imaging.formats.png.PngImagingParameters;
import org.apache.commons.imaging.formats.png.PngWriter;
import org.apache.commons.imaging.palette.PaletteFactory;

/** PNG files (ISO/IEC 15948). */
public final class Png {
    private static final int GRAY = 0;
    private static final int COLOR = 2;
    private static final int PALETTE = 3;
    private static final int GRAY_ALPHA = 4;
    private static final int COLOR_ALPHA = 6;

    private Png() {}

    // ImageIO decodes every PNG color type several times faster than Commons Imaging.
    static DecodedImage decode(EncodedImage encoded) throws IOException {
        ByteBuffer header = encoded.buffer(ByteOrder.BIG_ENDIAN);
        if (header.getInt(8) != 13 || header.getInt(12) != PngChunks.IHDR) {
            throw encoded.damaged("it does not start with a PNG header");
        }
        int width = header.getInt(16);
        int height = header.getInt(20);
        int depth = header.get(24);
        int colorType = header.get(25);
        double heapPerPixel = depth * channels(colorType) / 8.0 + (encoded.asMask() ? 4 : 3);
        encoded.checkSize(Integer.toUnsignedLong(width), Integer.toUnsignedLong(height), heapPerPixel);
        PngChunks chunks = PngChunks.read(encoded);
        Orientation orientation = Orientation.of(chunks.exif(), chunks.xmp(), encoded.options());
        encoded.checkSize(width, height, orientation.heapPerPixel(heapPerPixel));
        BufferedImage decoded = JavaDecoder.withJdkReader("png", chunks.pixels(), reader -> reader.read(0));
        DecodedImage image = encoded.asMask()
                ? mask(decoded.getRaster(), JavaDecoder.toRgb(decoded), chunks.transparency(), depth, colorType)
                : new DecodedImage(width, height, JavaDecoder.toRgb(decoded), chunks.texts());
        return orientation.apply(image);
    }

    private static int channels(int colorType) {
        return switch (colorType) {
            case COLOR -> 3;
            case GRAY_ALPHA -> 2;
            case COLOR_ALPHA -> 4;
            default -> 1; // gray and palette
        };
    }

    /** Adds alpha, from its own channel or by the tRNS chunk, and scales gray of 16 bits. */
    private static DecodedImage mask(Raster raster, byte[] rgb, byte[] transparency, int depth, int colorType) {
        int width = raster.getWidth();
        int bands = raster.getNumBands();
        boolean channel = colorType == GRAY_ALPHA || colorType == COLOR_ALPHA;
        byte[] alpha = new byte[channel || transparency.length > 0 ? rgb.length / 3 : 0];
        int[] row = new int[width * bands];
        for (int at = 0; at < rgb.length / 3; at++) {
            int x = at % width;
            if (x == 0) {
                raster.getPixels(0, at / width, width, 1, row);
            }
            if (colorType == GRAY && depth == 16) {
                Arrays.fill(rgb, 3 * at, 3 * at + 3, (byte) (row[x] >> 8));
            }
            if (channel) {
                alpha[at] = (byte) (row[x * bands + bands - 1] >> depth - 8);
            } else if (alpha.length > 0) {
                alpha[at] = (byte) alpha(row, x * bands, bands, transparency, colorType);
            }
        }
        return new DecodedImage(width, raster.getHeight(), rgb, alpha, Map.of());
    }

    /** Alpha of a palette's index, or of the transparent color: 16 bits a sample, of which the low ones count. */
    private static int alpha(int[] samples, int at, int bands, byte[] transparency, int colorType) {
        if (colorType == PALETTE) {
            return samples[at] < transparency.length ? transparency[samples[at]] : 255;
        }
        boolean transparent = transparency.length >= 2 * bands;
        for (int band = 0; band < bands && transparent; band++) {
            int key = (transparency[2 * band] & 0xff) << 8 | transparency[2 * band + 1] & 0xff;
            transparent = samples[at + band] == key;
        }
        return transparent ? 0 : 255;
    }

    /**
     * Writes a file: 8-bit RGB, and each text as tEXt if that can represent it, otherwise as compressed iTXt (UTF-8).
     *
     * @param image to write
     * @param stream to write to; not closed
     * @throws IOException if writing fails
     */
    public static void write(DecodedImage image, OutputStream stream) throws IOException {
        List<AbstractPngText> chunks =
                image.text().entrySet().stream().map(Png::toChunk).toList();
        PngImagingParameters parameters =
                new PngImagingParameters().setForceTrueColor(true).setPredictorEnabled(true);
        parameters.setTextChunks(chunks);
        new PngWriter().writeImage(image.toBufferedImage(), stream, parameters, new PaletteFactory());
    }

    private static AbstractPngText toChunk(Map.Entry<String, String> entry) {
        String text = entry.getValue();
        boolean plain = text.chars().allMatch(c -> c == '\n' || c >= 0x20 && c <= 0x7e || c >= 0xa0 && c <= 0xff);
        return plain
                ? new AbstractPngText.Text(entry.getKey(), text)
                : new AbstractPngText.Itxt(entry.getKey(), text, "", "");
    }
}
