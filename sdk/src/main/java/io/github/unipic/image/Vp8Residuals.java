package io.github.unipic.image;

import java.util.Arrays;

/**
 * What the prediction of a block lacks (RFC 6386, sections 13 and 14): for each of its 25 sub-blocks (16 of luma, 4 and
 * 4 of chroma, and the means of those of luma) 16 coefficients of a cosine transform.
 */
final class Vp8Residuals {
    private static final int MEANS = 24;
    private static final int AFTER_MEANS = 0;
    private static final int OF_MEANS = 1;
    private static final int OF_CHROMA = 2;
    private static final int OF_LUMA = 3;

    private static final int[] ZIGZAG = {0, 1, 4, 8, 5, 2, 3, 6, 9, 12, 13, 10, 7, 11, 14, 15};
    private static final int[] BANDS = {0, 1, 2, 3, 6, 4, 5, 6, 6, 6, 6, 6, 6, 6, 6, 7, 0};
    private static final int[][] LARGE = {
        {173, 148, 140},
        {176, 155, 140, 135},
        {180, 157, 141, 134, 130},
        {254, 254, 243, 230, 196, 177, 153, 140, 133, 130, 129}
    };

    private final int[][][] probabilities;

    /** Whether the sub-blocks above and to the left had coefficients: 4 of luma, 2 and 2 of chroma, and the means. */
    private final int[][] above;

    private final int[] left = new int[9];
    private final short[][] coefficients = new short[25][16];

    /**
     * Begins a frame.
     *
     * @param probabilities [kind * 8 + band][context][branch]
     * @param across blocks in a row
     */
    Vp8Residuals(int[][][] probabilities, int across) {
        this.probabilities = probabilities;
        above = new int[across][9];
    }

    void startRow() {
        Arrays.fill(left, 0);
    }

    /**
     * Reads those of a block.
     *
     * @param column of the block
     * @param skipped whether there are none
     * @param withMeans whether the means of luma are apart
     * @return whether there were any
     */
    boolean read(Vp8Bits tokens, int column, boolean skipped, boolean withMeans, Vp8Steps steps) {
        for (short[] block : coefficients) {
            Arrays.fill(block, (short) 0);
        }
        int[] over = above[column];
        if (skipped) {
            Arrays.fill(over, 0, withMeans ? 9 : 8, 0);
            Arrays.fill(left, 0, withMeans ? 9 : 8, 0);
            return false;
        }
        if (withMeans) {
            int count = read(tokens, OF_MEANS, over[8] + left[8], 0, steps.means(), coefficients[MEANS]);
            over[8] = left[8] = count > 0 ? 1 : 0;
            spreadMeans();
        }
        boolean any = false;
        int first = withMeans ? 1 : 0;
        for (int i = 0; i < 16; i++) {
            int x = i % 4;
            int y = i / 4;
            int kind = withMeans ? AFTER_MEANS : OF_LUMA;
            int count = read(tokens, kind, over[x] + left[y], first, steps.luma(), coefficients[i]);
            over[x] = left[y] = count > first ? 1 : 0;
            any |= count > 1 || coefficients[i][0] != 0;
        }
        for (int i = 16; i < MEANS; i++) {
            int x = 4 + (i - 16) / 4 * 2 + i % 2;
            int y = 4 + (i - 16) / 4 * 2 + i / 2 % 2;
            int count = read(tokens, OF_CHROMA, over[x] + left[y], 0, steps.chroma(), coefficients[i]);
            over[x] = left[y] = count > 0 ? 1 : 0;
            any |= count > 0;
        }
        return any;
    }

    /** Reads the coefficients of a sub-block, and tells the place after the last one. */
    private int read(Vp8Bits tokens, int kind, int context, int first, int[] steps, short[] block) {
        int[] branches = probabilities[kind * 8 + BANDS[first]][context];
        for (int i = first; i < 16; i++) {
            if (tokens.bit(branches[0]) == 0) {
                return i;
            }
            while (tokens.bit(branches[1]) == 0) {
                i++;
                if (i == 16) {
                    return 16;
                }
                branches = probabilities[kind * 8 + BANDS[i]][0];
            }
            int value = value(tokens, branches);
            block[ZIGZAG[i]] = (short) ((tokens.flag() ? -value : value) * steps[i == 0 ? 0 : 1]);
            branches = probabilities[kind * 8 + BANDS[i + 1]][value == 1 ? 1 : 2];
        }
        return 16;
    }

