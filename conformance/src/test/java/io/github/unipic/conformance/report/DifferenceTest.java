package io.github.unipic.conformance.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Image;
import io.github.unipic.ReadOptions;
import io.github.unipic.conformance.report.PageImage.Reduction;
import java.util.Base64;
import org.junit.jupiter.api.Test;

class DifferenceTest {
    private static Image image(int... rgb) {
        byte[] bytes = new byte[rgb.length];
        for (int i = 0; i < rgb.length; i++) {
            bytes[i] = (byte) rgb[i];
        }
        return Image.ofRgb(rgb.length / 3, 1, bytes);
    }

    @Test
    void differencesAreAmplifiedAsFarAsTheLargestAllows() {
        Difference difference = Difference.between(image(10, 20, 200, 0, 0, 0), image(12, 20, 190, 0, 0, 1))
                .orElseThrow();

        assertThat(difference.largest()).isEqualTo(10);
        assertThat(difference.factor()).isEqualTo(25);
        assertThat(difference.image().rgb())
                .isEqualTo(image(50, 0, 250, 0, 0, 25).rgb());
    }

    @Test
    void equalImagesGiveBlack() {
        Difference difference =
                Difference.between(image(9, 8, 7), image(9, 8, 7)).orElseThrow();

        assertThat(difference.factor()).isEqualTo(1);
        assertThat(difference.image().rgb()).containsOnly(0);
    }

    @Test
    void otherSizesHaveNoDifference() {
        assertThat(Difference.between(image(1, 2, 3), image(1, 2, 3, 4, 5, 6))).isEmpty();
    }

    @Test
    void aLoneWrongPixelOfALargeImageStaysVisibleOnThePage() {
        byte[] rgb = new byte[1500 * 700 * 3];
        rgb[(699 * 1500 + 1499) * 3] = (byte) 255;
        Image large = Image.ofRgb(1500, 700, rgb);

        Image difference = decode(PageImage.address(large, Reduction.LARGEST));
        Image mean = decode(PageImage.address(large, Reduction.MEAN));

        assertThat(difference.width()).isEqualTo(500);
        assertThat(difference.height()).isEqualTo(234);
        assertThat(Byte.toUnsignedInt(difference.rgb()[(233 * 500 + 499) * 3])).isEqualTo(255);
        // The last block has 3 columns and, 700 being 233 times 3 and 1, one row.
        assertThat(Byte.toUnsignedInt(mean.rgb()[(233 * 500 + 499) * 3])).isEqualTo(85);
    }

    private static Image decode(String address) {
        byte[] png = Base64.getDecoder().decode(address.substring(address.indexOf(',') + 1));
        return Image.decode(png, ReadOptions.DEFAULT);
    }
}
