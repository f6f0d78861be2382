package io.github.unipic.image;

import io.github.unipic.Image;
import io.github.unipic.ImageFormatException;
import io.github.unipic.Mask;
import io.github.unipic.MaskChannel;
import io.github.unipic.ReadOptions;
import io.github.unipic.fuzz.MemoryFuzzTarget;
import io.github.unipic.fuzz.Mutator;

/** A mask in a PNG file. Every image can be a mask, by its gray. */
public final class MaskFuzz implements MemoryFuzzTarget {
    private static final int PATCH = 16;
    private static final ReadOptions SMALL = new ReadOptions(true, 1 << 20);

    @Override
    public String name() {
        return "mask";
    }

    @Override
    public int mutations() {
        return 300;
    }

    @Override
    public Mutator mutator() {
        return new PngMutator();
    }

    @Override
    public void read(byte[] input) {
        Image image = Image.decode(input, SMALL);
        requireMask(input, image);
        Mask mask = Mask.decode(input, SMALL, MaskChannel.AUTO);
        Image source = Image.ofRgb(mask.width(), mask.height(), new byte[mask.width() * mask.height() * 3]);
        MaskedRegion region = new MaskedRegion(mask);
        if ((long) mask.width() * mask.height() > SMALL.maxPixels()) {
            throw new AssertionError(mask + " is larger than was allowed");
        }
        region.paste(source, source, 8);
        int cells = ((mask.width() + PATCH - 1) / PATCH) * ((mask.height() + PATCH - 1) / PATCH);
        if (region.positions(PATCH).length != cells) {
            throw new AssertionError(mask + " has " + region.positions(PATCH).length + " positions, not " + cells);
        }
    }

    private static void requireMask(byte[] input, Image image) {
        try {
            Mask mask = Mask.decode(input, SMALL, MaskChannel.GRAY);
            if (mask.width() != image.width() || mask.height() != image.height()) {
                throw new AssertionError(mask + " is of another size than " + image);
            }
        } catch (ImageFormatException e) {
            throw new AssertionError("What can be read as an image is no mask", e);
        }
    }
}
