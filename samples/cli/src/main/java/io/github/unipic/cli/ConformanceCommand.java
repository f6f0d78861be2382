package io.github.unipic.cli;

import io.github.unipic.ExecutionProvider;
import io.github.unipic.conformance.ConformanceRun;
import io.github.unipic.conformance.Source;
import io.github.unipic.conformance.Suite;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.conformance.report.ConformanceReport;
import io.github.unipic.conformance.report.ReportFolder;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code unipic conformance}: the kit's commands. Without a command it replays recorded tensors, line by line. */
@Command(
        name = ConformanceCommand.NAME,
        description = {
            "Checks that a machine runs UniPic correctly: see 'unipic conformance run --help'.",
            "Without a command it exports a checkpoint, replays recorded PyTorch tensors through it on the CPU, and"
                    + " prints one line for each tensor. By default it uses the small checkpoint that comes with"
                    + " unipic; --checkpoint and --golden name another.",
        },
        subcommands = {ConformanceRunCommand.class, ConformanceRecordCommand.class},
        exitCodeOnExecutionException = UniPicCommand.WRONG_INPUT,
        exitCodeList = {
            "0:every tensor agrees, and at least one was compared",
            "1:at least one tensor differs",
            "2:could not run, or nothing was compared",
            "130:cancelled",
            "141:the program that read the output has ended",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  unipic conformance run",
            "  unipic conformance run --provider cuda --suite full",
            "  unipic conformance --checkpoint tiny/checkpoint --golden tiny/golden --json report.json",
        })
final class ConformanceCommand implements Callable<Integer> {
    static final String NAME = "conformance";

    @ParentCommand
    private UniPicCommand unipic;

    @Spec
    private CommandSpec spec;

    @ArgGroup(exclusive = false)
    private Recorded recorded;

    @Option(names = "--json", paramLabel = "FILE", description = "Also write the comparisons to this file.")
    private Path json;

    /** A checkpoint and the tensors recorded from it: both or neither. */
    static final class Recorded {
        @Option(
                names = "--checkpoint",
                required = true,
                paramLabel = "DIR",
                description = "Checkpoint in the published layout.")
        private Path checkpoint;

        @Option(
                names = "--golden",
                required = true,
                paramLabel = "DIR",
                description = "Folder of the recorded tensors (*.safetensors).")
        private Path golden;
    }

    Session session() {
        return unipic.session();
    }

    @Override
    public Integer call() {
        if (json != null) {
            JsonFile.requirePossible(spec, json);
        }
        ConformanceReport report = replay();
        if (json != null) {
            ReportFolder.writeJson(report, json);
        }
        int compared = report.checks().size();
        if (compared == 0) {
            throw new ParameterException(
                    spec.commandLine(), "nothing was compared: no file with a known name in " + recorded.golden);
        }
        session()
                .out()
                .println(
                        report.passed()
                                ? "PASS: " + compared + " of " + compared + " checks agree"
                                : "FAIL: " + report.failures().size() + " of " + compared + " checks differ");
        return report.passed() ? UniPicCommand.OK : UniPicCommand.FAILED;
    }

    private ConformanceReport replay() {
        PrintStream out = session().out();
        return new ConformanceRun(
                        recorded == null
                                ? new Source.EmbeddedGoldens()
                                : new Source.Goldens(recorded.checkpoint, recorded.golden),
                        ExecutionProvider.CPU,
                        Suite.FULL,
                        false,
                        Optional.empty(),
                        Map.of(),
                        session().cancellation(),
                        new ConformanceRun.Listener() {
                            @Override
                            public void onCheck(Check check) {
                                out.println(line(check));
                            }
                        })
                .run();
    }

    private static String line(Check check) {
        return String.format(
                Locale.ROOT,
                "%s  %-52s %s %.2e, limit %.2e",
                check.passed() ? "PASS" : "FAIL",
                TerminalText.line(check.scenario() + " " + check.tensor()),
                check.metric(),
                check.value(),
                check.limit());
    }
}
