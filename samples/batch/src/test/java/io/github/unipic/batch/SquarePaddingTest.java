package io.github.unipic.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.Image;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.testing.TestImages;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class SquarePaddingTest {
    /** 7 x 4: one row of gray above, two below. */
    @Test
    void theImageIsInTheMiddleOfGray() {
        Image image = TestImages.gradient(7, 4);
        Image square = SquarePadding.pad(image);
        assertThat(List.of(square.width(), square.height())).containsExactly(7, 7);
        for (int y = 0; y < 7; y++) {
            for (int x = 0; x < 7; x++) {
                boolean inside = y >= 1 && y < 5;
                int expected = inside ? image.toBufferedImage().getRGB(x, y - 1) : 0xff7f7f7f;
                assertThat(square.toBufferedImage().getRGB(x, y))
                        .as("%s, %s", x, y)
                        .isEqualTo(expected);
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"7, 4", "4, 7", "5, 5", "1, 9", "384, 640"})
    void cuttingIsTheOppositeOfPadding(int width, int height) {
        Image image = TestImages.gradient(width, height).withMetadata(Map.of("key", "text"));
        Image square = SquarePadding.pad(image).withMetadata(Map.of("key", "text"));
        assertThat(SquarePadding.cut(square, width, height)).isEqualTo(image);
    }

    /** 384 x 640 of 640 pixels are 614 x 1024 of 1024, from 205 on. */
    @ParameterizedTest
    @CsvSource({"384, 640, 614, 1024, 205, 0", "640, 384, 1024, 614, 0, 205", "1, 5000, 1, 1024, 512, 0"})
    void theCutIsScaledWithTheSquare(int width, int height, int cutWidth, int cutHeight, int left, int top) {
        Image square = TestImages.gradient(1024, 1024);
        Image cut = SquarePadding.cut(square, width, height);
        assertThat(List.of(cut.width(), cut.height())).containsExactly(cutWidth, cutHeight);
        assertThat(cut.toBufferedImage().getRGB(0, 0))
                .isEqualTo(square.toBufferedImage().getRGB(left, top));
        assertThat(cut.toBufferedImage().getRGB(cutWidth - 1, cutHeight - 1))
                .isEqualTo(square.toBufferedImage().getRGB(left + cutWidth - 1, top + cutHeight - 1));
    }

    @Test
    void aSquareTooLargeIsRefusedBeforeItIsMade() {
        Image line = Image.ofRgb(20_000, 1, new byte[60_000]);
        assertThatThrownBy(() -> SquarePadding.pad(line))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("too long to be padded");
    }
}
