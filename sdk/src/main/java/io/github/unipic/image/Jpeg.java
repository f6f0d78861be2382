package io.github.unipic.image;

import io.github.unipic.ImageFormatException;
import java.awt.image.DataBufferByte;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageTypeSpecifier;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.metadata.IIOMetadata;
import javax.imageio.metadata.IIOMetadataNode;
import javax.imageio.stream.ImageOutputStream;
import javax.imageio.stream.MemoryCacheImageOutputStream;
import org.w3c.dom.NodeList;

/** JPEG files (ITU-T T.81 and T.871): baseline and progressive, gray, color and CMYK. */
public final class Jpeg {
    private static final int MAX_SEGMENT_BYTES = 65_533;
    private static final String METADATA = "javax_imageio_jpeg_image_1.0";

    private Jpeg() {}

    // The JDK decodes the samples; colors are converted here, because the JDK lacks CMYK and applies profiles.
    static DecodedImage decode(EncodedImage encoded) throws IOException {
        JpegSegments segments = JpegSegments.read(encoded);
        Orientation orientation = Orientation.of(segments.exif(), segments.xmp(), encoded.options());
        encoded.checkSize(segments.width(), segments.height(), orientation.heapPerPixel(segments.heapPerPixel()));
        byte[] samples = samples(encoded, segments);
        int pixels = segments.width() * segments.height();
        byte[] rgb = toRgb(samples, pixels, segments.bands(), segments.hasChroma());
        return orientation.apply(new DecodedImage(segments.width(), segments.height(), rgb, segments.texts()));
    }

    /**
     * Decodes the samples of a file, or of a part of one: interleaved, as they are stored.
     *
     * @throws io.github.unipic.ImageFormatException if they end early
     * @throws IOException if they are damaged; any unchecked exception may mean the same
     */
    static byte[] samples(EncodedImage encoded, JpegSegments segments) throws IOException {
        AtomicBoolean endsEarly = new AtomicBoolean();
        byte[] samples = JavaDecoder.withJdkReader("jpeg", segments.pixels(), reader -> {
            // libjpeg fills missing data with gray and warns of it: "premature end of data segment".
            reader.addIIOReadWarningListener((source, warning) -> {
                if (warning.contains("remature end")) {
                    endsEarly.set(true);
                }
            });
            return ((DataBufferByte) reader.readRaster(0, null).getDataBuffer()).getData();
        });
        if (endsEarly.get()) {
            throw encoded.damaged("its pixel data ends early");
        }
        return samples;
    }

    /** Three samples a pixel are converted in place, which halves the memory for large images. */
    private static byte[] toRgb(byte[] samples, int pixels, int bands, boolean chroma) {
        if (samples.length != pixels * bands) {
            throw new IndexOutOfBoundsException(samples.length);
        }
        byte[] rgb = bands == 3 ? samples : new byte[pixels * 3];
        int from = 0;
        for (int at = 0; at < rgb.length; at += 3, from += bands) {
            int red = samples[from] & 0xff;
            int green = bands == 1 ? red : samples[from + 1] & 0xff;
            int blue = bands == 1 ? red : samples[from + 2] & 0xff;
            if (chroma && bands > 1) {
                // T.871 in libjpeg's fixed point (jdcolor.c), 16 bits of fraction.
                int luma = red;
                int cb = green - 128;
                int cr = blue - 128;
                red = clip(luma + (91_881 * cr + 32_768 >> 16));
                green = clip(luma + (-22_554 * cb - 46_802 * cr + 32_768 >> 16));
                blue = clip(luma + (116_130 * cb + 32_768 >> 16));
            }
            if (bands < 4) {
                rgb[at] = (byte) red;
                rgb[at + 1] = (byte) green;
                rgb[at + 2] = (byte) blue;
            } else { // Adobe stores ink inverted, so the transform gave 255 - CMY
                int black = 255 - (samples[from + 3] & 0xff);
                if (chroma) {
                    JavaDecoder.cmykToRgb(red, green, blue, black, rgb, at);
                } else {
                    JavaDecoder.cmykToRgb(255 - red, 255 - green, 255 - blue, black, rgb, at);
                }
            }
        }
        return rgb;
    }

    private static int clip(int value) {
        return Math.max(0, Math.min(255, value));
    }

    /**
     * Writes a file without chroma subsampling, and each text as a comment: keyword, NUL, text in UTF-8. A text too
     * long for a comment (65533 bytes) is left out.
     *
     * @param image to write
     * @param stream to write to; not closed
     * @param quality 1 to 100
     * @throws ImageFormatException if a side is too long for JPEG (65500 pixels)
     * @throws IOException if writing fails
     */
    public static void write(DecodedImage image, OutputStream stream, int quality) throws IOException {
        if (Math.max(image.width(), image.height()) > 65_500) {
            throw new ImageFormatException("an image of " + image.width() + " x " + image.height()
                    + " pixels is too large for JPEG, which allows 65500 pixels a side; save it as PNG");
        }
        ByteArrayOutputStream comments = new ByteArrayOutputStream();
        for (Map.Entry<String, String> text : image.text().entrySet()) {
            byte[] comment = (text.getKey() + '\0' + text.getValue()).getBytes(StandardCharsets.UTF_8);
            if (comment.length > MAX_SEGMENT_BYTES) {
                continue; // better an image without its long text than no image
            }
            int length = comment.length + 2;
            comments.writeBytes(
                    new byte[] {(byte) 0xff, (byte) JpegSegments.COMMENT, (byte) (length >> 8), (byte) length});
            comments.writeBytes(comment);
        }
        byte[] jpeg = encode(image, quality);
        int afterHeader = 4 + ((jpeg[4] & 0xff) << 8 | jpeg[5] & 0xff); // start marker, then the JFIF segment
        stream.write(jpeg, 0, afterHeader);
        comments.writeTo(stream);
        stream.write(jpeg, afterHeader, jpeg.length - afterHeader);
    }

    private static byte[] encode(DecodedImage image, int quality) throws IOException {
        ImageWriter writer = jdkWriter();
        ByteArrayOutputStream jpeg = new ByteArrayOutputStream();
        try (ImageOutputStream output = new MemoryCacheImageOutputStream(jpeg)) {
            ImageWriteParam parameters = writer.getDefaultWriteParam();
            parameters.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            parameters.setCompressionQuality(quality / 100f);
            var pixels = image.toBufferedImage();
            IIOMetadata metadata = writer.getDefaultImageMetadata(new ImageTypeSpecifier(pixels), parameters);
            IIOMetadataNode tree = (IIOMetadataNode) metadata.getAsTree(METADATA);
            NodeList components = tree.getElementsByTagName("componentSpec");
            for (int i = 0; i < components.getLength(); i++) {
                IIOMetadataNode component = (IIOMetadataNode) components.item(i);
                component.setAttribute("HsamplingFactor", "1");
                component.setAttribute("VsamplingFactor", "1");
            }
            metadata.setFromTree(METADATA, tree);
            writer.setOutput(output);
            writer.write(null, new IIOImage(pixels, null, metadata), parameters);
        } finally {
            writer.dispose();
        }
        return jpeg.toByteArray();
    }

    private static ImageWriter jdkWriter() throws IOException {
        Iterator<ImageWriter> writers = ImageIO.getImageWritersByFormatName("jpeg");
        while (writers.hasNext()) {
            ImageWriter writer = writers.next();
            if (writer.getClass().getName().startsWith("com.sun.imageio.")) {
                return writer;
            }
        }
        throw new IOException("this Java has no writer for JPEG");
    }
}
