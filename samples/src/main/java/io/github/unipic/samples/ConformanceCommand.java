package io.github.unipic.samples;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.unipic.conformance.Comparison;
import io.github.unipic.conformance.ConformanceReport;
import io.github.unipic.conformance.GoldenReplay;
import io.github.unipic.export.Precision;
import java.io.IOException;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code unipic conformance}: compares this machine's results with recorded ones. */
@Command(
        name = "conformance",
        description = {
            "Exports a checkpoint, replays recorded PyTorch tensors through it, and compares: one line a tensor.",
            "Without --checkpoint and --golden it uses the small checkpoint and the tensors that come with unipic.",
        },
        exitCodeOnExecutionException = UniPicCommand.WRONG_INPUT,
        exitCodeList = {
            "0:every tensor agrees, and at least one was compared",
            "1:at least one tensor differs",
            "2:could not run, or nothing was compared",
            "130:cancelled",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  unipic conformance",
            "  unipic conformance --checkpoint tiny/checkpoint --golden tiny/golden --json report.json",
        })
final class ConformanceCommand implements Callable<Integer> {
    @ParentCommand
    private UniPicCommand unipic;

    @Spec
    private CommandSpec spec;

    @ArgGroup(exclusive = false)
    private Recording recording;

    @Option(names = "--json", paramLabel = "FILE", description = "Also write the comparisons to this file.")
    private Path json;

    /** A checkpoint and the tensors recorded from it: both or none. */
    static final class Recording {
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

    @Override
    public Integer call() {
        if (json != null && !Files.isDirectory(json.toAbsolutePath().getParent())) {
            throw new ParameterException(
                    spec.commandLine(), "--json is " + json + ", but its folder does not exist; make it first");
        }
        ConformanceReport report = replay();
        if (json != null) {
            write(report, json);
        }
        PrintStream out = unipic.session().out();
        int compared = report.comparisons().size();
        if (compared == 0) {
            throw new ParameterException(
                    spec.commandLine(),
                    "nothing was compared: no file with a known name in "
                            + (recording == null ? "the built-in recording" : recording.golden));
        }
        long failed = report.comparisons().stream().filter(c -> !c.passed()).count();
        out.println(
                report.passed()
                        ? "PASS: " + compared + " of " + compared + " tensors agree"
                        : "FAIL: " + failed + " of " + compared + " tensors differ");
        return report.passed() ? UniPicCommand.OK : UniPicCommand.FAILED;
    }

    private ConformanceReport replay() {
        Session session = unipic.session();
        GoldenReplay replay = new GoldenReplay(
                Precision.FP32,
                session.cancellation(),
                comparison -> session.out().println(line(comparison)));
        return recording == null ? replay.runEmbedded() : replay.run(recording.checkpoint, recording.golden);
    }

    private static String line(Comparison comparison) {
        return String.format(
                Locale.ROOT,
                "%s  %-52s %s %.2e, limit %.2e",
                comparison.passed() ? "PASS" : "FAIL",
                comparison.file() + " " + comparison.tensor(),
                comparison.metric(),
                comparison.value(),
                comparison.limit());
    }

    private static void write(ConformanceReport report, Path file) {
        ObjectMapper mapper = new ObjectMapper();
        ObjectNode root = mapper.createObjectNode().put("passed", report.passed());
        ArrayNode comparisons = root.putArray("comparisons");
        for (Comparison comparison : report.comparisons()) {
            comparisons
                    .addObject()
                    .put("file", comparison.file())
                    .put("tensor", comparison.tensor())
                    .put("metric", comparison.metric())
                    .put("value", comparison.value())
                    .put("limit", comparison.limit())
                    .put("passed", comparison.passed());
        }
        try {
            mapper.writerWithDefaultPrettyPrinter().writeValue(file.toFile(), root);
        } catch (IOException e) {
            throw new UncheckedIOException("--json " + file + " cannot be written", e);
        }
    }
}
