package io.github.unipic.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.Image;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.Mask;
import java.util.Arrays;
import java.util.Map;
import java.util.function.BiPredicate;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MaskedRegionTest {
    private static Image plain(int width, int height, int value) {
        byte[] rgb = new byte[width * height * 3];
        Arrays.fill(rgb, (byte) value);
        return Image.ofRgb(width, height, rgb);
    }

    private static Image drawing(int width, int height, BiPredicate<Integer, Integer> white) {
        byte[] rgb = new byte[width * height * 3];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (white.test(i / 3 % width, i / 3 / width) ? 255 : 0);
        }
        return Image.ofRgb(width, height, rgb);
    }

    private static MaskedRegion mask(int width, int height, BiPredicate<Integer, Integer> white) {
        return new MaskedRegion(Mask.of(drawing(width, height, white)));
    }

    private static int red(Image image, int x, int y) {
        return image.rgb()[(y * image.width() + x) * 3] & 0xff;
    }

    /** Colors next to the threshold, by Pillow's convert("L"). */
    @ParameterizedTest
    @CsvSource({
        "128,128,128,true",
        "127,127,127,false",
        "94,140,151,true",
        "98,130,192,true",
        "87,129,226,true",
        "29,170,167,false",
        "187,107,77,false",
        "255,0,0,false",
        "0,255,0,true",
        "0,0,255,false"
    })
    void grayIsPillows(int red, int green, int blue, boolean redraw) {
        Image pixel = Image.ofRgb(1, 1, new byte[] {(byte) red, (byte) green, (byte) blue});
        assertThat(Mask.of(pixel).pixels()).containsExactly(redraw);
    }

    @Test
    void aTokenIsTouchedByOnePixel() {
        MaskedRegion mask = mask(48, 32, (x, y) -> x == 16 && y == 15 || x == 47 && y == 31);
        assertThat(mask.positions(16)).containsExactly(false, true, false, false, false, true);
        assertThat(mask(48, 32, (x, y) -> false).positions(16)).containsOnly(false);
        assertThat(mask(4, 2, (x, y) -> x == 3 && y == 0).positions(2)).containsExactly(false, true);
    }

    @Test
    void theLastTokensReachBeyondTheMask() {
        assertThat(mask(33, 17, (x, y) -> x == 32 && y == 3 || x == 0 && y == 16)
                        .positions(16))
                .containsExactly(false, false, true, true, false, false);
        assertThat(mask(1, 1, (x, y) -> true).positions(16)).containsExactly(true);
    }

    @Test
    void aHardEdgeKeepsEachPixelWhole() {
        Image pasted = mask(9, 7, (x, y) -> x > 3 && y < 5).paste(plain(9, 7, 200), plain(9, 7, 10), 0);
        for (int y = 0; y < 7; y++) {
            for (int x = 0; x < 9; x++) {
                assertThat(red(pasted, x, y)).isEqualTo(x > 3 && y < 5 ? 200 : 10);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 2, 3, 8, 13, 128})
    void aSeamIsASmoothRampOfItsWidth(int seam) {
        int size = 4 * seam + 4;
        int edge = size / 2; // redrawn from here on
        for (boolean vertical : new boolean[] {true, false}) {
            int width = vertical ? size : 3;
            int height = vertical ? 3 : size;
            Image pasted = mask(width, height, (x, y) -> (vertical ? x : y) >= edge)
                    .paste(plain(width, height, 255), plain(width, height, 0), seam);
            int[] ramp = new int[size];
            for (int i = 0; i < size; i++) {
                ramp[i] = vertical ? red(pasted, i, 1) : red(pasted, 1, i);
                assertThat(vertical ? red(pasted, i, 2) : red(pasted, 0, i)).isEqualTo(ramp[i]);
            }
            for (int i = 0; i < size; i++) {
                assertThat(ramp[i] + ramp[size - 1 - i]).isEqualTo(255); // as far out as in
                assertThat(ramp[i]).isGreaterThanOrEqualTo(i == 0 ? 0 : ramp[i - 1]);
                if (i < edge - seam) {
                    assertThat(ramp[i]).isZero();
                }
            }
            assertThat(ramp[edge - 1]).isBetween(60, 127);
            if (seam <= 13) {
                assertThat(ramp[edge - seam]).isPositive();
            }
        }
    }

    @Test
    void aMaskAtTheBorderDoesNotFadeThere() {
        Image pasted = mask(8, 8, (x, y) -> true).paste(plain(8, 8, 90), plain(8, 8, 30), 8);
        assertThat(pasted.rgb()).containsOnly(90);
        assertThat(mask(8, 8, (x, y) -> false)
                        .paste(plain(8, 8, 90), plain(8, 8, 30), 8)
                        .rgb())
                .containsOnly(30);
    }

    @Test
    void theImagesStayAndTheTextComesAlong() {
        Image drawn = plain(4, 4, 9).withMetadata(Map.of("prompt", "fox"));
        Image source = plain(4, 4, 5);
        Image pasted = mask(4, 4, (x, y) -> x < 2).paste(drawn, source, 1);
        assertThat(pasted.metadata()).containsEntry("prompt", "fox");
        assertThat(source.rgb()).containsOnly(5);
        assertThat(drawn.rgb()).containsOnly(9);
    }

    @Test
    void otherSizesAreRefusedWithBothNamed() {
        MaskedRegion mask = mask(4, 3, (x, y) -> true);
        assertThatThrownBy(() -> mask.paste(plain(3, 4, 0), plain(4, 3, 0), 0))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("the regenerated image is 3 x 4 pixels, but the mask is 4 x 3; give both the same size");
        assertThatThrownBy(() -> mask.paste(plain(4, 3, 0), plain(8, 8, 0), 0))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("the source is 8 x 8 pixels, but the mask is 4 x 3; give both the same size");
        for (int seam : new int[] {-1, 129}) {
            assertThatThrownBy(() -> mask.paste(plain(4, 3, 0), plain(4, 3, 0), seam))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessage("seam must be 0 to 128 pixels, not " + seam);
        }
    }
}
