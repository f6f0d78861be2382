package io.github.unipic.image;

import java.io.IOException;
import java.nio.ByteOrder;
import java.util.BitSet;
import java.util.Optional;

/** TIFF 6.0 files: their first page. */
final class Tiff {
    private Tiff() {}

    static DecodedImage decode(EncodedImage encoded) throws IOException {
        int version = Byte.toUnsignedInt(encoded.bytes()[2]) + Byte.toUnsignedInt(encoded.bytes()[3]);
        if (version == '+') {
            throw encoded.unsupported("a BigTIFF file");
        }
        TiffDirectory first = TiffDirectory.first(encoded.buffer(ByteOrder.BIG_ENDIAN));
        TiffPage page = new TiffPage(encoded, first);
        checkWhole(encoded, first);
        return page.image();
    }

    // A file may be cut short in pages and tags that are not read, so these are checked too. A chain that returns to
    // an earlier page ends there. Pages that share their bytes could make a small file more work than any large one.
    private static void checkWhole(EncodedImage encoded, TiffDirectory first) {
        int length = encoded.bytes().length;
        BitSet seen = new BitSet();
        long bytes = 0;
        Optional<TiffDirectory> page = Optional.of(first);
        while (page.isPresent() && !seen.get(page.get().offset())) {
            TiffDirectory directory = page.get();
            seen.set(directory.offset());
            if (directory.end() > length) {
                throw encoded.cutShort();
            }
            bytes += TiffBlocks.bytesRead(directory);
            if (bytes > length) {
                throw encoded.damaged("its pages overlap");
            }
            if (TiffBlocks.isListed(directory)) {
                new TiffBlocks(encoded, directory).checkWhole();
            }
            page = directory.next();
        }
    }
}
