package io.github.unipic.conformance.report;

import io.github.unipic.Image;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.Base64;
import javax.imageio.ImageIO;

/** Images within a page: reduced, so that the page stays small. The report's folder has them at full size. */
final class PageImage {
    private static final int LONGEST_SIDE = 512;

    /** How the values of a block of pixels are reduced to one. */
    enum Reduction {
        /** For images. */
        MEAN,
        /** For differences, so that a lone wrong pixel still shows. */
        LARGEST
    }

    private PageImage() {}

    /** The image as a {@code data:} address; one with a side over {@value #LONGEST_SIDE} pixels is reduced. */
    static String address(Image image, Reduction reduction) {
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        try {
            ImageIO.write(reduced(image, reduction).toBufferedImage(), "png", png);
        } catch (IOException e) {
            throw new IllegalStateException("memory cannot be written to", e);
        }
        return "data:image/png;base64," + Base64.getEncoder().encodeToString(png.toByteArray());
    }

    private static Image reduced(Image image, Reduction reduction) {
        int longest = Math.max(image.width(), image.height());
        if (longest <= LONGEST_SIDE) {
            return image;
        }
        int block = (longest + LONGEST_SIDE - 1) / LONGEST_SIDE;
        int width = (image.width() + block - 1) / block;
        int height = (image.height() + block - 1) / block;
        byte[] rgb = image.rgb();
        byte[] small = new byte[width * height * 3];
        for (int y = 0; y < height; y++) {
            for (int x = 0; x < width; x++) {
                int right = Math.min((x + 1) * block, image.width());
                int bottom = Math.min((y + 1) * block, image.height());
                for (int channel = 0; channel < 3; channel++) {
                    int sum = 0;
                    int largest = 0;
                    for (int row = y * block; row < bottom; row++) {
                        for (int column = x * block; column < right; column++) {
                            int value = Byte.toUnsignedInt(rgb[(row * image.width() + column) * 3 + channel]);
                            sum += value;
                            largest = Math.max(largest, value);
                        }
                    }
                    int pixels = (right - x * block) * (bottom - y * block);
                    small[(y * width + x) * 3 + channel] =
                            (byte) (reduction == Reduction.MEAN ? Math.round((float) sum / pixels) : largest);
                }
            }
        }
        return Image.ofRgb(width, height, small);
    }
}
