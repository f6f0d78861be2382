package io.github.unipic.image;

/** Smooths the edges of blocks and of their sub-blocks (RFC 6386, section 15). */
final class Vp8LoopFilter {
    private static final int SEGMENTS = 4;
    private static final int BLOCK = 16;

    private final boolean simple;
    private final int sharpness;
    private final int across;
    private final int down;
    private final int[][] levels = new int[SEGMENTS][2];
    private final byte[] blockLevels;
    private final boolean[] insides;

    private Vp8LoopFilter(boolean simple, int sharpness, int across, int down) {
        this.simple = simple;
        this.sharpness = sharpness;
        this.across = across;
        this.down = down;
        this.blockLevels = new byte[across * down];
        this.insides = new boolean[across * down];
    }

    /**
     * Reads a frame's settings.
     *
     * @param absolute whether the segments' levels are that, or differences to the frame's
     * @param across blocks in a row
     * @param down rows of blocks
     */
    static Vp8LoopFilter read(Vp8Bits header, boolean absolute, int[] segmentLevels, int across, int down) {
        boolean simple = header.flag();
        int level = header.number(6);
        Vp8LoopFilter filter = new Vp8LoopFilter(simple, header.number(3), across, down);
        int wholeDifference = 0;
        int subDifference = 0;
        if (header.flag() && header.flag()) {
            wholeDifference = header.optional(6);
            for (int i = 0; i < 3; i++) {
                header.optional(6); // of frames that are not key frames
            }
            subDifference = header.optional(6);
            for (int i = 0; i < 3; i++) {
                header.optional(6);
            }
        }
        for (int i = 0; i < SEGMENTS; i++) {
            int whole = wholeDifference + (absolute ? segmentLevels[i] : level + segmentLevels[i]);
            boolean off = level == 0;
            filter.levels[i][0] = off ? 0 : clip(whole, 0, 63);
            filter.levels[i][1] = off ? 0 : clip(whole + subDifference, 0, 63);
        }
        return filter;
    }

    /** Notes how a block is to be smoothed. */
    void set(int x, int y, int segment, boolean bySubBlocks, boolean hasResiduals) {
        blockLevels[y * across + x] = (byte) levels[segment][bySubBlocks ? 1 : 0];
        insides[y * across + x] = bySubBlocks || hasResiduals;
    }

    /** Smooths a frame's planes, block after block. */
    void apply(Vp8Plane luma, Vp8Plane cb, Vp8Plane cr) {
        for (int y = 0; y < down; y++) {
            for (int x = 0; x < across; x++) {
                if (blockLevels[y * across + x] > 0) {
                    smooth(luma, x, y, BLOCK);
                    if (!simple) {
                        smooth(cb, x, y, BLOCK / 2);
                        smooth(cr, x, y, BLOCK / 2);
                    }
                }
            }
        }
    }

    private void smooth(Vp8Plane plane, int x, int y, int size) {
        int level = blockLevels[y * across + x];
        boolean inside = insides[y * across + x];
        int at = plane.place(x * size, y * size);
        int stride = plane.stride();
        if (x > 0) {
            edge(plane, at, 1, stride, size, level, true);
        }
        for (int i = 4; inside && i < size; i += 4) {
            edge(plane, at + i, 1, stride, size, level, false);
        }
        if (y > 0) {
            edge(plane, at, stride, 1, size, level, true);
        }
        for (int i = 4; inside && i < size; i += 4) {
            edge(plane, at + i * stride, stride, 1, size, level, false);
        }
    }

    /**
     * Smooths an edge.
     *
     * @param at the first sample after it
     * @param step across the edge
     * @param next along the edge
     * @param size samples along the edge
     * @param outer whether it is between blocks, not inside one
     */
    private void edge(Vp8Plane plane, int at, int step, int next, int size, int level, boolean outer) {
        int interior = level;
        if (sharpness > 0) {
            interior = Math.min(level >> (sharpness > 4 ? 2 : 1), 9 - sharpness);
        }
        interior = Math.max(interior, 1);
        int limit = 2 * (2 * level + interior + (outer ? 4 : 0)) + 1;
        int variance = level >= 40 ? 2 : level >= 15 ? 1 : 0;
        for (int i = 0, place = at; i < size; i++, place += next) {
            int difference = 4 * distance(plane, place - step, place) + distance(plane, place - 2 * step, place + step);
            if (difference > limit || !simple && !isSmooth(plane, place, step, interior)) {
                continue;
            }
            boolean varies = distance(plane, place - 2 * step, place - step) > variance
                    || distance(plane, place + step, place) > variance;
            if (simple || varies) {
                adjustTwo(plane, place, step);
            } else if (outer) {
                adjustSix(plane, place, step);
            } else {
                adjustFour(plane, place, step);
            }
        }
    }

    private static int distance(Vp8Plane plane, int a, int b) {
        return Math.abs(plane.get(a) - plane.get(b));
    }

    private static boolean isSmooth(Vp8Plane plane, int at, int step, int limit) {
        return distance(plane, at - 4 * step, at - 3 * step) <= limit
                && distance(plane, at - 3 * step, at - 2 * step) <= limit
                && distance(plane, at - 2 * step, at - step) <= limit
                && distance(plane, at + 3 * step, at + 2 * step) <= limit
                && distance(plane, at + 2 * step, at + step) <= limit
                && distance(plane, at + step, at) <= limit;
    }

    private static void adjustTwo(Vp8Plane plane, int at, int step) {
        int change = 3 * (plane.get(at) - plane.get(at - step)) + outerDifference(plane, at, step);
        plane.set(at - step, plane.get(at - step) + clip(change + 3 >> 3, -16, 15));
        plane.set(at, plane.get(at) - clip(change + 4 >> 3, -16, 15));
    }

    private static void adjustFour(Vp8Plane plane, int at, int step) {
        int change = 3 * (plane.get(at) - plane.get(at - step));
        int after = clip(change + 4 >> 3, -16, 15);
        int outer = after + 1 >> 1;
        plane.set(at - 2 * step, plane.get(at - 2 * step) + outer);
        plane.set(at - step, plane.get(at - step) + clip(change + 3 >> 3, -16, 15));
        plane.set(at, plane.get(at) - after);
        plane.set(at + step, plane.get(at + step) - outer);
    }

    private static void adjustSix(Vp8Plane plane, int at, int step) {
        int change = clip(3 * (plane.get(at) - plane.get(at - step)) + outerDifference(plane, at, step), -128, 127);
        for (int i = 0; i < 3; i++) {
            int part = (27 - 9 * i) * change + 63 >> 7;
            plane.set(at - (i + 1) * step, plane.get(at - (i + 1) * step) + part);
            plane.set(at + i * step, plane.get(at + i * step) - part);
        }
    }

    private static int outerDifference(Vp8Plane plane, int at, int step) {
        return clip(plane.get(at - 2 * step) - plane.get(at + step), -128, 127);
    }

    private static int clip(int value, int low, int high) {
        return Math.max(low, Math.min(high, value));
    }
}
