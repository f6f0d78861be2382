package io.github.unipic.image;

import io.github.unipic.ImageFormatException;
import java.awt.image.BufferedImage;
import java.awt.image.IndexColorModel;
import java.awt.image.Raster;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import javax.imageio.ImageReader;
import javax.imageio.stream.ImageInputStream;
import javax.imageio.stream.MemoryCacheImageInputStream;
import org.apache.commons.imaging.formats.png.AbstractPngText;
import org.apache.commons.imaging.formats.png.PngImagingParameters;
import org.apache.commons.imaging.formats.png.PngWriter;
import org.apache.commons.imaging.palette.PaletteFactory;

/**
 * What a PNG file holds, as far as this library is concerned. The arrays and the map are not copied.
 *
 * @param width pixels
 * @param height pixels
 * @param rgb 8-bit red, green, blue of each pixel, row-major
 * @param text text by keyword
 */
public record Png(int width, int height, byte[] rgb, Map<String, String> text) {
    /** The largest picture that is read or drawn. */
    public static final long MAX_PIXELS = 100_000_000;

    /** The longest text of one keyword, in bytes. */
    public static final int MAX_TEXT_BYTES = 1 << 20;

    private static final int HEADER_BYTES = 33;
    private static final int MAX_BYTES_A_PIXEL = 8;
    private static final int MAX_OTHER_BYTES = 64 << 20;

    /**
     * Reads a file. Of transparent pictures the colours are kept and the alpha channel is dropped; of 16-bit ones the
     * high bytes are kept.
     *
     * @param file the file, whatever its name
     * @return its pixels and text
     * @throws ImageFormatException if it is not a whole PNG file of at most 100 megapixels
     */
    public static Png read(Path file) {
        try (InputStream stream = Files.newInputStream(file)) {
            ByteBuffer header = ByteBuffer.wrap(stream.readNBytes(HEADER_BYTES));
            checkHeader(file, header);
            int width = header.getInt(16);
            int height = header.getInt(20);
            long pixels = (long) width * height;
            if (width <= 0 || height <= 0 || pixels > MAX_PIXELS) {
                throw new ImageFormatException(file + " is " + Integer.toUnsignedString(width) + " x "
                        + Integer.toUnsignedString(height) + " pixels; 1 pixel to " + MAX_PIXELS / 1_000_000
                        + " megapixels can be read");
            }
            int limit = Math.toIntExact(pixels * MAX_BYTES_A_PIXEL + MAX_OTHER_BYTES);
            byte[] rest = stream.readNBytes(limit);
            if (rest.length == limit) {
                throw new ImageFormatException(file + " is over " + limit + " bytes, too many for its " + width + " x "
                        + height + " pixels; save it anew");
            }
            byte[] png = Arrays.copyOf(header.array(), HEADER_BYTES + rest.length);
            System.arraycopy(rest, 0, png, HEADER_BYTES, rest.length);
            Map<String, String> text = PngChunks.readText(file, png);
            return new Png(width, height, decodePixels(file, png), text);
        } catch (NoSuchFileException e) {
            throw new ImageFormatException(file + " does not exist; check the path", e);
        } catch (IOException e) {
            throw new ImageFormatException(file + " cannot be read: " + e.getMessage(), e);
        }
    }

    private static void checkHeader(Path file, ByteBuffer header) {
        int length = header.capacity();
        if (length == 0) {
            throw new ImageFormatException(file + " is empty; give a PNG file");
        }
        int signature = Math.min(length, PngChunks.SIGNATURE.length);
        if (Arrays.mismatch(header.array(), 0, signature, PngChunks.SIGNATURE, 0, signature) >= 0) {
            throw new ImageFormatException(file + " is not a PNG file; only PNG can be read");
        }
        if (length < HEADER_BYTES) {
            throw new ImageFormatException(file + " is cut short: only " + length + " bytes; get a fresh copy");
        }
        if (header.getInt(8) != 13 || header.getInt(12) != PngChunks.IHDR) {
            throw new ImageFormatException(file + " is damaged: it does not start with a PNG header; get a fresh copy");
        }
    }

