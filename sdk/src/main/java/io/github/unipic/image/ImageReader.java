package io.github.unipic.image;

import io.github.unipic.ImageFormatException;
import io.github.unipic.ReadOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.BufferUnderflowException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * Reads images of every known format, which is recognized by content. Colors are those of Pillow's
 * {@code convert("RGB")}; {@link io.github.unipic.Image#read(Path, ReadOptions)} says what that means.
 */
public final class ImageReader {
    private static final int MAX_FILE_BYTES = 512 << 20;

    private ImageReader() {}

    /**
     * Reads a file.
     *
     * @param file the file, whatever its name
     * @param options how
     * @return its pixels and text
     * @throws ImageFormatException if it is not a whole image of a known format within the limits
     */
    public static DecodedImage read(Path file, ReadOptions options) {
        return decode(open(file, options, false));
    }

    /**
     * Reads a file as a mask: as {@link #read}, but with alpha, and gray of 16 bits is scaled to 8 bits, not clipped.
     *
     * @param file the file, whatever its name
     * @param options how
     * @return its pixels
     * @throws ImageFormatException as {@link #read}
     */
    public static DecodedImage readMask(Path file, ReadOptions options) {
        return decode(open(file, options, true));
    }

    private static EncodedImage open(Path file, ReadOptions options, boolean asMask) {
        byte[] bytes;
        try (InputStream stream = Files.newInputStream(file)) {
            bytes = stream.readNBytes(MAX_FILE_BYTES + 1);
        } catch (NoSuchFileException e) {
            throw new ImageFormatException(file + " does not exist; check the path", e);
        } catch (IOException e) {
            throw new ImageFormatException(file + " cannot be read: " + e.getMessage(), e);
        } catch (OutOfMemoryError e) {
            throw initCause(new EncodedImage("the content of " + file, new byte[0], options).outOfMemory(), e);
        }
        return new EncodedImage(file.toString(), bytes, options, asMask);
    }

    /**
     * Reads bytes.
     *
     * @param bytes a whole file
     * @param options how
     * @return its pixels and text
     * @throws ImageFormatException as {@link #read}
     */
    public static DecodedImage decode(byte[] bytes, ReadOptions options) {
        return decode(new EncodedImage("the image of " + bytes.length + " bytes", bytes, options));
    }

    /**
     * Reads bytes as a mask.
     *
     * @param bytes a whole file
     * @param options how
     * @return its pixels, as {@link #readMask}
     * @throws ImageFormatException as {@link #read}
     */
    public static DecodedImage decodeMask(byte[] bytes, ReadOptions options) {
        return decode(new EncodedImage(maskName(bytes), bytes, options, true));
    }

    /** The name of a mask given as bytes, for errors. */
    static String maskName(byte[] bytes) {
        return "the mask of " + bytes.length + " bytes";
    }

    private static DecodedImage decode(EncodedImage encoded) {
        int length = encoded.bytes().length;
        if (length == 0) {
            throw new ImageFormatException(encoded.name() + " is empty; give " + ImageFormat.NAMES);
        }
        if (length > MAX_FILE_BYTES) {
            throw new ImageFormatException(
                    encoded.name() + " is over " + (MAX_FILE_BYTES >> 20) + " MiB; save it smaller, as PNG or JPEG");
        }
        ImageFormat format = ImageFormat.of(encoded).orElseThrow(() -> unknown(encoded));
        try {
            return format.decode(encoded);
        } catch (BufferUnderflowException | IndexOutOfBoundsException e) {
            throw initCause(encoded.cutShort(), e);
        } catch (ImageFormatException e) {
            throw e;
        } catch (IOException | RuntimeException | StackOverflowError | InternalError e) {
            // Malicious files make decoders throw unchecked exceptions of several types, with messages of several
            // lines.
            throw initCause(encoded.damaged("its pixels cannot be decoded"), e);
        } catch (OutOfMemoryError e) {
            throw initCause(encoded.outOfMemory(), e);
        }
    }

    private static ImageFormatException unknown(EncodedImage encoded) {
        String name = encoded.name();
        return ForeignFormats.nameOf(encoded)
                .map(what -> new ImageFormatException(
                        name + " is " + what + ", which cannot be read; save it as PNG or JPEG"))
                .orElseGet(() -> new ImageFormatException(
                        name + " is not an image of a known format; give " + ImageFormat.NAMES));
    }

    private static ImageFormatException initCause(ImageFormatException problem, Throwable cause) {
        problem.initCause(cause);
        return problem;
    }
}
