package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TerminalTextTest {
    @ParameterizedTest
    @ValueSource(
            strings = {
                "\u001b", // escape sequences
                "\u0007", // the bell
                "\b", // over what was before
                "\u007f", "\u009b", // an escape sequence in one character
                "\u0090", "\0", "\u202E", // right-to-left override
                "\u202A", "\u2066", "\u2069",
            })
    void whatCommandsATerminalIsReplaced(String harmful) {
        assertThat(TerminalText.of("a" + harmful + "[2J")).isEqualTo("a\uFFFD[2J");
        assertThat(TerminalText.line("a" + harmful + "[2J")).isEqualTo("a\uFFFD[2J");
    }

    @Test
    void aReturnAloneWouldHideWhatWasBefore() {
        assertThat(TerminalText.of("unipic: failed\rfine")).isEqualTo("unipic: failed\uFFFDfine");
        assertThat(TerminalText.of("a\r\nb\r")).isEqualTo("a\r\nb\uFFFD");
    }

    /** Also what joins emoji and Persian letters, and marks of direction. */
    @Test
    void allElseStays() {
        String text =
                "a\tb\n caf\u00e9 \u72d0 \ud83e\udd8a \ud83d\udc69\u200d\ud83d\ude80 \u0645\u06cc\u200c\u0631 \u200f";
        assertThat(TerminalText.of(text)).isSameAs(text);
    }

    @Test
    void aLineIsOneAndNotTooLong() {
        assertThat(TerminalText.line(" a \r\n\t b\u2028c\u0085d\u000be ")).isEqualTo("a b c d e");
        assertThat(TerminalText.line("x".repeat(100_000))).hasSizeLessThan(5000).endsWith("...");
    }
}
