package io.github.unipic.image;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Image;
import io.github.unipic.ReadOptions;
import java.io.IOException;
import java.io.InputStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Incomplete files that other programs read, compared with the RGB that Pillow reads from them. */
class RareImagesTest {
    private static InputStream open(String name) {
        return RareImagesTest.class.getResourceAsStream("/image-rare/" + name);
    }

    @ParameterizedTest
    @ValueSource(strings = {"bmp-filesize-zero.bmp", "bmp-offset-zero.bmp", "gif-no-trailer.gif"})
    void readsWhatPillowReads(String name) throws IOException {
        try (InputStream file = open(name);
                InputStream png = open("expected/" + name + ".png")) {
            var expected = ImageIO.read(png).getRaster();
            int[] rgb = expected.getPixels(0, 0, expected.getWidth(), expected.getHeight(), (int[]) null);
            Image image = Image.decode(file.readAllBytes(), ReadOptions.DEFAULT);
            assertThat(image.width()).isEqualTo(expected.getWidth());
            for (int i = 0; i < rgb.length; i++) {
                assertThat(image.rgb()[i]).isEqualTo((byte) rgb[i]);
            }
        }
    }
}
