package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Image;
import io.github.unipic.conformance.EmbeddedCheckpoint;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** It is a failure if standard output cannot be written, but not if its reader has ended. */
class StandardOutputTest {
    private static final String NO_SPACE = "unipic: standard output cannot be written: No space left on device";
    private static final String[] HELP = {"--help"};

    /** Where the chat is among the commands that write to a full disk. */
    private static final int CHAT = 3;

    @TempDir
    private Path folder;

    private CommandLineProcess process() {
        return new CommandLineProcess(folder)
                .environment("UNIPIC_MODEL", SmallModel.folder().toString());
    }

    private String file(String name) {
        return folder.resolve(name).toString();
    }

    private String[] describe() {
        Image.ofRgb(64, 64, new byte[3 * 64 * 64]).save(folder.resolve("fox.png"));
        return new String[] {"describe", file("fox.png"), "-q", "--max-tokens", "3"};
    }

    private String[] generate() {
        return new String[] {
            "generate",
            "x",
            "-q",
            "--count",
            "3",
            "--size",
            "32",
            "--iterations",
            "2",
            "--steps",
            "2",
            "-o",
            file("out.png")
        };
    }

    /** A run that takes little: two graphs of the small checkpoint. */
    private String[] conformance() throws IOException {
        EmbeddedCheckpoint.RANDOM.copyTo(folder);
        Path golden = Files.createDirectory(folder.resolve("some"));
        Files.copy(folder.resolve("golden/text.safetensors"), golden.resolve("text.safetensors"));
        return new String[] {
            "conformance",
            "run",
            "-q",
            "--no-isolation",
            "--checkpoint",
            file("checkpoint"),
            "--golden",
            golden.toString(),
            "--out",
            file("report")
        };
    }

    /** The chat first gives help, on stderr: a byte order mark is no part of a command. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aFullDiskIsAFailure() throws Exception {
        List<CommandLineRun> runs = process()
                .writingTo("/dev/full")
                .typing("\uFEFF/help\r\nWhat is it?\n".getBytes(StandardCharsets.UTF_8))
                .runInTurn(List.of(
                        HELP, new String[] {"info"}, describe(), new String[] {"chat"}, generate(), conformance()));
        assertThat(runs.get(CHAT).err()).contains("/draw PROMPT").doesNotContain("no command");
        assertThat(runs.get(CHAT).errLines()).last().isEqualTo(NO_SPACE);
        assertThat(runs)
                .allSatisfy(run -> assertThat(run.errLines())
                        .filteredOn(line -> line.startsWith("unipic: "))
                        .containsExactly(NO_SPACE))
                .extracting(CommandLineRun::exitCode)
                // For conformance 1 is a verdict about the machine.
                .containsExactly(1, 1, 1, 1, 1, 2);
        // The names of images are only told after all are saved.
        assertThat(folder.resolve("out-1.png")).exists();
        assertThat(folder.resolve("out-3.png")).exists();

        CommandLineRun whole = process().writingTo("/dev/full").run("--version");
        assertThat(whole.errLines()).containsExactly(NO_SPACE);
        assertThat(whole.exitCode()).isEqualTo(1);
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aReaderThatIsGoneEndsItQuietly() throws Exception {
        List<CommandLineRun> runs = process().intoClosedPipe().runInTurn(List.of(HELP, describe(), generate()));
        assertThat(runs).allSatisfy(run -> {
            assertThat(run.err()).isEmpty();
            assertThat(run.exitCode()).isEqualTo(141);
        });
    }

    /** Java takes the character set of file names from the locale. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void aNameThatTheLocaleLacksIsOneLine() throws Exception {
        // Written by a shell: this process may itself be in a locale that lacks the letter.
        Path script =
                Files.writeString(folder.resolve("run.sh"), "LC_ALL=POSIX exec \"$@\" generate x -o caf\u00e9.png");
        CommandLineRun run = process()
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
}
