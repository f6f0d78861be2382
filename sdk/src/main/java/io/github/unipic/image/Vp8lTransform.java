package io.github.unipic.image;

/** What was done to the pixels of a lossless WebP stream before it was compressed (RFC 9649, section 4). */
sealed interface Vp8lTransform {
    /** Undoes it. Pixels are ARGB; the array may be changed, and is the result unless their number changes. */
    int[] undo(int[] pixels, int height);

    /** Sums of each channel, without carries. */
    static int add(int a, int b) {
        return (a & 0xff00ff00) + (b & 0xff00ff00) & 0xff00ff00 | (a & 0xff00ff) + (b & 0xff00ff) & 0xff00ff;
    }

    /**
     * Pixels were predicted from those above and to the left (RFC 9649, 4.1).
     *
     * @param width of the pixels
     * @param bits log2 of the width and height of a block
     * @param modes of the blocks, in the green channel
     */
    record Prediction(int width, int bits, int[] modes) implements Vp8lTransform {
        private static final int BLACK = 0xff000000;

        @Override
        public int[] undo(int[] pixels, int height) {
            int across = (width - 1 >> bits) + 1;
            for (int y = 0, at = 0; y < height; y++) {
                for (int x = 0; x < width; x++, at++) {
                    int predicted;
                    if (y == 0) {
                        predicted = x == 0 ? BLACK : pixels[at - 1];
                    } else if (x == 0) {
                        predicted = pixels[at - width];
                    } else {
                        int mode = modes[(y >> bits) * across + (x >> bits)] >> 8 & 0xf;
                        predicted = predict(mode, pixels, at);
                    }
                    pixels[at] = add(pixels[at], predicted);
                }
            }
            return pixels;
        }

        private int predict(int mode, int[] pixels, int at) {
            int left = pixels[at - 1];
            int above = pixels[at - width];
            int aboveLeft = pixels[at - width - 1];
            int aboveRight = pixels[at - width + 1]; // beyond the right edge: the first of this row, as laid down
            return switch (mode) {
                case 1 -> left;
                case 2 -> above;
                case 3 -> aboveRight;
                case 4 -> aboveLeft;
                case 5 -> mean(mean(left, aboveRight), above);
                case 6 -> mean(left, aboveLeft);
                case 7 -> mean(left, above);
                case 8 -> mean(aboveLeft, above);
                case 9 -> mean(above, aboveRight);
                case 10 -> mean(mean(left, aboveLeft), mean(above, aboveRight));
                case 11 -> nearer(left, above, aboveLeft);
                case 12 -> clipped(left, above, aboveLeft);
                case 13 -> clippedHalf(mean(left, above), aboveLeft);
                default -> BLACK;
            };
        }

        private static int mean(int a, int b) {
            return (((a ^ b) & 0xfefefefe) >>> 1) + (a & b);
        }

        private static int nearer(int left, int above, int corner) {
            int difference = 0;
            for (int shift = 0; shift < 32; shift += 8) {
                int c = corner >> shift & 0xff;
                difference += Math.abs((left >> shift & 0xff) - c) - Math.abs((above >> shift & 0xff) - c);
            }
            return difference > 0 ? left : above;
        }

        private static int clipped(int left, int above, int corner) {
            int pixel = 0;
            for (int shift = 0; shift < 32; shift += 8) {
                int sum = (left >> shift & 0xff) + (above >> shift & 0xff) - (corner >> shift & 0xff);
                pixel |= Math.max(0, Math.min(255, sum)) << shift;
            }
            return pixel;
        }

        private static int clippedHalf(int mean, int corner) {
            int pixel = 0;
            for (int shift = 0; shift < 32; shift += 8) {
                int level = mean >> shift & 0xff;
                int sum = level + (level - (corner >> shift & 0xff)) / 2;
                pixel |= Math.max(0, Math.min(255, sum)) << shift;
            }
            return pixel;
        }
    }

    /**
     * Red and blue were told by their difference to what green, and red, let expect (RFC 9649, 4.2).
     *
     * @param width of the pixels
     * @param bits log2 of the width and height of a block
     * @param factors of the blocks: of green for red in blue, of green for blue in green, of red for blue in red
     */
    record Correlation(int width, int bits, int[] factors) implements Vp8lTransform {
        @Override
        public int[] undo(int[] pixels, int height) {
            int across = (width - 1 >> bits) + 1;
            for (int y = 0, at = 0; y < height; y++) {
                for (int x = 0; x < width; x++, at++) {
                    int factor = factors[(y >> bits) * across + (x >> bits)];
                    int pixel = pixels[at];
                    int green = pixel >> 8;
                    int red = (pixel >> 16) + part(factor, green);
                    int blue = pixel + part(factor >> 8, green) + part(factor >> 16, red);
                    pixels[at] = pixel & 0xff00ff00 | (red & 0xff) << 16 | blue & 0xff;
                }
            }
            return pixels;
        }

        private static int part(int factor, int level) {
            return (byte) factor * (byte) level >> 5;
        }
    }

    /** Green was subtracted from red and blue (RFC 9649, 4.3). */
    record GreenSubtracted() implements Vp8lTransform {
        @Override
        public int[] undo(int[] pixels, int height) {
            for (int i = 0; i < pixels.length; i++) {
                int green = pixels[i] >> 8 & 0xff;
                pixels[i] = add(pixels[i], green << 16 | green);
            }
            return pixels;
        }
    }

    /**
     * Pixels are indices of a palette, several in a pixel (RFC 9649, 4.4).
     *
     * @param width of the pixels that the indices stand for
     * @param bits log2 of the indices in a pixel
     * @param palette as many colours as indices can tell
     */
    record Palette(int width, int bits, int[] palette) implements Vp8lTransform {
        @Override
        public int[] undo(int[] pixels, int height) {
            int packedWidth = (width - 1 >> bits) + 1;
            int indexBits = 8 >> bits;
            int[] colors = bits == 0 ? pixels : new int[width * height];
            for (int y = 0, at = 0; y < height; y++) {
                for (int x = 0; x < width; x++, at++) {
                    int packed = pixels[y * packedWidth + (x >> bits)] >> 8 & 0xff;
                    int shift = (x & (1 << bits) - 1) * indexBits;
                    colors[at] = palette[packed >> shift & (1 << indexBits) - 1];
                }
            }
            return colors;
        }
    }
}
