package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Cancellation;
import java.io.ByteArrayOutputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine;

class HelpTest {
    static Stream<String> commands() {
        return root().getSubcommands().keySet().stream();
    }

    private static CommandLine root() {
        OutputStream nowhere = OutputStream.nullOutputStream();
        return UniPicCommand.commandLine(
                CommandLineRun.session("", nowhere, nowhere, Map.of(), new io.github.unipic.Cancellation()));
    }

    /** The help of {@code --provider} refers to {@code info}. */
    @Test
    void theConformanceJarHasInfoToo() {
        assertThat(ConformanceMain.forUniPic("info", "--help")).containsExactly("info", "--help");
        assertThat(ConformanceMain.forUniPic("run", "--strict")).containsExactly("conformance", "run", "--strict");
        assertThat(ConformanceMain.forUniPic()).containsExactly("conformance");
    }

    @Test
    void conformanceNamesWhatItsOptionsTake() {
        assertThat(CommandLineRun.of("conformance", "run", "--help").out().replaceAll("\\s+", " "))
                .contains("export: fp32, fp16, bf16, int8 or int4.")
                .contains("than the model's (fp32, fp16, bf16, int8 or int4)")
                .contains("portable or fused");
    }

    @ParameterizedTest
    @MethodSource("commands")
    void mentionsEveryOptionAnExampleAndTheExitCodes(String command) {
        CommandLineRun run = CommandLineRun.of(command, "--help");
        assertThat(run.exitCode()).isZero();
        assertThat(run.err()).isEmpty();
        root().getSubcommands()
                .get(command)
                .getCommandSpec()
                .options()
                .forEach(option -> assertThat(run.out()).contains(option.names()));
        assertThat(run.out()).contains("unipic " + command, "Example", "Exit codes:", "130", "141");
        assertThat(run.outLines()).allSatisfy(line -> assertThat(line).hasSizeLessThanOrEqualTo(100));
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "record", "diff"})
    void theKitsCommandsShowTheirs(String command) {
        CommandLineRun run = CommandLineRun.of("conformance", command, "--help");
        assertThat(run.exitCode()).isZero();
        root().getSubcommands()
                .get("conformance")
                .getSubcommands()
                .get(command)
                .getCommandSpec()
                .options()
                .forEach(option -> assertThat(run.out()).contains(option.names()));
        assertThat(run.out()).contains("unipic conformance " + command, "Example", "Exit codes:", "130", "141");
    }

    @Test
    void hasAllCommands() {
        assertThat(commands())
                .contains("generate", "edit", "inpaint", "describe", "chat", "batch", "export", "info", "conformance");
    }

    @ParameterizedTest
    @ValueSource(strings = {"--version", "-V"})
    void printsTheVersion(String option) {
        CommandLineRun run = CommandLineRun.of(option);
        assertThat(run.out()).startsWith("unipic ");
        assertThat(run.exitCode()).isZero();
    }

    @ParameterizedTest
    @CsvSource({"20, 55", "60, 60", "1000, 100"})
    void fitsTheTerminal(int columns, int longest) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        Session session = new Session(
                null,
                () -> false,
                Output.results(out, StandardCharsets.UTF_8, () -> true),
                Output.messages(OutputStream.nullOutputStream(), StandardCharsets.UTF_8, () -> false),
                () -> columns,
                name -> null,
                new Cancellation());
        assertThat(UniPicCommand.run(session, "generate", "--help")).isZero();
        int widest = out.toString(StandardCharsets.UTF_8)
                .lines()
                .mapToInt(String::length)
                .max()
                .orElseThrow();
        assertThat(widest).isBetween(longest - 10, longest);
    }

    @Test
    void hasNoColorsAwayFromATerminal() {
        assertThat(CommandLineRun.of("--help").out()).doesNotContain("\u001b");
    }
}
