package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The session's character sets, whose names come from the system. */
class SessionTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"cp0", "cp99999", "", "no such name"})
    void theDefaultStandsInForACharacterSetThatJavaLacks(String name) {
        assertThat(Session.charsetNamed(Optional.of(name))).isEqualTo(Charset.defaultCharset());
    }

    @Test
    void othersAreTheirs() {
        assertThat(Session.charsetNamed(Optional.of("ISO-8859-1"))).isEqualTo(StandardCharsets.ISO_8859_1);
        assertThat(Session.charsetNamed(Optional.of("cp65001"))).isEqualTo(StandardCharsets.UTF_8);
        assertThat(Session.charsetNamed(Optional.empty())).isEqualTo(Charset.defaultCharset());
    }

    /** As of a Windows console that has a code page without a character set in Java. */
    @Test
    void commandsRunWithSuchAConsole() throws Exception {
        CommandLineRun run = new CommandLineProcess(folder)
                .java(UniPicCommand.class, "-Dstdout.encoding=cp0", "-Dstderr.encoding=cp0")
                .run("--version");
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).startsWith("unipic ");
    }
}
