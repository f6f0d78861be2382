package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.UniPicException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class FailuresTest {
    private final ByteArrayOutputStream err = new ByteArrayOutputStream();

    static Stream<Arguments> failures() {
        IOException full = new IOException("No space left on device");
        return Stream.of(
                Arguments.of(130, "unipic: cancelled", new CancelledException("by the user")),
                Arguments.of(2, "unipic: --size is 7", new InvalidRequestException("--size\nis 7")),
                Arguments.of(1, "unipic: a<U+001B>[2J", new UniPicException("a\u001b[2J")),
                Arguments.of(1, "unipic: No space left on device", new UncheckedIOException(full)),
                Arguments.of(
                        1,
                        "unipic: the folder x cannot be used (x/y: permission denied)",
                        new UncheckedIOException("the folder x cannot be used", new AccessDeniedException("x/y"))),
                Arguments.of(
                        1,
                        "unipic: x/y: Read-only file system",
                        new FileSystemException("x/y", null, "Read-only file system")),
                Arguments.of(
                        2,
                        "unipic: 'a\uFFFDb' is not a file name: Nul character not allowed",
                        new InvalidPathException("a\0b", "Nul character not allowed")),
                Arguments.of(
                        2,
                        "unipic: '\u00e9' has characters that Java cannot use in file names in this locale; set"
                                + " LC_ALL=C.UTF-8 and try again",
                        new InvalidPathException("\u00e9", "unmappable")),
                Arguments.of(
                        1,
                        "unipic: unexpected IllegalStateException: a bug; please report this"
                                + " (UNIPIC_STACKTRACE=1 shows where it happened)",
                        new IllegalStateException("a bug")),
                Arguments.of(
                        1,
                        "unipic: the class org.jline.terminal.Terminal is missing from the class path; add the jar that"
                                + " has it",
                        new NoClassDefFoundError("org/jline/terminal/Terminal")
                                .initCause(new ClassNotFoundException("org.jline.terminal.Terminal"))),
                Arguments.of(
                        1,
                        "unipic: unexpected StackOverflowError; please report this (UNIPIC_STACKTRACE=1 shows"
                                + " where it happened)",
                        new StackOverflowError()));
    }

    private Failures failures(Map<String, String> environment) {
        return new Failures(
                CommandLineRun.session("", new ByteArrayOutputStream(), err, environment, new Cancellation()));
    }

    @ParameterizedTest
    @MethodSource("failures")
    void isOneLineAndAnExitCode(int exitCode, String line, Throwable failure) {
        assertThat(failures(Map.of()).report(failure, UniPicCommand.FAILED, false))
                .isEqualTo(exitCode);
        assertThat(err.toString(StandardCharsets.UTF_8)).isEqualTo(line + System.lineSeparator());
    }

    @Test
    void lackOfMemorySaysWhatToDo() {
        assertThat(failures(Map.of()).report(new OutOfMemoryError(), UniPicCommand.FAILED, false))
                .isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8))
                .startsWith("unipic: out of memory")
                .contains("-Xmx", "--size");
    }

    @Test
    void theStackTraceIsShownOnRequest() {
        failures(Map.of("UNIPIC_STACKTRACE", "1")).report(new IOException("x"), UniPicCommand.FAILED, false);
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("unipic: x", "java.io.IOException", "\tat ");
    }

    @Test
    void causesMessagesAreHarmlessInTheStackTrace() {
        Exception cause = new IOException("a\u001b[2Jb\u202ec\nunipic: all is well\r\n\tat nowhere");
        cause.addSuppressed(new IOException("d\u0007\ne"));
        failures(Map.of()).report(new UniPicException("x", cause), UniPicCommand.FAILED, true);
        List<String> lines = err.toString(StandardCharsets.UTF_8).lines().toList();
        assertThat(lines)
                .startsWith("unipic: x", "io.github.unipic.UniPicException: x")
                .contains(
                        "Caused by: java.io.IOException: a\uFFFD[2Jb\uFFFDc unipic: all is well at nowhere",
                        "\tSuppressed: java.io.IOException: d\uFFFD e")
                .noneMatch(line -> line.startsWith("unipic: all") || line.contains("\tat nowhere"))
                .anyMatch(line -> line.startsWith("\tat io.github.unipic.cli.FailuresTest."))
                .anyMatch(line -> line.matches("\t\\.\\.\\. \\d+ more"));
    }

    /** Errors come past picocli. */
    @Test
    void lackOfMemoryAnywhereInACommandIsOneLine() {
        Session session = new Session(
                null,
                () -> false,
                Output.results(new ByteArrayOutputStream(), StandardCharsets.UTF_8, () -> true),
                Output.messages(err, StandardCharsets.UTF_8, () -> false),
                () -> {
                    throw new OutOfMemoryError("Java heap space");
                },
                name -> null,
                new Cancellation());
        assertThat(UniPicCommand.run(session, "--help")).isEqualTo(1);
        assertThat(err.toString(StandardCharsets.UTF_8).lines())
                .hasSize(1)
                .first()
                .asString()
                .contains("out of memory");
    }
}
