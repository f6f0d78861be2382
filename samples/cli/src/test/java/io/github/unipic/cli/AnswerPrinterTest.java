package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class AnswerPrinterTest {
    private static final String ANSWER = "a\tb\n\u001b[2Jc\u0007 狐 \u009b1m \u202E";

    @Test
    void anAnswerDoesNotCommandTheTerminal() {
        assertThat(printed(true)).isEqualTo("a\tb\n\uFFFD[2Jc\uFFFD 狐 \uFFFD1m \uFFFD");
    }

    @Test
    void aPipeGetsTheModelsOwnText() {
        assertThat(printed(false)).isEqualTo(ANSWER);
    }

    private static String printed(boolean terminal) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        new AnswerPrinter(Output.results(bytes, StandardCharsets.UTF_8, () -> terminal)).onText(ANSWER);
        return bytes.toString(StandardCharsets.UTF_8);
    }
}
