package io.github.unipic.image;

import io.github.unipic.Image;
import io.github.unipic.ImageFormatException;
import io.github.unipic.ReadOptions;
import io.github.unipic.fuzz.ByteMutator;
import io.github.unipic.fuzz.FuzzTarget;
import io.github.unipic.fuzz.MemoryFuzzTarget;
import io.github.unipic.fuzz.Mutator;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/**
 * The application segments of a JPEG file. An input is the content of the first one, APP1: EXIF or XMP. The image can
 * always be read: bad metadata is ignored.
 */
public final class ExifFuzz implements MemoryFuzzTarget {
    private static final int MAX_BYTES = 0xffff - 2;

    @Override
    public String name() {
        return "exif";
    }

    @Override
    public int mutations() {
        return 400;
    }

    @Override
    public Mutator mutator() {
        return new ByteMutator()
                .with(
                        "Exif\0\0",
                        "II*\0",
                        "MM\0*",
                        "http://ns.adobe.com/xap/1.0/\0",
                        "<x:xmpmeta",
                        "tiff:Orientation=\"6\"")
                .inFirst(40);
    }

    @Override
    public void read(byte[] input) throws IOException {
        byte[] jpeg = resource();
        byte[] data = Arrays.copyOf(input, Math.min(input.length, MAX_BYTES));
        byte[] file = ByteBuffer.allocate(jpeg.length + 4 + data.length)
                .put(jpeg, 0, 2)
                .putShort((short) 0xffe1)
                .putShort((short) (data.length + 2))
                .put(data)
                .put(jpeg, 2, jpeg.length - 2)
                .array();
        try {
            Image.decode(file, ReadOptions.DEFAULT).request();
            Image.decode(file, new ReadOptions(false, ReadOptions.MAX_PIXELS));
        } catch (ImageFormatException e) {
            throw new AssertionError("Metadata made an image unreadable", e);
        }
    }

    private static byte[] resource() throws IOException {
        List<byte[]> images = FuzzTarget.resources("/image", "gray.jpg");
        return images.get(0);
    }
}
