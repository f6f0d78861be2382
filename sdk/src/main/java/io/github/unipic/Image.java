package io.github.unipic;

import io.github.unipic.files.AtomicFile;
import io.github.unipic.files.FileFailure;
import io.github.unipic.image.DecodedImage;
import io.github.unipic.image.Framing;
import io.github.unipic.image.ImageReader;
import io.github.unipic.image.Jpeg;
import io.github.unipic.image.MaskPixels;
import io.github.unipic.image.Png;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;

/**
 * An image: 8-bit RGB, row-major from the top left, 3 bytes a pixel, and text by keyword as PNG and JPEG files carry
 * it. Immutable and thread-safe.
 */
public final class Image {
    /** Of JPEG files that {@link #save} makes. */
    private static final int SAVED_QUALITY = 95;

    static {
        DecodedImage.connect(image -> image.content, Image::new);
    }

    private final DecodedImage content;

    private Image(DecodedImage content) {
        this.content = content;
    }

    /**
     * Makes an image of pixels, without text.
     *
     * @param width pixels, above 0
     * @param height pixels, above 0; the image has at most {@link ReadOptions#MAX_PIXELS}
     * @param rgb red, green and blue of each pixel, {@code width * height * 3} bytes; copied
     * @return the image
     * @throws InvalidRequestException if the sizes do not fit
     */
    public static Image ofRgb(int width, int height, byte[] rgb) {
        Framing.checkSize(width, height);
        if (rgb.length != width * height * 3) {
            throw new InvalidRequestException("rgb must have " + width * height * 3 + " bytes for " + width + " x "
                    + height + " pixels, not " + rgb.length);
        }
        return new Image(new DecodedImage(width, height, rgb.clone(), Map.of()));
    }

    /**
     * Reads a file with {@link ReadOptions#DEFAULT}.
     *
     * @param file the file; its content counts, not its name
     * @return the image
     * @throws ImageFormatException as {@link #read(Path, ReadOptions)}
     */
    public static Image read(Path file) {
        return read(file, ReadOptions.DEFAULT);
    }

    /**
     * Reads a PNG, JPEG, BMP, GIF (first frame), TIFF (first page) or WebP (first frame) file of up to 512 MiB. Pixel
     * values are those of Pillow's {@code Image.open(file).convert("RGB")}: exactly so for lossless formats, but for
     * what Pillow misreads (TIFF's separate planes of 16 bits), and within about 1 for JPEG. Lossy WebP is approximate:
     * pixel values of photos are about 1.5 off on average and one in seven is more than 2 off, up to 100 beside sharp
     * edges, as chroma is not interpolated. So alpha is dropped, not blended, and TIFF's colors that were multiplied
     * with it are divided by it; of 16-bit color the high bytes are kept; <em>16-bit gray without alpha is clipped at
     * 255, not scaled</em> (Pillow's mode I;16), so an image that uses the whole 16-bit range turns white; CMYK is
     * converted by the plain formula, not by its profile; profiles and gamma are ignored. {@link Mask#read(Path)} keeps
     * alpha and scales gray.
     *
     * <p>The image is turned upright by its EXIF orientation, or by that of its XMP where EXIF tells none. Text comes
     * from PNG, and from JPEG that {@link #save} wrote; what is malformed is left out, and so is a text over 1 MiB, and
     * what comes after 256 texts or 16 MiB of them.
     *
     * <p>Work and memory are bounded by the pixels that the header declares and by the file's length. Memory is
     * estimated before it is taken: reading takes 3 to 11 bytes of Java's heap a pixel.
     *
     * @param file the file; its content counts, not its name
     * @param options whether it is turned upright, and how large it may be
     * @return the image
     * @throws ImageFormatException if the file cannot be read, is of no such format or of a rare variant of one, is cut
     *     short or damaged, has fewer pixels than it declares, has more than allowed, or needs more memory than Java
     *     has left (both known from its header, before any pixel is read). What follows the first frame of a GIF, and
     *     padding behind the last row of a BMP, may be missing.
     */
    public static Image read(Path file, ReadOptions options) {
        return new Image(ImageReader.read(file, options));
    }

