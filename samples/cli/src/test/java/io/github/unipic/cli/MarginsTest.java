package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class MarginsTest {
    private final Margins.Converter converter = new Margins.Converter();

    @ParameterizedTest
    @CsvSource({
        "'left=64,right=32,top=0,bottom=16', 64, 32, 0, 16",
        "'bottom=16,left=64', 64, 0, 0, 16",
        "' Top = 48 ', 0, 0, 48, 0"
    })
    void sidesComeInAnyOrderAndMayBeLeftOut(String text, int left, int right, int top, int bottom) {
        assertThat(converter.convert(text)).isEqualTo(new Margins(left, right, top, bottom));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "64",
                "left",
                "left=",
                "left=-16",
                "middle=16",
                "left=16,",
                "left=16 right=16",
                "left=9999999"
            })
    void refusesOtherForms(String text) {
        assertThatThrownBy(() -> converter.convert(text)).hasMessageContaining("write left=64");
    }

    @ParameterizedTest
    @ValueSource(strings = {"left=16,left=32", "top=0,TOP=0"})
    void refusesASideNamedTwice(String text) {
        assertThatThrownBy(() -> converter.convert(text)).hasMessageContaining("twice");
    }
}