    private static int value(Vp8Bits tokens, int[] branches) {
        if (tokens.bit(branches[2]) == 0) {
            return 1;
        }
        if (tokens.bit(branches[3]) == 0) {
            return tokens.bit(branches[4]) == 0 ? 2 : 3 + tokens.bit(branches[5]);
        }
        if (tokens.bit(branches[6]) == 0) {
            return tokens.bit(branches[7]) == 0 ? 5 + tokens.bit(159) : 7 + 2 * tokens.bit(165) + tokens.bit(145);
        }
        int high = tokens.bit(branches[8]);
        int category = 2 * high + tokens.bit(branches[9 + high]);
        int value = 0;
        for (int probability : LARGE[category]) {
            value = 2 * value + tokens.bit(probability);
        }
        return value + 3 + (8 << category);
    }

    /** Turns the means' own transform (RFC 6386, 14.3) into the first coefficients of luma. */
    private void spreadMeans() {
        short[] in = coefficients[MEANS];
        int[] columns = new int[16];
        for (int i = 0; i < 4; i++) {
            int a = in[i] + in[12 + i];
            int b = in[4 + i] + in[8 + i];
            int c = in[4 + i] - in[8 + i];
            int d = in[i] - in[12 + i];
            columns[i] = a + b;
            columns[4 + i] = d + c;
            columns[8 + i] = a - b;
            columns[12 + i] = d - c;
        }
        for (int i = 0; i < 16; i += 4) {
            int a = columns[i] + columns[i + 3];
            int b = columns[i + 1] + columns[i + 2];
            int c = columns[i + 1] - columns[i + 2];
            int d = columns[i] - columns[i + 3];
            coefficients[i][0] = (short) (a + b + 3 >> 3);
            coefficients[i + 1][0] = (short) (d + c + 3 >> 3);
            coefficients[i + 2][0] = (short) (a - b + 3 >> 3);
            coefficients[i + 3][0] = (short) (d - c + 3 >> 3);
        }
    }

    /**
     * Adds the inverse cosine transform (RFC 6386, 14.4) of a sub-block to its prediction.
     *
     * @param at its first sample
     * @param index 0 to 15 of luma, 16 to 19 and 20 to 23 of chroma
     */
    void addTo(Vp8Plane plane, int at, int index) {
        short[] in = coefficients[index];
        int[] columns = new int[16];
        for (int i = 0; i < 4; i++) {
            int a = in[i] + in[8 + i];
            int b = in[i] - in[8 + i];
            int c = timesSine(in[4 + i]) - timesCosine(in[12 + i]);
            int d = timesCosine(in[4 + i]) + timesSine(in[12 + i]);
            columns[i] = a + d;
            columns[4 + i] = b + c;
            columns[8 + i] = b - c;
            columns[12 + i] = a - d;
        }
        for (int i = 0; i < 16; i += 4) {
            int a = columns[i] + columns[i + 2];
            int b = columns[i] - columns[i + 2];
            int c = timesSine(columns[i + 1]) - timesCosine(columns[i + 3]);
            int d = timesCosine(columns[i + 1]) + timesSine(columns[i + 3]);
            int row = at + i / 4 * plane.stride();
            plane.set(row, plane.get(row) + (a + d + 4 >> 3));
            plane.set(row + 1, plane.get(row + 1) + (b + c + 4 >> 3));
            plane.set(row + 2, plane.get(row + 2) + (b - c + 4 >> 3));
            plane.set(row + 3, plane.get(row + 3) + (a - d + 4 >> 3));
        }
    }

    private static int timesSine(int value) {
        return value * 35_468 >> 16; // sqrt(2) * sin(pi / 8)
    }

    private static int timesCosine(int value) {
        return value + (value * 20_091 >> 16); // sqrt(2) * cos(pi / 8)
    }
}
