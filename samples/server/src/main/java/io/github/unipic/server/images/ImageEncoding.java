package io.github.unipic.server.images;

import io.github.unipic.Image;
import io.github.unipic.server.http.HttpError;
import io.github.unipic.server.http.Parameters;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import javax.imageio.IIOImage;
import javax.imageio.ImageIO;
import javax.imageio.ImageWriteParam;
import javax.imageio.ImageWriter;
import javax.imageio.stream.ImageOutputStream;

/**
 * How images are sent. PNG and JPEG carry the request that drew them.
 *
 * @param format the kind of file
 * @param quality of a lossy file, 1 to 100; 100 of a WebP file means lossless
 */
public record ImageEncoding(Format format, int quality) {
    /** PNG, without loss. */
    public static final ImageEncoding PNG = new ImageEncoding(Format.PNG, 100);

    private static final int JPEG_QUALITY = 95;

    /** A kind of file. */
    public enum Format {
        PNG,
        JPEG,
        /** Only where a writer is on the class path. */
        WEBP;

        /** As {@code output_format} names it. */
        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }

        public String mediaType() {
            return "image/" + id();
        }
    }

    /** Reads {@code output_format} and {@code output_compression}. */
    public static ImageEncoding of(Parameters parameters) {
        Optional<Format> format = parameters
                .oneOf("output_format", List.of("png", "jpeg", "webp"))
                .map(id -> Format.valueOf(id.toUpperCase(Locale.ROOT)));
        int quality = parameters.integer("output_compression", 0, 100).orElse(-1);
        if (format.filter(Format.WEBP::equals).isPresent() && webpWriter().isEmpty()) {
            throw HttpError.unsupported(
                    "output_format",
                    "'webp' needs a writer on the server's class path, such as com.github.usefulness:webp-imageio; use"
                            + " png or jpeg");
        }
        return switch (format.orElse(Format.PNG)) {
            case PNG -> PNG;
            case JPEG -> new ImageEncoding(Format.JPEG, quality < 0 ? JPEG_QUALITY : Math.max(1, quality));
            case WEBP -> new ImageEncoding(Format.WEBP, quality < 0 ? 100 : Math.max(1, quality));
        };
    }

    /** Makes the file. */
    public byte[] encode(Image image) {
        return switch (format) {
            case PNG -> image.toPng();
            case JPEG -> image.toJpeg(quality);
            case WEBP -> webp(image.toBufferedImage());
        };
    }

    private static Optional<ImageWriter> webpWriter() {
        Iterator<ImageWriter> writers = ImageIO.getImageWritersByMIMEType(Format.WEBP.mediaType());
        return writers.hasNext() ? Optional.of(writers.next()) : Optional.empty();
    }

    private byte[] webp(BufferedImage image) {
        ImageWriter writer = webpWriter().orElseThrow();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (ImageOutputStream stream = ImageIO.createImageOutputStream(bytes)) {
            ImageWriteParam param = writer.getDefaultWriteParam();
            param.setCompressionMode(ImageWriteParam.MODE_EXPLICIT);
            param.setCompressionType(quality == 100 ? "Lossless" : "Lossy");
            param.setCompressionQuality(quality / 100f);
            writer.setOutput(stream);
            writer.write(null, new IIOImage(image, null, null), param);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            writer.dispose();
        }
        return bytes.toByteArray();
    }
}
