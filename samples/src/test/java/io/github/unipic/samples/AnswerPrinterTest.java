package io.github.unipic.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class AnswerPrinterTest {
    @Test
    void anAnswerDoesNotCommandTheTerminal() {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new AnswerPrinter(new PrintStream(bytes, true, StandardCharsets.UTF_8)).onText("a\tb\n\u001b[2Jc\u0007 狐");
        assertThat(bytes.toString(StandardCharsets.UTF_8)).isEqualTo("a\tb\n\uFFFD[2Jc\uFFFD 狐");
    }
}
