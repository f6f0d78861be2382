package io.github.unipic.image;

/** Bits of a lossless WebP stream (RFC 9649, 3.3), the lowest of each byte first. Beyond the end are zeros. */
final class Vp8lBits {
    private final byte[] data;
    private final int end;
    private int at;
    private long ahead;
    private int count; // of bits in ahead; below 0 when more were read than there are

    Vp8lBits(byte[] data, int start, int end) {
        this.data = data;
        this.at = start;
        this.end = end;
    }

    /** The bits to come, the next one lowest; at least 32 of them, zeros beyond the end. */
    int peek() {
        while (count <= 56 && at < end) {
            ahead |= (data[at++] & 0xffL) << count;
            count += 8;
        }
        return (int) ahead;
    }

    /** Moves on, by at most 32 bits. */
    void skip(int bits) {
        ahead >>>= bits;
        count -= bits;
    }

    /** Reads a number of at most 24 bits. */
    int read(int bits) {
        int number = peek() & (1 << bits) - 1;
        skip(bits);
        return number;
    }

    boolean flag() {
        return read(1) == 1;
    }

    /** Whether more was read than there is. */
    boolean isPastEnd() {
        return count < 0;
    }
}
