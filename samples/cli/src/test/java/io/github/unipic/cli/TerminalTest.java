package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TerminalTest {
    /** Terminals without a size, such as serial lines and editors', say 0. */
    @ParameterizedTest
    @CsvSource({"'24 20\n', 20", "'24 1000\n', 1000", "'0 0\n', 80", "'', 80", "'stty: not a tty', 80"})
    void theWidthIsReadOrTheUsualOne(String size, int columns) {
        assertThat(Terminal.columns(size)).isEqualTo(columns);
    }

    /** Java's consoles: before Java 22 there is one only for a terminal. */
    @Test
    void aConsoleMayBeThatOfAPipe() {
        record Before22() {}
        record Since22(boolean isTerminal) {}
        assertThat(Terminal.isTerminal(Before22.class, new Before22())).isTrue();
        assertThat(Terminal.isTerminal(Since22.class, new Since22(true))).isTrue();
        assertThat(Terminal.isTerminal(Since22.class, new Since22(false))).isFalse();
    }
}
