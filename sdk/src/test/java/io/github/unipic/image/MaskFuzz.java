package io.github.unipic.image;

import io.github.unipic.Image;
import io.github.unipic.Mask;
import io.github.unipic.MaskChannel;
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
        Mask mask = Mask.decode(input, new ReadOptions(true, 1 << 20), MaskChannel.AUTO);
        Image source = Image.ofRgb(mask.width(), mask.height(), new byte[mask.width() * mask.height() * 3]);
        MaskedRegion region = MaskedRegion.of(mask, mask.width(), mask.height());
        region.paste(source, source, 8);
        region.positions(PATCH);
    }
}
