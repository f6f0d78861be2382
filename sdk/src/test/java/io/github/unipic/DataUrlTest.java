package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DataUrlTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "data:image/png;base64,AQID",
                "DATA:;base64,AQID",
                "data:image/png;charset=x;name=a.png;base64,AQ\r\nID",
            })
    void theFileIsDecoded(String url) {
        assertThat(DataUrl.isDataUrl(url)).isTrue();
        assertThat(DataUrl.decode(url)).containsExactly(1, 2, 3);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "data:", "data:image/png,AQID", "https://example.com/a.png", " data:;base64,AQID"})
    void whatIsNoDataUrlIsRefused(String url) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> DataUrl.decode(url))
                .withMessageContaining("data:image/png;base64,");
    }

    @Test
    void damagedBase64IsRefused() {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> DataUrl.decode("data:image/png;base64,A"))
                .withMessageContaining("base64 is damaged");
        assertThat(DataUrl.isDataUrl("dat")).isFalse();
        assertThat(DataUrl.isDataUrl("http://data:")).isFalse();
    }

    /** A head of many parameters, or of none that ends. */
    @Test
    void aLongHeadTakesNoTime() {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> DataUrl.decode("data:" + ";a".repeat(1_000_000)));
    }
}
