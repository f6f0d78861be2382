package io.github.unipic.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.Image;
import io.github.unipic.InvalidRequestException;
import org.junit.jupiter.api.Test;

class FramingTest {
    /** Red is the column, green the row. */
    private static Image numbered(int width, int height) {
        byte[] rgb = new byte[width * height * 3];
        for (int i = 0; i < width * height; i++) {
            rgb[3 * i] = (byte) (i % width);
            rgb[3 * i + 1] = (byte) (i / width);
        }
        return Image.ofRgb(width, height, rgb);
    }

    @Test
    void cropsTheCenter() {
        Image wide = Framing.cropToSquare(numbered(5, 2)); // (5 - 2) / 2 = 1
        assertThat(wide.width()).isEqualTo(2);
        assertThat(wide.height()).isEqualTo(2);
        assertThat(wide.rgb()).containsExactly(1, 0, 0, 2, 0, 0, 1, 1, 0, 2, 1, 0);
        assertThat(Framing.cropToSquare(numbered(1, 4)).rgb()).containsExactly(0, 1, 0);
    }

    @Test
    void padsAround() {
        Image padded = Framing.padToSquare(numbered(1, 4));
        assertThat(padded.width()).isEqualTo(4);
        for (int y = 0; y < 4; y++) {
            for (int x = 0; x < 4; x++) {
                byte[] pixel = Framing.crop(padded, x, y, 1, 1).rgb();
                assertThat(pixel).isEqualTo(x == 1 ? new byte[] {0, (byte) y, 0} : new byte[] {127, 127, 127});
            }
        }
        assertThat(Framing.crop(Framing.padToSquare(numbered(4, 1)), 3, 1, 1, 1).rgb())
                .containsExactly(3, 0, 0);
    }

    @Test
    void squaresStay() {
        Image square = numbered(3, 3);
        assertThat(Framing.cropToSquare(square)).isSameAs(square);
        assertThat(Framing.padToSquare(square)).isSameAs(square);
    }

    @Test
    void extendingRepeatsTheEdges() {
        Image extended = Framing.extend(numbered(2, 3), 1, 2, 2, 1);
        assertThat(extended.width()).isEqualTo(5);
        assertThat(extended.height()).isEqualTo(6);
        int[] columns = {0, 0, 1, 1, 1};
        int[] rows = {0, 0, 0, 1, 2, 2};
        for (int y = 0; y < 6; y++) {
            for (int x = 0; x < 5; x++) {
                assertThat(Framing.crop(extended, x, y, 1, 1).rgb())
                        .containsExactly((byte) columns[x], (byte) rows[y], (byte) 0);
            }
        }
    }

    @Test
    void theLargestSizeIsAllowed() {
        Framing.checkSize(28_000, 25_000);
        assertThatThrownBy(() -> Framing.checkSize(28_000, 25_001)).isInstanceOf(InvalidRequestException.class);
        assertThatThrownBy(() -> Framing.extend(numbered(1, 1), 27_999, 0, 25_000, 0))
                .hasMessage("size must be 1 pixel to 700 megapixels, not 28000 x 25001");
    }

    @Test
    void impossibleFramesAreRefused() {
        assertThatThrownBy(() -> Framing.padToSquare(Image.ofRgb(100_000, 1, new byte[300_000])))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("size must be 1 pixel to 700 megapixels, not 100000 x 100000");
        for (int[] r : new int[][] {{-1, 0, 1, 1}, {0, 0, 4, 1}, {2, 0, 2, 1}, {0, 2, 1, 2}, {0, 0, 0, 1}}) {
            assertThatThrownBy(() -> Framing.crop(numbered(3, 3), r[0], r[1], r[2], r[3]))
                    .isInstanceOf(InvalidRequestException.class);
        }
    }
}
