package io.github.unipic.image;

/** The arithmetic decoder of VP8 (RFC 6386, section 7) on a part of a file. */
final class Vp8Bits {
    private final byte[] data;
    private final int end;
    private int at;
    private int value;
    private int spare = -8; // bits of value beyond the 8 that a decision takes
    private int range = 255;
    private boolean pastEnd;

    /** Starts at a place; what is told to lie beyond the end of the data is not there. */
    Vp8Bits(byte[] data, int start, int end) {
        this.data = data;
        this.at = start;
        this.end = end;
    }

    /** Whether more was read than there is; then zeros were. */
    boolean isPastEnd() {
        return pastEnd;
    }

    /** Decides: 0 with a probability in 256ths, or 1. */
    int bit(int probability) {
        if (spare < 0) {
            pastEnd |= at == end;
            value = value << 8 | (at < end ? data[at++] & 0xff : 0);
            spare += 8;
        }
        int split = 1 + ((range - 1) * probability >> 8);
        int bit = value >> spare >= split ? 1 : 0;
        if (bit == 1) {
            range -= split;
            value -= split << spare;
        } else {
            range = split;
        }
        int shift = Integer.numberOfLeadingZeros(range) - 24;
        range <<= shift;
        spare -= shift;
        return bit;
    }

    boolean flag() {
        return bit(128) == 1;
    }

    /** An unsigned number, high bit first. */
    int number(int bits) {
        int number = 0;
        for (int i = 0; i < bits; i++) {
            number = number << 1 | bit(128);
        }
        return number;
    }

    /** A number and its sign where a flag says that it is there; else 0. */
    int optional(int bits) {
        if (!flag()) {
            return 0;
        }
        int number = number(bits);
        return flag() ? -number : number;
    }

    /**
     * Walks down a tree (RFC 6386, 8.1).
     *
     * @param tree pairs of branches: an index of the next pair, or the bitwise complement of a leaf
     * @param probabilities of each pair
     * @return the leaf
     */
    int leaf(int[] tree, int[] probabilities) {
        int branch = 0;
        do {
            branch = tree[branch + bit(probabilities[branch >> 1])];
        } while (branch >= 0);
        return ~branch;
    }
}