    // By ImageIO, which decodes every PNG colour type several times faster than Commons Imaging.
    private static byte[] decodePixels(Path file, byte[] png) {
        ImageReader reader = ImageIO.getImageReadersByFormatName("png").next();
        try (ImageInputStream input = new MemoryCacheImageInputStream(new ByteArrayInputStream(png))) {
            reader.setInput(input, true, true);
            return toRgb(reader.read(0));
        } catch (IOException | RuntimeException e) {
            // Hostile files make ImageIO throw unchecked exceptions of several kinds, with messages of several lines.
            throw new ImageFormatException(file + " is damaged: its pixels cannot be decoded; get a fresh copy", e);
        } finally {
            reader.dispose();
        }
    }

    // From the raster, as BufferedImage.getRGB would convert grey between colour spaces and so change its values.
    private static byte[] toRgb(BufferedImage image) {
        Raster raster = image.getRaster();
        int width = raster.getWidth();
        int bands = raster.getNumBands();
        int green = bands < 3 ? 0 : 1;
        int blue = bands < 3 ? 0 : 2;
        int shift = image.getColorModel().getComponentSize(0) - 8;
        byte[] rgb = new byte[width * raster.getHeight() * 3];
        int[] row = new int[width * bands];
        int at = 0;
        for (int y = 0; y < raster.getHeight(); y++) {
            raster.getPixels(0, y, width, 1, row);
            for (int i = 0; i < row.length; i += bands) {
                if (image.getColorModel() instanceof IndexColorModel palette) {
                    rgb[at++] = (byte) palette.getRed(row[i]);
                    rgb[at++] = (byte) palette.getGreen(row[i]);
                    rgb[at++] = (byte) palette.getBlue(row[i]);
                } else {
                    rgb[at++] = (byte) (row[i] >> shift);
                    rgb[at++] = (byte) (row[i + green] >> shift);
                    rgb[at++] = (byte) (row[i + blue] >> shift);
                }
            }
        }
        return rgb;
    }

    /**
     * Writes a file: 8-bit RGB, and each text as tEXt where that can hold it, else as compressed iTXt (UTF-8).
     *
     * @param stream where to; not closed
     * @throws IOException if writing fails
     */
    public void write(OutputStream stream) throws IOException {
        List<AbstractPngText> chunks = text.entrySet().stream()
                .map(entry -> toChunk(entry.getKey(), entry.getValue()))
                .toList();
        PngImagingParameters parameters =
                new PngImagingParameters().setForceTrueColor(true).setPredictorEnabled(true);
        parameters.setTextChunks(chunks);
        new PngWriter().writeImage(toBufferedImage(), stream, parameters, new PaletteFactory());
    }

    private static AbstractPngText toChunk(String keyword, String text) {
        boolean plain = text.chars().allMatch(c -> c == '\n' || c >= 0x20 && c <= 0x7e || c >= 0xa0 && c <= 0xff);
        return plain ? new AbstractPngText.Text(keyword, text) : new AbstractPngText.Itxt(keyword, text, "", "");
    }

    /**
     * Gives the pixels as Java's own type.
     *
     * @return a new image of type {@link BufferedImage#TYPE_INT_RGB}
     */
    public BufferedImage toBufferedImage() {
        BufferedImage image = new BufferedImage(width, height, BufferedImage.TYPE_INT_RGB);
        int[] row = new int[width];
        int at = 0;
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                row[x] = (rgb[at++] & 0xff) << 16 | (rgb[at++] & 0xff) << 8 | rgb[at++] & 0xff;
            }
            image.getRaster().setDataElements(0, y, width, 1, row);
        }
        return image;
    }
}
