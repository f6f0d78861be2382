package io.github.unipic.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.Image;
import io.github.unipic.InferenceException;
import org.junit.jupiter.api.Test;

class PixelsTest {
    /** NumPy's float32 bits of pixel value / 255 * 2 - 1. */
    @Test
    void pixelValuesBecomeNumPysFloats() {
        int[] values = {0, 1, 77, 127, 128, 200, 255};
        int[] bits = {
            (int) 3212836864L,
            (int) 3212705278L,
            (int) 3200961226L,
            (int) 3145760896L,
            998277376,
            1058115986,
            1065353216
        };
        byte[] rgb = new byte[values.length * 3];
        for (int i = 0; i < values.length; i++) {
            rgb[3 * i + 1] = (byte) values[i];
        }
        float[] pixels = Pixels.fromImage(Image.ofRgb(values.length, 1, rgb));
        for (int i = 0; i < values.length; i++) {
            assertThat(Float.floatToRawIntBits(pixels[values.length + i])).isEqualTo(bits[i]);
        }
    }

    @Test
    void aPartIsWrittenAtItsPositionOnly() {
        byte[] rgb = new byte[3 * 4 * 3];
        float[] part = {-1, 0, 1, 1, /**/ 0, 0, 0, 0, /**/ 1, 1, 1, -1};
        Pixels.put(part, 2, 2, rgb, 4, 2, 1);
        Image alone = Pixels.toImage(part, 2, 2);
        for (int y = 0; y < 3; y++) {
            for (int x = 0; x < 4; x++) {
                boolean inside = y >= 1 && x >= 2;
                for (int channel = 0; channel < 3; channel++) {
                    byte expected = inside ? alone.rgb()[3 * ((y - 1) * 2 + x - 2) + channel] : 0;
                    assertThat(rgb[3 * (y * 4 + x) + channel]).isEqualTo(expected);
                }
            }
        }
        assertThat(alone.rgb()).startsWith(0, 128, 255).endsWith(255, 128, 0);
    }

    @Test
    void planesFollowEachOther() {
        float[] pixels = Pixels.fromImage(Image.ofRgb(1, 2, new byte[] {-1, 0, -1, -1, 0, 0}));
        assertThat(pixels).containsExactly(1, 1, -1, -1, 1, -1);
    }

    @Test
    void pixelsThatAreNoNumbersAreAnErrorAndNotBlack() {
        for (float wrong : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
            assertThatExceptionOfType(InferenceException.class)
                    .isThrownBy(() -> Pixels.toImage(new float[] {0, 0, wrong}, 1, 1))
                    .withMessageContaining("not finite");
        }
    }
}