    /**
     * Reads an image from memory.
     *
     * @param bytes a whole file, as {@link #read(Path, ReadOptions)} takes it; not changed
     * @param options whether it is turned upright, and how large it may be
     * @return the image
     * @throws ImageFormatException as {@link #read(Path, ReadOptions)}
     */
    public static Image decode(byte[] bytes, ReadOptions options) {
        return new Image(ImageReader.decode(bytes, options));
    }

    static Mask readMask(Path file, ReadOptions options, MaskChannel channel) {
        return mask(MaskPixels.read(file, options, channel));
    }

    static Mask decodeMask(byte[] bytes, ReadOptions options, MaskChannel channel) {
        return mask(MaskPixels.decode(bytes, options, channel));
    }

    /** White is regenerated. */
    Mask asMask() {
        return mask(MaskPixels.ofGray(this));
    }

    private static Mask mask(MaskPixels mask) {
        return new Mask(mask.width(), mask.height(), mask.regenerated());
    }

    /** Refuses sizes that no image can have. */
    static void checkSize(int width, int height) {
        Framing.checkSize(width, height);
    }

    /** This image, larger by its own stretched edges. */
    Image extended(int left, int right, int top, int bottom) {
        return Framing.extend(this, left, right, top, bottom);
    }

    /**
     * The width.
     *
     * @return pixels
     */
    public int width() {
        return content.width();
    }

    /**
     * The height.
     *
     * @return pixels
     */
    public int height() {
        return content.height();
    }

    /**
     * The pixels.
     *
     * @return a copy: red, green and blue of each pixel, row-major
     */
    public byte[] rgb() {
        return content.rgb().clone();
    }

    /**
     * The pixels as Java's own type.
     *
     * @return a new image of type {@link BufferedImage#TYPE_INT_RGB}
     */
    public BufferedImage toBufferedImage() {
        return content.toBufferedImage();
    }

