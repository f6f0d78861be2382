package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.junit.jupiter.api.Assertions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TextInputTest {
    private static String read(byte[] bytes, Charset unmarked) throws IOException {
        return new BufferedReader(new TextInput(new ByteArrayInputStream(bytes), unmarked)).readLine();
    }

    @ParameterizedTest
    @ValueSource(strings = {"UTF-8", "UTF-16LE", "UTF-16BE"})
    void aByteOrderMarkNamesTheCharacterSet(String charset) throws IOException {
        assertThat(read("\uFEFFcaf\u00e9\r\n".getBytes(Charset.forName(charset)), StandardCharsets.ISO_8859_1))
                .isEqualTo("caf\u00e9");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"", "a", "\u00ef", "\u00ef\u00bb", "\u00ef\u00bbx", "\u00ff", "\u00ffx", "\u00fe", "\u00feff"})
    void whatOnlyBeginsLikeAMarkIsText(String text) throws IOException {
        assertThat(read((text + "\n").getBytes(StandardCharsets.ISO_8859_1), StandardCharsets.ISO_8859_1))
                .isEqualTo(text);
    }

    /** A terminal gives a line, and then nothing until the next. */
    @Test
    void aShortLineIsNotWaitedBehind() throws IOException {
        try (PipedOutputStream typed = new PipedOutputStream();
                PipedInputStream in = new PipedInputStream(typed)) {
            typed.write('\n');
            typed.flush();
            BufferedReader reader = new BufferedReader(new TextInput(in, StandardCharsets.UTF_8));
            assertThat(Assertions.assertTimeoutPreemptively(Duration.ofMinutes(1), reader::readLine))
                    .isEmpty();
        }
    }
}
