package io.github.unipic.image;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * A directory of a TIFF structure (TIFF 6.0, section 2), as in TIFF files and EXIF data: its numbers, and the next
 * directory. Reads only what is asked for, and allocates no more than the structure itself can contain.
 */
final class TiffDirectory {
    private static final int ENTRY_BYTES = 12;

    /** Bytes of one value, by type: BYTE, ASCII, SHORT, LONG, RATIONAL, the signed ones, FLOAT, DOUBLE. */
    private static final int[] SIZES = {0, 1, 1, 2, 4, 8, 1, 1, 2, 4, 8, 4, 8, 4};

    private static final int RATIONAL = 5;
    private static final int MAX_VALUES = 1 << 24;

    private final ByteBuffer tiff;
    private final int offset;
    private final long next;
    private final Map<Integer, Integer> entries = new HashMap<>();

    private TiffDirectory(ByteBuffer tiff, long offset) {
        this.tiff = tiff;
        this.offset = index(offset);
        int count = Short.toUnsignedInt(tiff.getShort(this.offset));
        next = this.offset + 2L + (long) count * ENTRY_BYTES;
        for (int entry = this.offset + 2; entry < next && entry <= tiff.limit() - ENTRY_BYTES; entry += ENTRY_BYTES) {
            entries.putIfAbsent(Short.toUnsignedInt(tiff.getShort(entry)), entry);
        }
    }

    /**
     * Finds the first directory.
     *
     * @throws IndexOutOfBoundsException if the bytes end before it does; the other methods throw it too
     */
    static TiffDirectory first(ByteBuffer tiff) {
        return firstEntries(tiff).whole();
    }

    /** As {@link #first}, but the bytes may end after any of its entries. */
    static TiffDirectory firstEntries(ByteBuffer tiff) {
        tiff.order(tiff.get(0) == 'I' ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN);
        return new TiffDirectory(tiff, Integer.toUnsignedLong(tiff.getInt(4)));
    }

    private TiffDirectory whole() {
        index(next);
        return this;
    }

    private int index(long at) {
        if (at >= tiff.limit()) {
            throw new IndexOutOfBoundsException(at);
        }
        return (int) at;
    }

    boolean isLittleEndian() {
        return tiff.order() == ByteOrder.LITTLE_ENDIAN;
    }

    /** Where it begins. */
    int offset() {
        return offset;
    }

    /** The directory of the next page, which may be one that was seen before. */
    Optional<TiffDirectory> next() {
        long offset = Integer.toUnsignedLong(tiff.getInt(index(next)));
        return offset == 0 ? Optional.empty() : Optional.of(new TiffDirectory(tiff, offset).whole());
    }

    /** The offset after the last byte that any entry refers to. */
    long end() {
        long end = next + 4;
        for (int entry : entries.values()) {
            long bytes = bytesOutside(entry);
            if (bytes > 0) {
                end = Math.max(end, Integer.toUnsignedLong(tiff.getInt(entry + 8)) + bytes);
            }
        }
        return end;
    }

    /** Bytes that it takes with the values of some tags. */
    long bytes(int... tags) {
        long bytes = next + 4 - offset;
        for (int tag : tags) {
            bytes += has(tag) ? bytesOutside(entries.get(tag)) : 0;
        }
        return bytes;
    }

    /** Bytes of an entry's values; 0 if the entry itself has room for them. */
    private long bytesOutside(int entry) {
        int type = tiff.getShort(entry + 2);
        long bytes =
                type < 0 || type >= SIZES.length ? 0 : SIZES[type] * Integer.toUnsignedLong(tiff.getInt(entry + 4));
        return bytes > 4 ? bytes : 0;
    }

    boolean has(int tag) {
        return entries.containsKey(tag);
    }

    /** The first value of a tag, or a default if the tag is missing. The others are not read: there may be millions. */
    long value(int tag, long missing) {
        long[] values = values(tag, 1);
        return values.length == 0 ? missing : values[0];
    }

    /**
     * The values of a tag of type BYTE, SHORT, LONG or UNDEFINED (bytes); none if it is missing, of another type, or
     * has 2^24 values or more.
     */
    long[] values(int tag) {
        return values(tag, MAX_VALUES);
    }

    private long[] values(int tag, int most) {
        if (!entries.containsKey(tag)) {
            return new long[0];
        }
        int entry = entries.get(tag);
        int size = switch (tiff.getShort(entry + 2)) {
            case 1, 7 -> 1;
            case 3 -> 2;
            case 4 -> 4;
            default -> 0;
        };
        long count = Integer.toUnsignedLong(tiff.getInt(entry + 4));
        if (size == 0 || count >= MAX_VALUES) {
            return new long[0];
        }
        long at = count * size <= 4 ? entry + 8 : Integer.toUnsignedLong(tiff.getInt(entry + 8));
        if (count * size > tiff.limit() - at) {
            throw new IndexOutOfBoundsException(at);
        }
        long[] values = new long[(int) Math.min(count, most)];
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

    /** The values of a tag of type RATIONAL with the given count; none if it is missing, different or not finite. */
    double[] fractions(int tag, int count) {
        if (!entries.containsKey(tag)) {
            return new double[0];
        }
        int entry = entries.get(tag);
        if (tiff.getShort(entry + 2) != RATIONAL || tiff.getInt(entry + 4) != count) {
            return new double[0];
        }
        int at = index(Integer.toUnsignedLong(tiff.getInt(entry + 8)));
        double[] values = new double[count];
        for (int i = 0; i < count; i++) {
            values[i] = (double) Integer.toUnsignedLong(tiff.getInt(at + 8 * i))
                    / Integer.toUnsignedLong(tiff.getInt(at + 8 * i + 4));
        }
        return Arrays.stream(values).allMatch(Double::isFinite) ? values : new double[0];
    }
}
