package io.github.unipic.image;

import java.util.Arrays;

/**
 * A key frame of VP8 (RFC 6386), as lossy WebP files hold it: blocks of 16 x 16 pixels are predicted from those above
 * and to the left, and what the prediction lacks is added; edges between blocks are smoothed at last.
 */
final class Vp8 {
    private static final int HEADER_BYTES = 10;
    private static final double HEAP_PER_PIXEL = 5; // luma, half as much chroma, and RGB
    private static final double HEAP_WITH_ALPHA = 9;
    private static final int BLOCK = 16;
    private static final int SEGMENTS = 4;
    private static final int NEVER = -1;

    private static final int BY_SUB_BLOCKS = 4;
    private static final int[] MODE_TREE = {
        ~BY_SUB_BLOCKS,
        2,
        4,
        6,
        ~Vp8Prediction.DC,
        ~Vp8Prediction.VERTICAL,
        ~Vp8Prediction.HORIZONTAL,
        ~Vp8Prediction.TM
    };
    private static final int[] MODES = {145, 156, 163, 128};
    private static final int[] CHROMA_MODE_TREE = {
        ~Vp8Prediction.DC, 2, ~Vp8Prediction.VERTICAL, 4, ~Vp8Prediction.HORIZONTAL, ~Vp8Prediction.TM
    };
    private static final int[] CHROMA_MODES = {142, 114, 183};
    private static final int[] SEGMENT_TREE = {2, 4, ~0, ~1, ~2, ~3};

    private final EncodedPicture encoded;
    private final Vp8Bits header;
    private final Vp8Bits[] partitions;
    private final int width;
    private final int height;
    private final int across;
    private final int down;
    private final boolean mapped;
    private final int[] segmentProbabilities = {255, 255, 255};
    private final int skipProbability;
    private final Vp8Steps[] steps = new Vp8Steps[SEGMENTS];
    private final Vp8Residuals residuals;
    private final Vp8LoopFilter filter;
    private final Vp8Plane luma;
    private final Vp8Plane cb;
    private final Vp8Plane cr;
    private final int[] modesAbove;
    private final int[] modesLeft = new int[4];

    private Vp8(EncodedPicture encoded, int start, int end) {
        this.encoded = encoded;
        byte[] bytes = encoded.bytes();
        if (end - start < HEADER_BYTES) {
            throw endsEarly();
        }
        int tag = bytes[start] & 0xff | (bytes[start + 1] & 0xff) << 8 | (bytes[start + 2] & 0xff) << 16;
        boolean shown = (tag >> 4 & 1) == 1;
        if ((tag & 1) != 0 || (tag >> 1 & 7) > 3 || !shown || !encoded.holds(start + 3, "\u009d\u0001*")) {
            throw encoded.damaged("not a key frame of VP8");
        }
        width = bytes[start + 6] & 0xff | (bytes[start + 7] & 0x3f) << 8;
        height = bytes[start + 8] & 0xff | (bytes[start + 9] & 0x3f) << 8;
        across = (width + BLOCK - 1) / BLOCK;
        down = (height + BLOCK - 1) / BLOCK;
        encoded.checkSize(width, height, encoded.asMask() ? HEAP_WITH_ALPHA : HEAP_PER_PIXEL);
        int first = start + HEADER_BYTES;
        int length = tag >> 5;
        if (length > end - first || across * down > 8L * length) { // a block's modes take over a bit
            throw endsEarly();
        }
        header = new Vp8Bits(bytes, first, first + length);
        header.flag(); // the one colour space that there is
        header.flag(); // whether samples must be clipped: they are

        boolean segmented = header.flag();
        mapped = segmented && header.flag();
        boolean told = segmented && header.flag();
        boolean absolute = segmented && (!told || header.flag());
        int[] quantizers = told ? numbers(SEGMENTS, 7) : new int[SEGMENTS];
        int[] levels = told ? numbers(SEGMENTS, 6) : new int[SEGMENTS];
        for (int i = 0; mapped && i < segmentProbabilities.length; i++) {
            segmentProbabilities[i] = header.flag() ? header.number(8) : 255;
        }
        filter = Vp8LoopFilter.read(header, absolute, levels, across, down);
        partitions = partitions(first + length, end);
        readSteps(absolute, quantizers);
        header.flag(); // whether the probabilities are kept for the next frame
        residuals = new Vp8Residuals(Vp8Tables.coefficients(header), across);
        skipProbability = header.flag() ? header.number(8) : NEVER;

        luma = new Vp8Plane(across * BLOCK, down * BLOCK);
        cb = new Vp8Plane(across * BLOCK / 2, down * BLOCK / 2);
        cr = new Vp8Plane(across * BLOCK / 2, down * BLOCK / 2);
        modesAbove = new int[across * 4];
    }

