package io.github.unipic.image;

import io.github.unipic.Image;
import io.github.unipic.ReadOptions;
import io.github.unipic.fuzz.ByteMutator;
import io.github.unipic.fuzz.MemoryFuzzTarget;
import io.github.unipic.fuzz.Mutator;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The text of a PNG file. An input is one chunk a line: {@code tEXt}, {@code zTXt}, {@code iTXt} or {@code eXIf}, and
 * its data, of which the part after {@code ~} is compressed.
 */
public final class PngTextFuzz implements MemoryFuzzTarget {
    private static final byte[] HEADER = {0, 0, 0, 1, 0, 0, 0, 1, 8, 2, 0, 0, 0};
    private static final int MAX_CHUNKS = 2000;

    @Override
    public String name() {
        return "png-text";
    }

    @Override
    public int mutations() {
        return 700;
    }

    @Override
    public Mutator mutator() {
        return new ByteMutator()
                .with(
                        "\ntEXt",
                        "\nzTXt",
                        "\niTXt",
                        "\neXIf",
                        "\0",
                        "\0\0~",
                        "\0\1\0\0\0~",
                        "prompt\0",
                        "parameters\0",
                        "{",
                        "\"seed\":",
                        "Raw profile type exif\0",
                        "XML:com.adobe.xmp\0");
    }

    @Override
    public void read(byte[] input) {
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        png.writeBytes("\u0089PNG\r\n\u001a\n".getBytes(StandardCharsets.ISO_8859_1));
        png.writeBytes(PngMutator.chunk("IHDR", HEADER));
        new String(input, StandardCharsets.ISO_8859_1).lines().limit(MAX_CHUNKS).forEach(line -> {
            String type = line.length() < 4 ? "tEXt" : line.substring(0, 4);
            png.writeBytes(PngMutator.chunk(type, data(line.substring(Math.min(4, line.length())))));
        });
        png.writeBytes(PngMutator.chunk("IDAT", PngMutator.deflate(new byte[4])));
        png.writeBytes(PngMutator.chunk("IEND", new byte[0]));
        Image image = Image.decode(png.toByteArray(), ReadOptions.DEFAULT);
        image.request();
        image.metadata().forEach((keyword, text) -> {
            if (text.length() > DecodedImage.MAX_TEXT_BYTES) {
                throw new AssertionError(keyword + " has " + text.length() + " characters");
            }
        });
        Image again = Image.decode(image.withMetadata(image.metadata()).toPng(), ReadOptions.DEFAULT);
        if (!again.metadata().equals(image.metadata())) {
            throw new AssertionError(image.metadata() + " was read again as " + again.metadata());
        }
    }

    private static byte[] data(String line) {
        byte[] bytes = line.getBytes(StandardCharsets.ISO_8859_1);
        int plain = line.indexOf('~');
        if (plain < 0) {
            return bytes;
        }
        ByteArrayOutputStream data = new ByteArrayOutputStream();
        data.write(bytes, 0, plain);
        data.writeBytes(PngMutator.deflate(Arrays.copyOfRange(bytes, plain + 1, bytes.length)));
        return data.toByteArray();
    }
}
