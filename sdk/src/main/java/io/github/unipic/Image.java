package io.github.unipic;

import io.github.unipic.image.AtomicFile;
import io.github.unipic.image.Png;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A picture: 8-bit RGB, row-major from the top left, 3 bytes a pixel, and text by keyword as PNG files carry it.
 * Immutable and thread-safe.
 */
public final class Image {
    // PNG's rule for keywords: 1 to 79 printable Latin-1 characters, single spaces within only.
    private static final Pattern KEYWORD = Pattern.compile("(?! )(?!.* $)(?!.* {2})[ -~\u00a1-\u00ff]{1,79}");

    private final Png content;

    private Image(Png content) {
        this.content = content;
    }

    /**
     * Makes a picture of pixels, without text.
     *
     * @param width pixels, above 0
     * @param height pixels, above 0; the picture has at most 100 megapixels
     * @param rgb red, green and blue of each pixel, {@code width * height * 3} bytes; copied
     * @return the picture
     * @throws InvalidRequestException if the sizes do not fit
     */
    public static Image ofRgb(int width, int height, byte[] rgb) {
        if (width < 1 || height < 1 || (long) width * height > Png.MAX_PIXELS) {
            throw new InvalidRequestException("size must be 1 pixel to " + Png.MAX_PIXELS / 1_000_000
                    + " megapixels, not " + width + " x " + height);
        }
        if (rgb.length != width * height * 3) {
            throw new InvalidRequestException("rgb must have " + width * height * 3 + " bytes for " + width + " x "
                    + height + " pixels, not " + rgb.length);
        }
        return new Image(new Png(width, height, rgb.clone(), Map.of()));
    }

    /**
     * Reads a PNG file of any colour type. Of transparent pictures the colours are kept and the alpha channel is
     * dropped; of 16-bit ones the high bytes are kept. Text over 1 MiB or malformed is left out.
     *
     * @param file the file; its content counts, not its name
     * @return the picture
     * @throws ImageFormatException if the file cannot be read, is not PNG, is cut short or damaged, or has over 100
     *     megapixels (known from its header, before any pixel is read)
     */
    public static Image read(Path file) {
        return new Image(Png.read(file));
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
     * The text that comes with the picture.
     *
     * @return text by keyword, unmodifiable
     */
    public Map<String, String> metadata() {
        return Collections.unmodifiableMap(content.text());
    }

    /**
     * The same picture with other text.
     *
     * @param text text by keyword; replaces all that there was. Keywords are PNG's: 1 to 79 printable Latin-1
     *     characters, without spaces at the ends or two in a row. Text is any Unicode, at most 1 MiB in UTF-8.
     * @return a new picture
     * @throws InvalidRequestException if a keyword or a text is not allowed
     */
    public Image withMetadata(Map<String, String> text) {
        text.forEach(Image::checkText);
        return new Image(new Png(width(), height(), content.rgb(), new LinkedHashMap<>(text)));
    }

    private static void checkText(String keyword, String text) {
        if (!KEYWORD.matcher(keyword).matches()) {
            throw new InvalidRequestException(
                    "metadata keyword must be 1 to 79 printable Latin-1 characters without outer"
                            + " or double spaces, not '" + keyword.replaceAll("\\p{Cntrl}", "?") + "'");
        }
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw new InvalidRequestException(
                    "metadata '" + keyword + "' is not valid Unicode: it has an unpaired surrogate; remove it");
        }
        int length = text.getBytes(StandardCharsets.UTF_8).length;
        if (length > Png.MAX_TEXT_BYTES) {
            throw new InvalidRequestException("metadata '" + keyword + "' has " + length + " bytes; at most "
                    + Png.MAX_TEXT_BYTES + " are allowed");
        }
    }

    /**
     * The request that drew this picture, from its text: on the same model it draws the same picture again.
     *
     * @return the request, for this one picture; empty if the text holds no whole and valid one, as in pictures that
     *     come from elsewhere
     */
    public Optional<GenerateRequest> request() {
        return GenerateRequest.fromMetadata(content.text());
    }

    /**
     * Saves the picture with its text, as 8-bit RGB PNG. The file appears whole or not at all: it is written beside its
     * place under a temporary name, then moved there, replacing what was there.
     *
     * @param file a name that ends in {@code .png}, in a folder that exists
     * @throws ImageFormatException if the name ends otherwise or the file cannot be written
     */
    public void save(Path file) {
        String name = Objects.toString(file.getFileName(), "");
        if (!name.toLowerCase(Locale.ROOT).endsWith(".png")) {
            throw new ImageFormatException(
                    "cannot save '" + file + "': the name must end in a supported extension (.png)");
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
            AtomicFile.write(target, content::write);
        } catch (IOException e) {
            throw new ImageFormatException("cannot save '" + file + "': " + e, e);
        }
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