    /**
     * Decodes a frame.
     *
     * @param start where in the file it begins
     * @param end where it ends
     * @throws io.github.unipic.ImageFormatException if it is too large, damaged or ends early
     */
    static Picture decode(EncodedPicture encoded, int start, int end) {
        Vp8 frame = new Vp8(encoded, start, end);
        frame.readBlocks();
        frame.filter.apply(frame.luma, frame.cb, frame.cr);
        return Vp8Colors.toPicture(frame.luma, frame.cb, frame.cr, frame.width, frame.height);
    }

    private RuntimeException endsEarly() {
        return encoded.damaged("its pixels end early");
    }

    private int[] numbers(int count, int bits) {
        int[] numbers = new int[count];
        Arrays.setAll(numbers, i -> header.optional(bits));
        return numbers;
    }

    // Rows of blocks take turns with them.
    private Vp8Bits[] partitions(int start, int end) {
        Vp8Bits[] all = new Vp8Bits[1 << header.number(2)];
        int at = start + 3 * (all.length - 1);
        if (at > end) {
            throw endsEarly();
        }
        for (int i = 0; i < all.length; i++) {
            int size = start + 3 * i;
            byte[] bytes = encoded.bytes();
            int length = i == all.length - 1
                    ? end - at
                    : bytes[size] & 0xff | (bytes[size + 1] & 0xff) << 8 | (bytes[size + 2] & 0xff) << 16;
            if (length > end - at) {
                throw endsEarly();
            }
            all[i] = new Vp8Bits(bytes, at, at + length);
            at += length;
        }
        return all;
    }

    private void readSteps(boolean absolute, int[] quantizers) {
        int base = header.number(7);
        int[] differences = numbers(5, 4);
        for (int i = 0; i < SEGMENTS; i++) {
            steps[i] = Vp8Steps.of(absolute ? quantizers[i] : base + quantizers[i], differences);
        }
    }

    private void readBlocks() {
        for (int y = 0; y < down; y++) {
            Vp8Bits tokens = partitions[y % partitions.length];
            Arrays.fill(modesLeft, Vp8Prediction.DC);
            residuals.startRow();
            for (int x = 0; x < across; x++) {
                readBlock(x, y, tokens);
                if (header.isPastEnd() || tokens.isPastEnd()) {
                    throw endsEarly();
                }
            }
            repeatLast(y * BLOCK + BLOCK - 1);
        }
    }

    // Beyond the right edge, sub-blocks find the last sample of the row above (as libwebp has it).
    private void repeatLast(int y) {
        int last = luma.get(luma.place(across * BLOCK - 1, y));
        for (int i = 0; i < Vp8Plane.RIGHT; i++) {
            luma.set(luma.place(across * BLOCK + i, y), last);
        }
    }

    private void readBlock(int x, int y, Vp8Bits tokens) {
        int segment = mapped ? header.leaf(SEGMENT_TREE, segmentProbabilities) : 0;
        boolean skipped = skipProbability != NEVER && header.bit(skipProbability) == 1;
        int mode = header.leaf(MODE_TREE, MODES);
        boolean bySubBlocks = mode == BY_SUB_BLOCKS;
        int[] subModes = subBlockModes(x, mode);
        int chromaMode = header.leaf(CHROMA_MODE_TREE, CHROMA_MODES);
        boolean any = residuals.read(tokens, x, skipped, !bySubBlocks, steps[segment]);
        filter.set(x, y, segment, bySubBlocks, any);

        if (!bySubBlocks) {
            Vp8Prediction.block(luma, x * BLOCK, y * BLOCK, BLOCK, mode);
        }
        int rightAbove = luma.place(x * BLOCK + BLOCK, y * BLOCK - 1);
        for (int i = 0; i < 16; i++) {
            int at = luma.place(x * BLOCK + i % 4 * 4, y * BLOCK + i / 4 * 4);
            if (bySubBlocks) {
                Vp8Prediction.subBlock(luma, at, i % 4 == 3 ? rightAbove : at - luma.stride() + 4, subModes[i]);
            }
            residuals.addTo(luma, at, i);
        }
        addChroma(cb, x, y, chromaMode, 16);
        addChroma(cr, x, y, chromaMode, 20);
    }

    private void addChroma(Vp8Plane plane, int x, int y, int mode, int firstResidual) {
        int size = BLOCK / 2;
        Vp8Prediction.block(plane, x * size, y * size, size, mode);
        for (int i = 0; i < 4; i++) {
            residuals.addTo(plane, plane.place(x * size + i % 2 * 4, y * size + i / 2 * 4), firstResidual + i);
        }
    }

    private int[] subBlockModes(int x, int mode) {
        int[] modes = new int[16];
        for (int i = 0; i < 16; i++) {
            int above = 4 * x + i % 4;
            int left = i / 4;
            modes[i] = mode == BY_SUB_BLOCKS
                    ? header.leaf(
                            Vp8Prediction.SUB_BLOCK_TREE, Vp8Tables.SUB_BLOCK_MODES[modesAbove[above]][modesLeft[left]])
                    : mode;
            modesAbove[above] = modes[i];
            modesLeft[left] = modes[i];
        }
        return modes;
    }
}
