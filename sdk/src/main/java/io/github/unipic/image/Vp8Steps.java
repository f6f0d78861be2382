package io.github.unipic.image;

/**
 * What coefficients are multiplied with (RFC 6386, 9.6 and 14.1): the first one of a block, and the others.
 *
 * @param luma first and other
 * @param means first and other, of the luma means of sub-blocks
 * @param chroma first and other
 */
record Vp8Steps(int[] luma, int[] means, int[] chroma) {
    private static final int MAX_INDEX = 127;
    private static final int MAX_CHROMA_MEAN = 117;

    /** Looks them up, by an index and its five differences as a frame's header has them. */
    static Vp8Steps of(int index, int[] differences) {
        return new Vp8Steps(
                new int[] {
                    Vp8Tables.DC_STEPS[clip(index + differences[0], MAX_INDEX)],
                    Vp8Tables.AC_STEPS[clip(index, MAX_INDEX)]
                },
                new int[] {
                    Vp8Tables.DC_STEPS[clip(index + differences[1], MAX_INDEX)] * 2,
                    Math.max(8, Vp8Tables.AC_STEPS[clip(index + differences[2], MAX_INDEX)] * 155 / 100)
                },
                new int[] {
                    Vp8Tables.DC_STEPS[clip(index + differences[3], MAX_CHROMA_MEAN)],
                    Vp8Tables.AC_STEPS[clip(index + differences[4], MAX_INDEX)]
                });
    }

    private static int clip(int index, int max) {
        return Math.max(0, Math.min(max, index));
    }
}
