package io.github.unipic.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.HashMap;
import java.util.Map;

/**
 * The whole numbers in the first directory of a TIFF structure (TIFF 6.0, section 2), which TIFF files and EXIF data
 * share. Reads only what is asked for and allocates no more than the structure itself could hold.
 */
final class TiffDirectory {
    private static final int ENTRY_BYTES = 12;

    private final ByteBuffer tiff;
    private final Map<Integer, Integer> entries = new HashMap<>();

    private TiffDirectory(ByteBuffer tiff) {
        this.tiff = tiff;
    }

    /**
     * Finds the first directory.
     *
     * @throws IndexOutOfBoundsException if the bytes end before it does; so do the other methods
     */
    static TiffDirectory first(ByteBuffer tiff) {
        tiff.order(tiff.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        TiffDirectory directory = new TiffDirectory(tiff);
        int at = index(Integer.toUnsignedLong(tiff.getInt(4)));
        int count = Short.toUnsignedInt(tiff.getShort(at));
        for (int i = 0; i < count; i++) {
            int entry = index(at + 2L + (long) i * ENTRY_BYTES);
            directory.entries.putIfAbsent(Short.toUnsignedInt(tiff.getShort(entry)), entry);
        }
        if (count > 0) {
            tiff.get(index(at + 1L + (long) count * ENTRY_BYTES)); // the last entry is whole
        }
        return directory;
    }

    private static int index(long at) {
        if (at > Integer.MAX_VALUE) {
            throw new IndexOutOfBoundsException(at);
        }
        return (int) at;
    }

    boolean has(int tag) {
        return entries.containsKey(tag);
    }

    /** The first value of a tag, or a default where the tag is missing. */
    long value(int tag, long missing) {
        long[] values = values(tag);
        return values.length == 0 ? missing : values[0];
    }

    /** The values of a tag of type BYTE, SHORT or LONG; none where it is missing or of another type. */
    long[] values(int tag) {
        if (!entries.containsKey(tag)) {
            return new long[0];
        }
        int entry = entries.get(tag);
        int size = switch (tiff.getShort(entry + 2)) {
            case 1 -> 1;
            case 3 -> 2;
            case 4 -> 4;
            default -> 0;
        };
        long count = Integer.toUnsignedLong(tiff.getInt(entry + 4));
        if (size == 0) {
            return new long[0];
        }
        long at = count * size <= 4 ? entry + 8 : Integer.toUnsignedLong(tiff.getInt(entry + 8));
        if (count * size > tiff.limit() - at) {
            throw new IndexOutOfBoundsException(at);
        }
        long[] values = new long[(int) count];
        for (int i = 0; i < values.length; i++) {
            int place = (int) at + i * size;
            values[i] = size == 1
                    ? Byte.toUnsignedLong(tiff.get(place))
                    : size == 2
                            ? Short.toUnsignedLong(tiff.getShort(place))
                            : Integer.toUnsignedLong(tiff.getInt(place));
        }
        return values;
    }
}
