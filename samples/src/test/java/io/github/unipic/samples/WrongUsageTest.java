package io.github.unipic.samples;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A user's mistake is one line on stderr, exit code 2, and no stack trace. None of these loads a model. */
class WrongUsageTest {
    @TempDir
    private Path folder;

    static Stream<Arguments> mistakes() {
        return Stream.of(
                mistake("unipic generate \"A red fox", "generate"),
                mistake("put the prompt in quotes", "generate", "a", "red", "fox"),
                mistake("did you mean --size", "generate", "x", "--siz=64"),
                mistake("'big' is not a size; write 512 or 640x384", "generate", "x", "--size", "big"),
                mistake("'64x' is not a size", "generate", "x", "--size", "64x"),
                mistake("500", "generate", "x", "--size", "500"),
                mistake("iffusionSteps", "generate", "x", "--steps", "0"),
                mistake("teration", "generate", "x", "--iterations", "0"),
                mistake("ount", "generate", "x", "--count", "65"),
                mistake("uidance", "generate", "x", "--guidance", "-1"),
                mistake("emperature", "generate", "x", "--temperature", "NaN"),
                mistake("'--seed'", "generate", "x", "--seed", "seven"),
                mistake("'--guidance-schedule'", "generate", "x", "--guidance-schedule", "cubic"),
                mistake("prompt", "generate", " "),
                mistake("LC_ALL=C.UTF-8", "generate", "caf\uFFFD"),
                mistake("something.png", "generate", "x", "-o", "fox.jpg"),
                mistake("something.png", "generate", "x", "-o", ".png"),
                mistake("does not exist", "generate", "x", "-o", "no/such/folder/fox.png"),
                mistake("--threads", "generate", "x", "--threads", "0"),
                mistake("no-such-model", "generate", "x", "--model", "no-such-model"),
                mistake("no-such.png", "generate", "--from", "no-such.png"),
                mistake("no-such-model", "info", "--model", "no-such-model"),
                mistake("'--checkpoint=DIR', '--out=DIR'", "export"),
                mistake("'--precision'", "export", "--checkpoint", "c", "--out", "o", "--precision", "int3"),
                mistake("no-such-checkpoint", "export", "--checkpoint", "no-such-checkpoint", "--out", "target/none"),
                mistake("--golden", "conformance", "--checkpoint", "c"),
                mistake("no-such-", "conformance", "--checkpoint", "no-such-c", "--golden", "no-such-g"),
                mistake("--json", "conformance", "--json", "no/such/folder/report.json"),
                mistake("'frobnicate'", "frobnicate"));
    }

    private static Arguments mistake(String expected, String... args) {
        return Arguments.of(expected, args);
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void isOneLineAndExitCodeTwo(String expected, String[] args) {
        CommandLineRun run = CommandLineRun.of(args);
        assertThat(run.errLines())
                .hasSize(1)
                .first()
                .asString()
                .startsWith("unipic: ")
                .contains(expected);
        assertThat(run.out()).isEmpty();
        assertThat(run.exitCode()).isEqualTo(2);
    }

    @Test
    void aPictureThatUniPicDidNotWriteHoldsNoRequest() throws IOException {
        Path file = folder.resolve("other.png");
        javax.imageio.ImageIO.write(
                new java.awt.image.BufferedImage(16, 16, java.awt.image.BufferedImage.TYPE_INT_RGB),
                "png",
                file.toFile());
        CommandLineRun run = CommandLineRun.of("generate", "--from", file.toString());
        assertThat(run.err()).contains("other.png", "unipic did not write");
        assertThat(run.exitCode()).isEqualTo(2);
    }

    @Test
    void aFolderIsNoPicture() throws IOException {
        Files.createDirectory(folder.resolve("fox.png"));
        CommandLineRun run = CommandLineRun.of(
                "generate", "x", "-o", folder.resolve("fox.png").toString());
        assertThat(run.err()).contains("is a folder");
        assertThat(run.exitCode()).isEqualTo(2);
    }

    @Test
    void noCommandShowsTheHelp() {
        CommandLineRun run = CommandLineRun.of();
        assertThat(run.err()).contains("Usage: unipic", "generate", "export", "info", "conformance");
        assertThat(run.exitCode()).isEqualTo(2);
    }

    @Test
    void theStackTraceIsShownOnRequest() {
        assertThat(CommandLineRun.of("--stacktrace", "generate", "x", "--model", "no-such-model")
                        .err())
                .contains("\tat ");
        assertThat(CommandLineRun.of("generate", "--stacktrace", "x", "--model", "no-such-model")
                        .err())
                .contains("\tat ");
        assertThat(CommandLineRun.in(Map.of("UNIPIC_STACKTRACE", "1"), "generate", "x", "--size", "big")
                        .err())
                .contains("\tat ");
        assertThat(CommandLineRun.in(Map.of("UNIPIC_STACKTRACE", "0"), "generate", "x", "--size", "big")
                        .err())
                .doesNotContain("\tat ");
    }

    @Test
    void theModelCanComeFromTheEnvironment() {
        CommandLineRun run = CommandLineRun.in(Map.of("UNIPIC_MODEL", "from-the-environment"), "generate", "x");
        assertThat(run.err()).contains("from-the-environment").doesNotContain("built-in");
        assertThat(run.exitCode()).isEqualTo(2);
    }

    @Test
    void anUnexpectedExceptionSaysHowToSeeMore() {
        CommandLineRun run = CommandLineRun.of("generate", "x", "--model", "\0");
        assertThat(run.exitCode()).isIn(1, 2);
        assertThat(run.errLines()).hasSize(1);
    }
}
