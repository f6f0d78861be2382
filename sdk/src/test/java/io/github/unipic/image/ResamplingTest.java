package io.github.unipic.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.Image;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.files.Sha256;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Compares with digests of Pillow 12's output. The conformance module's golden replay compares whole photos. */
class ResamplingTest {
    @ParameterizedTest
    @CsvSource({
        "1,1,5,7,87ea818a6bdfc7128abb472ef9ab50f80ed07bac2a81624207521926ea85a405",
        "5,3,64,48,dd818026cef2bbe0cf14e22b47f161ba30bdc96273c9f9ea8e79a7f1a7b2cba2",
        "64,48,1,1,d8d83e152275cdecf91efea09d7aebf3060c10fe7042abaabf8b5df0c6d36173",
        "300,7,300,20,8948d92b78708cc002bb83d2fc72de9eb81d2aaf9e093b69afa81a9e0587cd6b",
        "300,7,11,7,f0e563bfeb5bead4ee2a1130ac141fb363f1af5b1bc2859e4ba467a337b07394",
        "97,61,96,62,f360eada49d2cd221250de296190b1767010c702c8d4b4a130900b497cd552ca",
        "1000,3,3,1000,4faca6c7994efa2339963f4b1106318277f9f91b978b5a4b7e1a93017bd83cc3",
        "33,777,32,16,88edd58a9e86f9696cc734e9f556170ff1e537cf1383977998d1ad03a9608898",
        "2,2,3,3,04c4648307bc9749f806f55bbb34ceac4ffb9d2018ee087839544ccf266b6876"
    })
    void noisyPatternsAreResizedToTheByte(int width, int height, int toWidth, int toHeight, String digest) {
        byte[] rgb = new byte[width * height * 3];
        for (int i = 0; i < rgb.length; i++) {
            int x = i / 3 % width;
            int y = i / 3 / width;
            rgb[i] = (byte) (x * x * 7 + y * y * 13 + x * y * 5 + i % 3 * 50);
        }
        Image resized = Resampling.resize(Image.ofRgb(width, height, rgb), toWidth, toHeight);
        assertThat(resized.width()).isEqualTo(toWidth);
        assertThat(resized.height()).isEqualTo(toHeight);
        assertThat(Sha256.of(resized.rgb())).isEqualTo(digest);
    }

    @Test
    void theSameSizeIsTheSameImage() {
        Image image = Image.ofRgb(2, 1, new byte[] {1, 2, 3, 4, 5, 6});
        assertThat(Resampling.resize(image, 2, 1)).isSameAs(image);
    }

    @Test
    void impossibleSizesAreRefused() {
        Image image = Image.ofRgb(1, 1, new byte[3]);
        for (int[] size : new int[][] {{0, 1}, {1, -1}, {30_000, 30_000}, {Integer.MAX_VALUE, Integer.MAX_VALUE}}) {
            assertThatThrownBy(() -> Resampling.resize(image, size[0], size[1]))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessage("size must be 1 pixel to 700 megapixels, not " + size[0] + " x " + size[1]);
        }
    }
}
