package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class OutputTest {
    private static final String HARMFUL = "a\u001b[2J";
    private static final String HARMLESS = "a\uFFFD[2J";

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

    @Test
    void everyWayToPrintTextIsHarmless() {
        Output out = Output.results(bytes, StandardCharsets.UTF_8, () -> false);
        out.print(HARMFUL);
        out.print((Object) HARMFUL);
        out.print(HARMFUL.toCharArray());
        out.print('\u001b');
        out.append(HARMFUL).append('\u001b');
        out.printf("%s", HARMFUL);
        out.println(HARMFUL);
        out.println((Object) HARMFUL);
        new IllegalStateException(HARMFUL).printStackTrace(out);
        assertThat(bytes.toString(StandardCharsets.UTF_8))
                .startsWith(HARMLESS.repeat(3) + "\uFFFD" + HARMLESS + "\uFFFD" + HARMLESS.repeat(2))
                .doesNotContain("\u001b");
    }

    @Test
    void aFailureToWriteIsNotLost() {
        Output out = Output.results(new Full(), StandardCharsets.UTF_8, () -> false);
        assertThatThrownBy(() -> out.println("x"))
                .isInstanceOf(StandardOutputException.class)
                .hasMessageContaining("full");
        assertThatThrownBy(() -> out.printExact("x")).isInstanceOf(StandardOutputException.class);
        assertThatThrownBy(() -> out.raw().print("x")).isInstanceOf(StandardOutputException.class);
        Output err = Output.messages(new Full(), StandardCharsets.UTF_8, () -> false);
        err.println("x");
        err.raw().println("x");
    }

    private static final class Full extends OutputStream {
        @Override
        public void write(int b) throws IOException {
            throw new IOException("full");
        }
    }
}