    /**
     * The text that comes with the image.
     *
     * @return text by keyword, unmodifiable
     */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(content.text());
    }

    /**
     * The same image with other text.
     *
     * @param text text by keyword; replaces all that there was. Keywords are PNG's: 1 to 79 printable Latin-1
     *     characters, without spaces at the ends or two in a row. Text is any Unicode, at most 1 MiB in UTF-8. At most
     *     256 texts, of 16 MiB in all.
     * @return a new image
     * @throws InvalidRequestException if a keyword or a text is not allowed, or there are too many
     */
    public Image withMetadata(Map<String, String> text) {
        long bytes = 0;
        for (Map.Entry<String, String> entry : text.entrySet()) {
            bytes += checkText(entry.getKey(), entry.getValue());
        }
        if (text.size() > DecodedImage.MAX_TEXTS || bytes > DecodedImage.MAX_TEXTS_BYTES) {
            throw new InvalidRequestException("metadata has " + text.size() + " texts of " + bytes + " bytes; at most "
                    + DecodedImage.MAX_TEXTS + " of " + DecodedImage.MAX_TEXTS_BYTES + " in all are allowed");
        }
        return new Image(new DecodedImage(width(), height(), content.rgb(), new LinkedHashMap<>(text)));
    }

    /** Gives the text's length in bytes. */
    private static int checkText(String keyword, String text) {
        if (!DecodedImage.isKeyword(keyword)) {
            throw new InvalidRequestException(
                    "metadata keyword must be 1 to 79 printable Latin-1 characters without outer"
                            + " or double spaces, not '" + keyword.replaceAll("\\p{Cntrl}", "?") + "'");
        }
        Values.checkUnicode("metadata '" + keyword + "'", text);
        int length = text.getBytes(StandardCharsets.UTF_8).length;
        if (length > DecodedImage.MAX_TEXT_BYTES) {
            throw new InvalidRequestException("metadata '" + keyword + "' has " + length + " bytes; at most "
                    + DecodedImage.MAX_TEXT_BYTES + " are allowed");
        }
        return length;
    }

    /**
     * The request that drew this image, from its text: on the same model it draws the same image again, unless
     * {@linkplain GenerateRequest#metadataAllowsSpecialTokens special tokens were allowed}.
     *
     * @return the request, for this one image; empty if the text holds no whole and valid one, as in images that come
     *     from elsewhere
     */
    public Optional<GenerateRequest> request() {
        return GenerateRequest.fromMetadata(content.text());
    }

    /**
     * The image as a PNG file: 8-bit RGB, with its text.
     *
     * @return the file's bytes
     */
    public byte[] toPng() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            writePng(bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return bytes.toByteArray();
    }

    /**
     * The image as a JPEG file without chroma subsampling, its text in comments, but for what is over 65533 bytes long,
     * which is left out.
     *
     * @param quality 1 (smallest file) to 100 (best)
     * @return the file's bytes
     * @throws InvalidRequestException if the quality is out of its range
     * @throws ImageFormatException if the image is too large for JPEG (65500 pixels a side)
     */
    public byte[] toJpeg(int quality) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try {
            writeJpeg(bytes, quality);
        } catch (IOException e) {
            throw new ImageFormatException("cannot make a JPEG file: " + e.getMessage(), e);
        }
        return bytes.toByteArray();
    }

    /**
     * Writes the file that {@link #toPng} gives.
     *
     * @param stream where to; not closed
     * @throws IOException if writing fails
     */
    public void writePng(OutputStream stream) throws IOException {
        Png.write(content, stream);
    }

    /**
     * Writes the file that {@link #toJpeg} gives.
     *
     * @param stream where to; not closed
     * @param quality 1 to 100
     * @throws InvalidRequestException if the quality is out of its range
     * @throws IOException if writing fails, or the image is too large for JPEG (65500 pixels a side)
     */
    public void writeJpeg(OutputStream stream, int quality) throws IOException {
        if (quality < 1 || quality > 100) {
            throw new InvalidRequestException("the quality of a JPEG file must be 1 to 100, not " + quality);
        }
        Jpeg.write(content, stream, quality);
    }

    /**
     * Saves the image with its text (without: {@code withMetadata(Map.of())}): as 8-bit RGB PNG, or as JPEG of quality
     * 95 without chroma subsampling, whose text goes into comments, but for what is over 65533 bytes long, which is
     * left out. The file appears whole or not at all: it is written beside its place under a temporary name, then moved
     * there, replacing what was there.
     *
     * @param file a name that ends in {@code .png}, {@code .jpg} or {@code .jpeg}, in a folder that exists
     * @throws ImageFormatException if the name ends otherwise, the file cannot be written, or the image is too large
     *     for JPEG (65500 pixels a side)
     */
    public void save(Path file) {
        String name = Objects.toString(file.getFileName(), "");
        String extension = name.substring(name.lastIndexOf('.') + 1).toLowerCase(Locale.ROOT);
        boolean jpeg = extension.equals("jpg") || extension.equals("jpeg");
        if (!name.contains(".") || !jpeg && !extension.equals("png")) {
            throw new ImageFormatException(
                    "cannot save '" + file + "': the name must end in a supported extension (.png, .jpg or .jpeg)");
        }
        Path target = file.toAbsolutePath();
        if (!Files.isDirectory(target.getParent())) {
            throw new ImageFormatException(
                    "cannot save '" + file + "': there is no folder " + target.getParent() + "; make it first");
        }
        if (Files.isDirectory(target)) {
            throw new ImageFormatException("cannot save '" + file + "': it is a folder; choose another name");
        }
        try {
            AtomicFile.write(target, stream -> {
                if (jpeg) {
                    writeJpeg(stream, SAVED_QUALITY);
                } else {
                    writePng(stream);
                }
            });
        } catch (IOException e) {
            throw new ImageFormatException("cannot save '" + file + "': " + FileFailure.reason(e), e);
        }
    }

    /** Whether the other is an image of the same pixels and text. */
    @Override
    public boolean equals(Object other) {
        return other instanceof Image image
                && image.width() == width()
                && image.height() == height()
                && Arrays.equals(image.content.rgb(), content.rgb())
                && image.content.text().equals(content.text());
    }

    @Override
    public int hashCode() {
        return 31 * (31 * width() + Arrays.hashCode(content.rgb()))
                + content.text().hashCode();
    }

    /**
     * Says what this is.
     *
     * @return its size and the keywords of its text
     */
    @Override
    public String toString() {
        return "Image[" + width() + "x" + height() + ", text=" + content.text().keySet() + "]";
    }
}
