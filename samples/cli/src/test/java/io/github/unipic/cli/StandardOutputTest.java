package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Image;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** It is a failure if standard output cannot be written, but not if its reader has ended. */
class StandardOutputTest {
    @TempDir
    private static Path cache;

    @TempDir
    private Path folder;

    private static final String[] HELP = {"--help"};
    private static final String[] VERSION = {"--version"};
    private static final String[] DESCRIBE = {"describe", "FOX", "-q", "--max-tokens", "3"};
    private static final String[] GENERATE = {"generate", "x", "-q", "--count", "3", "--steps", "5", "-o", "OUT.png"};

    private static Stream<Arguments> onFullDisk() {
        return Stream.of(
                Arguments.of(1, "", HELP),
                Arguments.of(1, "", VERSION),
                Arguments.of(1, "", new String[] {"info"}),
                Arguments.of(1, "", DESCRIBE),
                Arguments.of(1, "What is it?\n", new String[] {"chat"}),
                // Where 1 is a verdict about the machine.
                Arguments.of(2, "", new String[] {"conformance", "run", "-q", "--out", "OUT"}));
    }

    private static Stream<Arguments> intoClosedPipe() {
        return Stream.of(HELP, DESCRIBE, GENERATE).map(args -> Arguments.of((Object) args));
    }

    @BeforeEach
    void drawFox() {
        Image.ofRgb(64, 64, new byte[3 * 64 * 64]).save(folder.resolve("fox.png"));
    }

    private CommandLineRun run(CommandLineProcess process, String input, String[] args) throws Exception {
        return process.typing(input.getBytes(StandardCharsets.UTF_8))
                .run(Stream.of(args)
                        .map(arg -> arg.replace("FOX", folder.resolve("fox.png").toString())
                                .replace("OUT", folder.resolve("out").toString()))
                        .toArray(String[]::new));
    }

    @ParameterizedTest
    @MethodSource("onFullDisk")
    @EnabledOnOs(OS.LINUX)
    void aFullDiskIsAFailure(int exitCode, String input, String[] args) throws Exception {
        CommandLineRun run = run(new CommandLineProcess(cache).writingTo("/dev/full"), input, args);
        assertThat(run.errLines())
                .filteredOn(line -> !line.startsWith("No --model given"))
                .containsExactly("unipic: standard output cannot be written: No space left on device");
        assertThat(run.exitCode()).isEqualTo(exitCode);
    }

    @ParameterizedTest
    @MethodSource("intoClosedPipe")
    @DisabledOnOs(OS.WINDOWS)
    void aReaderThatIsGoneEndsItQuietly(String[] args) throws Exception {
        CommandLineRun run = run(new CommandLineProcess(cache).intoClosedPipe(), "", args);
        assertThat(run.errLines())
                .filteredOn(line -> !line.startsWith("No --model given"))
                .isEmpty();
        assertThat(run.exitCode()).isEqualTo(141);
    }

    /** Their names are only told after all are saved. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void imagesAreSavedThoughTheirNamesCannotBeTold() throws Exception {
        CommandLineRun run = run(new CommandLineProcess(cache).writingTo("/dev/full"), "", GENERATE);
        assertThat(run.exitCode()).isEqualTo(1);
        assertThat(folder.resolve("out-1.png")).exists();
        assertThat(folder.resolve("out-3.png")).exists();
    }

    @Test
    void aByteOrderMarkIsNoPartOfACommand() throws Exception {
        byte[] typed = "\uFEFF/help\r\n/quit\r\n".getBytes(StandardCharsets.UTF_8);
        CommandLineRun run = new CommandLineProcess(cache).typing(typed).run("chat");
        assertThat(run.err()).contains("/draw PROMPT");
        assertThat(run.out()).isEmpty();
        assertThat(run.exitCode()).isZero();
    }

    /** Java takes the character set of file names from the locale. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aNameThatTheLocaleLacksIsOneLine() throws Exception {
        // Written by a shell: this process may itself be in a locale that lacks the letter.
        Path script =
                Files.writeString(folder.resolve("run.sh"), "LC_ALL=POSIX exec \"$@\" generate x -o caf\u00e9.png");
        CommandLineRun run = new CommandLineProcess(cache)
                .program("sh", script.toString())
                .java(UniPicCommand.class)
                .run();
        assertThat(run.errLines())
                .hasSize(1)
                .first()
                .asString()
                .startsWith("unipic: Invalid value for option '--output'")
                .endsWith("set LC_ALL=C.UTF-8 and try again");
        assertThat(run.exitCode()).isEqualTo(2);
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aCacheFolderThatCannotBeWrittenIsOneLine() throws Exception {
        Path file = Files.createFile(folder.resolve("file"));
        CommandLineRun run = new CommandLineProcess(cache)
                .environment("XDG_CACHE_HOME", file.resolve("cache").toString())
                .run("generate", "x", "-q", "-o", folder.resolve("x.png").toString());
        assertThat(run.errLines())
                .last()
                .asString()
                .startsWith("unipic: ")
                .contains("cache folder " + file)
                .doesNotContain("unexpected");
        assertThat(run.exitCode()).isEqualTo(1);
    }
}
