package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ImageSizeTest {
    private final ImageSize.Converter converter = new ImageSize.Converter();

    @ParameterizedTest
    @CsvSource({"512,512,512", "640x384,640,384", "16X32,16,32", "' 64 ',64,64"})
    void oneNumberIsASquare(String text, int width, int height) {
        assertThat(converter.convert(text)).isEqualTo(new ImageSize(width, height));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "x", "512x", "x512", "512x384x3", "-16", "1e3", "512*384", "99999999999"})
    void refusesOtherForms(String text) {
        assertThatThrownBy(() -> converter.convert(text)).hasMessageContaining("is not a size");
    }
}
