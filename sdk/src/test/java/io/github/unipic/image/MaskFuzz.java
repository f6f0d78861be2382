package io.github.unipic.image;

import io.github.unipic.Image;
import io.github.unipic.ReadOptions;
import io.github.unipic.fuzz.MemoryFuzzTarget;
import io.github.unipic.fuzz.Mutator;

/** A mask, in a PNG file. */
public final class MaskFuzz implements MemoryFuzzTarget {
    private static final int PATCH = 16;

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
        Image image = Image.decode(input, new ReadOptions(true, 1 << 20));
        Image source = Image.ofRgb(image.width(), image.height(), new byte[image.rgb().length]);
        Mask mask = Mask.of(image, source);
        mask.paste(image, source, 8);
        mask.tokens(PATCH);
    }
}
