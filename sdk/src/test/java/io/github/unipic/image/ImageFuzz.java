package io.github.unipic.image;

import io.github.unipic.Image;
import io.github.unipic.ReadOptions;
import io.github.unipic.fuzz.ByteMutator;
import io.github.unipic.fuzz.FuzzTarget;
import io.github.unipic.fuzz.MemoryFuzzTarget;
import io.github.unipic.fuzz.Mutator;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/**
 * An image format. All images of the tests are in the corpus.
 *
 * @param endings of those images' names
 */
public record ImageFuzz(String name, List<String> endings, Mutator mutator, int mutations) implements MemoryFuzzTarget {
    /** Most inputs are read with this limit, as large images take their time. */
    private static final ReadOptions SMALL = new ReadOptions(true, 1 << 20);

    /** The formats that are read. */
    public static List<FuzzTarget> formats() {
        return List.of(
                new ImageFuzz("png", List.of(".png"), new PngMutator(), 900),
                new ImageFuzz("jpeg", List.of(".jpg"), new ByteMutator().in(ImageFuzz::inJpegHeaders), 900),
                new ImageFuzz("bmp", List.of(".bmp"), new ByteMutator().inFirst(70), 600),
                new ImageFuzz(
                        "gif",
                        List.of(".gif"),
                        new ByteMutator().with("!\u00f9\4", ",", ";").inFirst(60),
                        600),
                new ImageFuzz("tiff", List.of(".tif"), new ByteMutator().in(ImageFuzz::inTiffDirectory), 1200),
                new ImageFuzz("webp", List.of(".webp"), new RiffMutator(), 800));
    }

    @Override
    public List<byte[]> corpus() throws IOException {
        Stream<byte[]> all = FuzzTarget.resources("/fuzz/" + name, "").stream();
        for (String ending : endings) {
            all = Stream.concat(all, FuzzTarget.resources("/image", ending).stream());
        }
        return all.toList();
    }

    @Override
    public void read(byte[] input) {
        ReadOptions options = Arrays.hashCode(input) % 32 == 0 ? ReadOptions.DEFAULT : SMALL;
        Image image = Image.decode(input, options);
        if (image.width() < 1 || image.height() < 1) {
            throw new AssertionError(image + " has no pixels");
        }
        if ((long) image.width() * image.height() > options.maxPixels()) {
            throw new AssertionError(image + " is larger than was allowed");
        }
        image.request();
        image.withMetadata(image.metadata());
    }

    /** In a segment of tables or sizes, not in the coded pixels. */
    private static int inJpegHeaders(byte[] jpeg, RandomGenerator random) {
        int at = 2;
        while (at + 4 < jpeg.length && (jpeg[at + 1] & 0xff) != 0xda && random.nextInt(6) != 0) {
            at += 2 + Short.toUnsignedInt(ByteBuffer.wrap(jpeg).getShort(at + 2));
        }
        return Math.min(jpeg.length - 1, at + random.nextInt(20));
    }

    private static int inTiffDirectory(byte[] tiff, RandomGenerator random) {
        if (tiff.length < 8) {
            return random.nextInt(tiff.length);
        }
        ByteBuffer buffer =
                ByteBuffer.wrap(tiff).order(tiff[0] == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        long directory = Integer.toUnsignedLong(buffer.getInt(4));
        return (int) Math.min(tiff.length - 1, directory + random.nextInt(2 + 12 * 16));
    }

    /** Sets the length of the whole right. */
    private static final class RiffMutator implements Mutator {
        private final Mutator bytes = new ByteMutator()
                .with("VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "EXIF", "XMP ", "ICCP")
                .inFirst(64);

        @Override
        public byte[] mutate(byte[] input, byte[] other, RandomGenerator random) {
            byte[] changed = bytes.mutate(input, other, random);
            return random.nextInt(4) == 0 ? changed : repair(changed);
        }

        @Override
        public byte[] repair(byte[] input) {
            byte[] riff = input.clone();
            if (riff.length >= 8) {
                ByteBuffer.wrap(riff).order(ByteOrder.LITTLE_ENDIAN).putInt(4, riff.length - 8);
            }
            return riff;
        }
    }
}
