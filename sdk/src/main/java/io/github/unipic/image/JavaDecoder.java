package io.github.unipic.image;

import java.awt.image.BufferedImage;
import java.awt.image.ColorModel;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.IOException;
import java.util.Iterator;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;

/** Decodes pixels with readers of Java's image I/O, and converts their samples to 8-bit RGB as Pillow does. */
final class JavaDecoder {
    private JavaDecoder() {}

    /** Uses a reader. */
    @FunctionalInterface
    interface Use<T> {
        T apply(ImageReader reader) throws IOException;
    }

    /** Runs the JDK's own reader of a format, never another installed one, on a file in memory. */
    static <T> T withJdkReader(String format, byte[] file, Use<T> use) throws IOException {
        Iterator<ImageReader> readers = ImageIO.getImageReadersByFormatName(format);
        while (readers.hasNext()) {
            ImageReader reader = readers.next();
            if (reader.getClass().getName().startsWith("com.sun.imageio.")) {
                return with(reader, file, use);
            }
        }
        throw new IOException("this Java has no reader for " + format);
    }

    /** Runs a reader on a file in memory, without cache and metadata. */
    static <T> T with(ImageReader reader, byte[] file, Use<T> use) throws IOException {
        try (ImageInputStream input = new ByteArrayStream(file)) {
            reader.setInput(input, false, true);
            return use.apply(reader);
        } finally {
            reader.dispose();
        }
    }

    /**
     * Reads the raster, because BufferedImage.getRGB would convert gray between color spaces and change its values.
     * Alpha is dropped. 16-bit color keeps its high bytes; 16-bit gray is clipped at 255.
     */
    static byte[] toRgb(BufferedImage image) {
        Raster raster = image.getRaster();
        ColorModel model = image.getColorModel();
        int width = raster.getWidth();
        int bands = raster.getNumBands();
        byte[] rgb = new byte[width * raster.getHeight() * 3];
        int[] row = new int[width * bands];
        int at = 0;
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getPixels(raster.getMinX(), raster.getMinY() + y, width, 1, row);
            if (model instanceof IndexColorModel palette) {
                for (int index : row) {
                    rgb[at++] = (byte) palette.getRed(index);
                    rgb[at++] = (byte) palette.getGreen(index);
                    rgb[at++] = (byte) palette.getBlue(index);
                }
            } else if (bands < 3) {
                boolean deep = model.getComponentSize(0) == 16;
                for (int i = 0; i < row.length; i += bands) {
                    byte value = (byte) (deep && bands == 2 ? row[i] >> 8 : Math.min(row[i], 255));
                    rgb[at++] = value;
                    rgb[at++] = value;
                    rgb[at++] = value;
                }
            } else {
                for (int i = 0; i < row.length; i += bands) {
                    for (int band = 0; band < 3; band++) {
                        rgb[at++] = (byte) (row[i + band] >> model.getComponentSize(band) - 8);
                    }
                }
            }
        }
        return rgb;
    }

    /** One band of 8 bits, row by row. */
    static byte[] band(Raster raster, int band) {
        int[] samples = raster.getSamples(
                raster.getMinX(), raster.getMinY(), raster.getWidth(), raster.getHeight(), band, (int[]) null);
        byte[] values = new byte[samples.length];
        for (int i = 0; i < values.length; i++) {
            values[i] = (byte) samples[i];
        }
        return values;
    }

    /** Pillow's plain conversion; C, M, Y and K are 0 for no ink, as 8-bit samples. */
    static void cmykToRgb(int cyan, int magenta, int yellow, int black, byte[] rgb, int at) {
        int light = 255 - black;
        rgb[at] = (byte) (light - product(cyan, light));
        rgb[at + 1] = (byte) (light - product(magenta, light));
        rgb[at + 2] = (byte) (light - product(yellow, light));
    }

    /** a * b / 255, rounded. */
    private static int product(int a, int b) {
        int scaled = a * b + 128;
        return (scaled >> 8) + scaled >> 8;
    }
}
