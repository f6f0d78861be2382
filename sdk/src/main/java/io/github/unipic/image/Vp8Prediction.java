package io.github.unipic.image;

/** What blocks are predicted to be, from the samples above and to the left (RFC 6386, section 12). */
final class Vp8Prediction {
    /** Modes of sub-blocks, in the order of their table; the first four are those of whole blocks, too. */
    static final int DC = 0;

    static final int TM = 1;
    static final int VERTICAL = 2;
    static final int HORIZONTAL = 3;
    private static final int LEFT_DOWN = 4;
    private static final int RIGHT_DOWN = 5;
    private static final int VERTICAL_RIGHT = 6;
    private static final int VERTICAL_LEFT = 7;
    private static final int HORIZONTAL_DOWN = 8;
    private static final int HORIZONTAL_UP = 9;

    static final int[] SUB_BLOCK_TREE = {
        ~DC,
        2,
        ~TM,
        4,
        ~VERTICAL,
        6,
        8,
        12,
        ~HORIZONTAL,
        10,
        ~RIGHT_DOWN,
        ~VERTICAL_RIGHT,
        ~LEFT_DOWN,
        14,
        ~VERTICAL_LEFT,
        16,
        ~HORIZONTAL_DOWN,
        ~HORIZONTAL_UP
    };

    /** Where the corner is among the 13 samples around a sub-block: from the lowest on the left to the last above. */
    private static final int CORNER = 4;

    private Vp8Prediction() {}

    /** Predicts a whole block; one at the page's edge takes its mean from the other side only, or is grey. */
    static void block(Vp8Plane plane, int x, int y, int size, int mode) {
        int at = plane.place(x, y);
        int stride = plane.stride();
        int mean = mode == DC ? mean(plane, at, size, x > 0, y > 0) : 0;
        int corner = plane.get(at - stride - 1);
        for (int row = 0; row < size; row++) {
            int left = plane.get(at + row * stride - 1);
            for (int column = 0; column < size; column++) {
                int above = plane.get(at - stride + column);
                plane.set(
                        at + row * stride + column,
                        switch (mode) {
                            case DC -> mean;
                            case TM -> left + above - corner;
                            case VERTICAL -> above;
                            default -> left;
                        });
            }
        }
    }

    private static int mean(Vp8Plane plane, int at, int size, boolean hasLeft, boolean hasAbove) {
        int sum = 0;
        int count = 0;
        for (int i = 0; i < size; i++) {
            sum += hasLeft ? plane.get(at + i * plane.stride() - 1) : 0;
            sum += hasAbove ? plane.get(at - plane.stride() + i) : 0;
        }
        count += hasLeft ? size : 0;
        count += hasAbove ? size : 0;
        return count == 0 ? 128 : (sum + count / 2) / count;
    }

    /**
     * Predicts a sub-block of 4 x 4 samples.
     *
     * @param at its first sample
     * @param right where the four samples above and to the right are
     */
    static void subBlock(Vp8Plane plane, int at, int right, int mode) {
        int stride = plane.stride();
        int[] edge = new int[13];
        for (int i = 0; i < 4; i++) {
            edge[i] = plane.get(at + (3 - i) * stride - 1);
            edge[CORNER + 1 + i] = plane.get(at - stride + i);
            edge[CORNER + 5 + i] = plane.get(right + i);
        }
        edge[CORNER] = plane.get(at - stride - 1);
        int sum = 4;
        for (int i = 1; i <= 4; i++) {
            sum += edge[CORNER - i] + edge[CORNER + i];
        }
        for (int y = 0; y < 4; y++) {
            for (int x = 0; x < 4; x++) {
                plane.set(
                        at + y * stride + x,
                        switch (mode) {
                            case DC -> sum >> 3;
                            case TM -> edge[CORNER + 1 + x] + edge[CORNER - 1 - y] - edge[CORNER];
                            case VERTICAL -> mean3(edge, CORNER + 1 + x);
                            case HORIZONTAL -> y == 3 ? mean(edge[1], edge[0], edge[0]) : mean3(edge, CORNER - 1 - y);
                            case LEFT_DOWN ->
                                x + y == 6 ? mean(edge[11], edge[12], edge[12]) : mean3(edge, CORNER + 2 + x + y);
                            case RIGHT_DOWN -> mean3(edge, CORNER + x - y);
                            case VERTICAL_RIGHT -> verticalRight(edge, x, y);
                            case VERTICAL_LEFT -> verticalLeft(edge, x, y);
                            case HORIZONTAL_DOWN -> horizontalDown(edge, x, y);
                            default -> horizontalUp(edge, x, y);
                        });
            }
        }
    }

    private static int verticalRight(int[] edge, int x, int y) {
        int steps = 2 * x - y;
        if (steps < 0) {
            return mean3(edge, steps == -1 ? CORNER : CORNER + 1 - y);
        }
        return y % 2 == 0 ? mean2(edge, CORNER + steps / 2) : mean3(edge, CORNER + (steps + 1) / 2);
    }

    private static int verticalLeft(int[] edge, int x, int y) {
        if (x == 3 && y >= 2) { // the two that the pattern leaves out
            return mean3(edge, y == 2 ? 10 : 11);
        }
        int first = CORNER + 1 + x + y / 2;
        return y % 2 == 0 ? mean2(edge, first) : mean3(edge, first + 1);
    }

    private static int horizontalDown(int[] edge, int x, int y) {
        int steps = 2 * y - x;
        if (steps < 0) {
            return mean3(edge, steps == -1 ? CORNER : CORNER - 1 + x);
        }
        return x % 2 == 0 ? mean2(edge, CORNER - 1 - steps / 2) : mean3(edge, CORNER - (steps + 1) / 2);
    }

    private static int horizontalUp(int[] edge, int x, int y) {
        int steps = x + 2 * y;
        if (steps > 5) {
            return edge[0];
        }
        if (steps == 5) {
            return mean(edge[1], edge[0], edge[0]);
        }
        return steps % 2 == 0 ? mean2(edge, 2 - steps / 2) : mean3(edge, 2 - steps / 2);
    }

    private static int mean2(int[] edge, int first) {
        return edge[first] + edge[first + 1] + 1 >> 1;
    }

    private static int mean3(int[] edge, int middle) {
        return mean(edge[middle - 1], edge[middle], edge[middle + 1]);
    }

    private static int mean(int a, int b, int c) {
        return a + 2 * b + c + 2 >> 2;
    }
}
