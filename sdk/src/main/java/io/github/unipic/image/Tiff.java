package io.github.unipic.image;

import java.io.IOException;
import java.nio.ByteOrder;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;

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
    // an earlier page ends there.
    private static void checkWhole(EncodedImage encoded, TiffDirectory first) {
        int length = encoded.bytes().length;
        Set<Long> seen = new HashSet<>();
        long blocks = 0;
        Optional<TiffDirectory> page = Optional.of(first);
        while (page.isPresent() && seen.add(page.get().offset())) {
            TiffDirectory directory = page.get();
            if (directory.end() > length) {
                throw encoded.cutShort();
            }
            if (TiffBlocks.isListed(directory)) {
                TiffBlocks listed = new TiffBlocks(encoded, directory);
                blocks += listed.count();
                if (blocks > length) {
                    throw encoded.damaged("its pages list more strips than it has bytes");
                }
                listed.checkWhole();
            }
            page = directory.next();
        }
    }
}
