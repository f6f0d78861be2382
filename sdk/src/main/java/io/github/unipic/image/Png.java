package io.github.unipic.image;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import org.apache.commons.imaging.formats.png.AbstractPngText;
import org.apache.commons.imaging.formats.png.PngImagingParameters;
import org.apache.commons.imaging.formats.png.PngWriter;
import org.apache.commons.imaging.palette.PaletteFactory;

/** PNG files (ISO/IEC 15948). */
public final class Png {
    private Png() {}

    // By ImageIO, which decodes every PNG colour type several times faster than Commons Imaging.
    static Picture decode(EncodedPicture encoded) throws IOException {
        ByteBuffer header = encoded.buffer(ByteOrder.BIG_ENDIAN);
        if (header.getInt(8) != 13 || header.getInt(12) != PngChunks.IHDR) {
            throw encoded.damaged("it does not start with a PNG header");
        }
        int width = header.getInt(16);
        int height = header.getInt(20);
        int bits = header.get(24) * channels(header.get(25));
        encoded.checkSize(Integer.toUnsignedLong(width), Integer.toUnsignedLong(height), bits / 8.0 + 3);
        PngChunks chunks = PngChunks.read(encoded);
        byte[] rgb = JavaDecoder.withJdkReader("png", chunks.pixels(), reader -> JavaDecoder.toRgb(reader.read(0)));
        Picture picture = new Picture(width, height, rgb, chunks.texts());
        return Orientation.of(chunks.exif(), chunks.xmp(), encoded.options()).apply(picture);
    }

    private static int channels(int colourType) {
        return switch (colourType) {
            case 2 -> 3;
            case 4 -> 2;
            case 6 -> 4;
            default -> 1; // gray and palette
        };
    }

    /**
     * Writes a file: 8-bit RGB, and each text as tEXt where that can hold it, else as compressed iTXt (UTF-8).
     *
     * @param picture what
     * @param stream where to; not closed
     * @throws IOException if writing fails
     */
    public static void write(Picture picture, OutputStream stream) throws IOException {
        List<AbstractPngText> chunks =
                picture.text().entrySet().stream().map(Png::toChunk).toList();
        PngImagingParameters parameters =
                new PngImagingParameters().setForceTrueColor(true).setPredictorEnabled(true);
        parameters.setTextChunks(chunks);
        new PngWriter().writeImage(picture.toBufferedImage(), stream, parameters, new PaletteFactory());
    }

    private static AbstractPngText toChunk(Map.Entry<String, String> entry) {
        String text = entry.getValue();
        boolean plain = text.chars().allMatch(c -> c == '\n' || c >= 0x20 && c <= 0x7e || c >= 0xa0 && c <= 0xff);
        return plain
                ? new AbstractPngText.Text(entry.getKey(), text)
                : new AbstractPngText.Itxt(entry.getKey(), text, "", "");
    }
}
