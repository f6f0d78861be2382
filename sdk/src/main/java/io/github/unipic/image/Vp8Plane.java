package io.github.unipic.image;

import java.util.Arrays;

/**
 * A plane of 8-bit samples, with what prediction finds beyond its edges (RFC 6386, 12.2): 127 above, 129 to the left,
 * and room for four samples to the right.
 */
final class Vp8Plane {
    static final int RIGHT = 4;

    private final byte[] samples;
    private final int stride;

    Vp8Plane(int width, int height) {
        stride = 1 + width + RIGHT;
        samples = new byte[Math.multiplyExact(stride, height + 1)];
        Arrays.fill(samples, 0, stride, (byte) 127);
        for (int y = 0; y < height; y++) {
            set(place(-1, y), 129);
        }
    }

    /** Where a sample is; x and y begin at -1. */
    int place(int x, int y) {
        return (y + 1) * stride + x + 1;
    }

    /** The way from a place to the one below. */
    int stride() {
        return stride;
    }

    int get(int place) {
        return samples[place] & 0xff;
    }

    /** Sets a sample to a value clipped to 8 bits. */
    void set(int place, int value) {
        samples[place] = (byte) Math.max(0, Math.min(255, value));
    }
}
