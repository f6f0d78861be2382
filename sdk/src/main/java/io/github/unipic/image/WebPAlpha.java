package io.github.unipic.image;

import java.util.Arrays;

/** The alpha that comes beside a lossy frame: the chunk ALPH (RFC 9649, 2.7.1.2). */
final class WebPAlpha {
    private static final int COMPRESSED = 1;
    private static final int HORIZONTAL = 1;
    private static final int VERTICAL = 2;

    private WebPAlpha() {}

    /**
     * Decodes a chunk.
     *
     * @param start where its content begins
     * @param end where it ends
     * @return alpha of each pixel
     * @throws io.github.unipic.ImageFormatException if it is damaged or ends early
     */
    static byte[] decode(EncodedPicture encoded, int start, int end, int width, int height) {
        int flags = encoded.bytes()[start];
        byte[] alpha;
        if ((flags & 3) == COMPRESSED) {
            alpha = Vp8l.decodeGreen(encoded, start + 1, end, width, height);
        } else if ((flags & 3) == 0 && end - start - 1 >= width * height) {
            alpha = Arrays.copyOfRange(encoded.bytes(), start + 1, start + 1 + width * height);
        } else {
            throw encoded.damaged("its alpha ends early");
        }
        undo(flags >> 2 & 3, alpha, width);
        return alpha;
    }

    /** Adds to each level what its neighbours let expect. */
    private static void undo(int filter, byte[] alpha, int width) {
        for (int i = 1; filter != 0 && i < alpha.length; i++) {
            int left = i % width == 0 ? -1 : alpha[i - 1] & 0xff;
            int above = i < width ? -1 : alpha[i - width] & 0xff;
            int corner = left < 0 || above < 0 ? above : alpha[i - width - 1] & 0xff;
            int expected = left < 0
                    ? above
                    : above < 0
                            ? left
                            : switch (filter) {
                                case HORIZONTAL -> left;
                                case VERTICAL -> above;
                                default -> Math.max(0, Math.min(255, left + above - corner));
                            };
            alpha[i] += (byte) expected;
        }
    }
}
