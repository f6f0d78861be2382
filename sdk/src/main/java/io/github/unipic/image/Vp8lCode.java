package io.github.unipic.image;

import java.util.Arrays;
import java.util.Optional;

/** A prefix code of a lossless WebP stream (RFC 9649, 3.7). */
final class Vp8lCode {
    private static final int MAX_LENGTH = 15;
    private static final int FAST_BITS = 8;
    private static final int[] LENGTH_ORDER = {17, 18, 0, 1, 2, 3, 4, 5, 16, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    private static final int FIRST_REPEAT = 16;
    private static final int[] REPEAT_BITS = {2, 3, 7};
    private static final int[] REPEAT_LEAST = {3, 3, 11};

    private final int[] counts = new int[MAX_LENGTH + 1];
    private final short[] symbols;

    /** By the next bits: symbol * 16 + length of its code; 0 where the code is longer. */
    private final int[] fast;

    private Vp8lCode(int[] lengths, int used) {
        symbols = new short[used];
        int[] next = new int[MAX_LENGTH + 2];
        for (int length : lengths) {
            counts[length]++;
        }
        counts[0] = 0;
        for (int length = 1; length <= MAX_LENGTH; length++) {
            next[length + 1] = next[length] + counts[length];
        }
        for (int symbol = 0; symbol < lengths.length; symbol++) {
            if (lengths[symbol] > 0) {
                symbols[next[lengths[symbol]]++] = (short) symbol;
            }
        }
        fast = used == 1 ? new int[0] : new int[1 << FAST_BITS];
        for (int bits = 0; bits < fast.length; bits++) {
            fast[bits] = walk(bits, FAST_BITS);
        }
    }

    /** A code of lengths; empty unless each sequence of bits means one symbol, or there is but one symbol at all. */
    private static Optional<Vp8lCode> of(int[] lengths) {
        int used = 0;
        int room = 1 << MAX_LENGTH;
        for (int length : lengths) {
            if (length > 0) {
                used++;
                room -= 1 << MAX_LENGTH - length;
            }
        }
        return used == 1 || used > 1 && room == 0 ? Optional.of(new Vp8lCode(lengths, used)) : Optional.empty();
    }

    /**
     * Reads a code.
     *
     * @param size how many symbols it may have
     * @return empty if it is damaged
     */
    static Optional<Vp8lCode> read(Vp8lBits bits, int size) {
        int[] lengths = new int[Math.max(size, 256)];
        if (bits.flag()) {
            boolean two = bits.flag();
            lengths[bits.read(bits.flag() ? 8 : 1)] = 1;
            if (two) {
                lengths[bits.read(8)] = 1;
            }
        } else {
            int[] lengthsOfLengths = new int[LENGTH_ORDER.length];
            int count = 4 + bits.read(4);
            for (int i = 0; i < count; i++) {
                lengthsOfLengths[LENGTH_ORDER[i]] = bits.read(3);
            }
            Optional<Vp8lCode> codeOfLengths = of(lengthsOfLengths);
            if (codeOfLengths.isEmpty() || !readLengths(bits, codeOfLengths.get(), lengths, size)) {
                return Optional.empty();
            }
        }
        return of(Arrays.copyOf(lengths, size));
    }

    private static boolean readLengths(Vp8lBits bits, Vp8lCode code, int[] lengths, int size) {
        int told = bits.flag() ? 2 + bits.read(2 + 2 * bits.read(3)) : size;
        if (told > size) {
            return false;
        }
        int last = 8;
        int at = 0;
        for (int i = 0; i < told && at < size; i++) {
            int length = code.symbol(bits);
            if (length < FIRST_REPEAT) {
                lengths[at++] = length;
                last = length == 0 ? last : length;
                continue;
            }
            int kind = length - FIRST_REPEAT;
            int count = REPEAT_LEAST[kind] + bits.read(REPEAT_BITS[kind]);
            if (at + count > size) {
                return false;
            }
            Arrays.fill(lengths, at, at + count, kind == 0 ? last : 0);
            at += count;
        }
        return true;
    }

    /** Reads a symbol. */
    int symbol(Vp8lBits bits) {
        if (fast.length == 0) {
            return symbols[0]; // the only one takes no bits
        }
        int ahead = bits.peek();
        int entry = fast[ahead & fast.length - 1];
        if (entry == 0) {
            entry = walk(ahead, MAX_LENGTH);
        }
        bits.skip(entry & 15);
        return entry >> 4;
    }

    // Codes of each length follow each other, the first bit of a code counting most.
    private int walk(int bits, int longest) {
        int code = 0;
        int first = 0;
        int index = 0;
        for (int length = 1; length <= longest; length++) {
            code = code << 1 | bits >> length - 1 & 1;
            if (code - first < counts[length]) {
                return symbols[index + code - first] << 4 | length;
            }
            index += counts[length];
            first = first + counts[length] << 1;
        }
        return 0;
    }
}
