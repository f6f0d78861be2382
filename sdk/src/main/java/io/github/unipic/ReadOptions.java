package io.github.unipic;

/**
 * How image files are read.
 *
 * @param applyOrientation whether an image is turned and mirrored upright as its EXIF orientation says
 * @param maxPixels the most pixels, width times height, that are read: 1 to {@link #MAX_PIXELS}. What a file declares
 *     is compared with it before memory for pixels is taken.
 */
public record ReadOptions(boolean applyOrientation, long maxPixels) {
    /** The most pixels that an image can have: about what one Java array holds. */
    public static final long MAX_PIXELS = 700_000_000;

    /** Orientation applied; at most 100 megapixels. */
    public static final ReadOptions DEFAULT = new ReadOptions(true, 100_000_000);

    /**
     * Checks the values.
     *
     * @param applyOrientation false to keep the pixels as they lie in the file
     * @param maxPixels 1 to {@link #MAX_PIXELS}
     * @throws InvalidRequestException if maxPixels is out of its range
     */
    public ReadOptions {
        if (maxPixels < 1 || maxPixels > MAX_PIXELS) {
            throw new InvalidRequestException("maxPixels must be 1 to " + MAX_PIXELS + ", not " + maxPixels);
        }
    }
}
