package io.github.unipic.cli;

import io.github.unipic.ExecutionProvider;
import io.github.unipic.conformance.ConformanceRun;
import io.github.unipic.conformance.Isolation;
import io.github.unipic.conformance.Selection;
import io.github.unipic.conformance.Source;
import io.github.unipic.conformance.Suite;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.conformance.report.ConformanceReport;
import io.github.unipic.conformance.report.ReportFolder;
import io.github.unipic.conformance.report.TerminalReport;
import io.github.unipic.export.Flavor;
import io.github.unipic.export.Precision;
import io.github.unipic.export.Precisions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code unipic conformance run}: compares what this machine and provider compute with the reference. */
@Command(
        name = "run",
        description = {
            "Checks each graph, images, answers, repeatability, concurrent requests, and which provider ran what."
                    + " Writes report.html, report.json and report.xml.",
            "The cases run in a process of their own. If that crashes, exits, takes more than --case-limit for a case or"
                    + " more than --memory-limit, the case fails, and another process goes on with the next.",
            "Without --model it compares the built-in small checkpoint with PyTorch's tensors. With"
                    + " --model it compares a model folder with --reference, or with the CPU provider on this machine.",
            "With --checkpoint and --golden it exports a checkpoint in float32 and compares it with PyTorch's tensors for"
                    + " that checkpoint, and with nothing else.",
        },
        exitCodeOnExecutionException = UniPicCommand.WRONG_INPUT,
        exitCodeList = {
            "0:every check passed",
            "1:at least one check failed",
            "2:could not run, did not finish, or compared nothing",
            "130:cancelled",
            "141:the program that read the output has ended",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  unipic conformance run",
            "  unipic conformance run --suite full --provider cuda --provider-option use_tf32=0 --strict",
            "  unipic conformance run --provider-library vendor=libvendor_ep.so --provider VendorEP",
            "  unipic conformance run --model unipic-1.5b --reference reference.safetensors --out report",
            "  unipic conformance run --only decoder_step/past_512 --dump failed --provider cuda",
            "  unipic conformance run --checkpoint tiny/checkpoint --golden tiny/golden",
        })
final class ConformanceRunCommand implements Callable<Integer> {
    @ParentCommand
    private ConformanceCommand conformance;

    @Spec
    private CommandSpec spec;

    @Mixin
    private ProviderOptions providerOptions;

    @Option(names = "--model", paramLabel = "DIR", description = "Model folder to test, as 'unipic export' writes it.")
    private Path model;

    @Option(
            names = "--reference",
            paramLabel = "FILE",
            description = "Reference of that model, from 'unipic conformance record' or conformance/pytorch. Default:"
                    + " recorded first, with the CPU provider.")
    private Path reference;

    @ArgGroup(exclusive = false)
    private Recorded recorded;

    /** A checkpoint and the tensors recorded from it: both or none. */
    static final class Recorded {
        @Option(
                names = "--checkpoint",
                required = true,
                paramLabel = "DIR",
                description = "In place of --model: checkpoint in the published layout.")
        private Path checkpoint;

        @Option(
                names = "--golden",
                required = true,
                paramLabel = "DIR",
                description = "Folder of PyTorch's tensors for that checkpoint (*.safetensors).")
        private Path golden;
    }

    @Option(
            names = "--precision",
            paramLabel = "NAME",
            description =
                    "Without --model or --checkpoint: precision of the small checkpoint's export: fp32, fp16, bf16, int8 or int4."
                            + " Default: fp32.")
    private Optional<Precision> precision = Optional.empty();

    @Option(
            names = "--flavor",
            paramLabel = "NAME",
            description =
                    "Without --model or --checkpoint: flavor of the small checkpoint's export: portable or fused. Default:"
                            + " portable.")
    private Optional<Flavor> flavor = Optional.empty();

    @Option(
            names = "--suite",
            paramLabel = "NAME",
            description = "smoke: under a minute; full: every case. Default: smoke; with --only: full.")
    private Optional<Suite> suite = Optional.empty();

    @Option(
            names = "--only",
            paramLabel = "GRAPH[/CASE]",
            description = "Run only the cases of a graph or task, or one of them, such as decoder_step/past_512; or the"
                    + " case of a check, by its name in a report. Can be repeated. The report says so, and with --model"
                    + " the files' SHA-256 are not compared.")
    private List<String> only = new ArrayList<>();

    @Option(
            names = "--dump",
            paramLabel = "DIR",
            description = "Write inputs, expected and actual outputs of cases that fail as .npy files, and the graphs"
                    + " with their weights, to debug without Java. An earlier dump there is replaced.")
    private Optional<Path> dump = Optional.empty();

    @Option(
            names = "--strict",
            description = "Fail if the CPU runs nodes in place of the provider, in one case of each graph.")
    private boolean strict;

    @Option(
            names = "--tolerance",
            paramLabel = "NAME",
            description =
                    "Use the tolerances of another precision than the model's (fp32, fp16, bf16, int8 or int4), for a"
                            + " provider that computes in a lower one. The report says so.")
    private String tolerance;

    @Option(
            names = "--label",
            paramLabel = "KEY=VALUE",
            description = "A note for the report, such as driver=1.2; can be repeated.")
    private Map<String, String> labels = new TreeMap<>();

    @Option(
            names = "--case-limit",
            defaultValue = "600",
            paramLabel = "SECONDS",
            description = "How long one case may take before it fails and its process is ended. Default: 600.")
    private int caseLimit;

    @Option(
            names = "--memory-limit",
            paramLabel = "GB",
            description = "How much memory a process that runs cases may use, mapped files excluded, before its case"
                    + " fails; on Linux only. Default: nine tenths of the machine's.")
    private Optional<Double> memoryLimit = Optional.empty();

    @Option(
            names = "--no-isolation",
            description =
                    "Run the cases in this process, as for a debugger, and not in one that may crash, hang or exit"
                            + " without an end of the run. --case-limit and --memory-limit have no effect then.")
    private boolean noIsolation;

    @Option(
            names = "--out",
            defaultValue = "unipic-conformance",
            paramLabel = "DIR",
            description = "Folder for the report, which replaces an earlier one there. Default: unipic-conformance.")
    private Path out;

    @Option(
            names = {"-q", "--quiet"},
            description = "Print only the verdict.")
    private boolean quiet;

    @Override
    public Integer call() throws IOException {
        if (reference != null && model == null) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--reference needs the model folder that it was recorded from; give it with --model");
        }
        if (recorded != null && model != null) {
            throw new ParameterException(spec.commandLine(), "--checkpoint is in place of --model; give one of them");
        }
        if ((model != null || recorded != null) && (precision.isPresent() || flavor.isPresent())) {
            throw new ParameterException(
                    spec.commandLine(),
                    "--precision and --flavor are of the small checkpoint's export; leave them out with --model or"
                            + " --checkpoint");
        }
        Session session = conformance.session();
        ReportFolder.requireReplaceable(out);
        if (model != null && reference == null && providerOptions.replacesRuntime()) {
            session.err()
                    .println("No --reference given: it will be recorded by the ONNX Runtime under test (--ort-native),"
                            + " which proves only that results repeat; record one without --ort-native.");
        }
        Optional<Isolation> isolation = noIsolation ? Optional.empty() : Optional.of(isolation());
        // In isolation this process loads neither ONNX Runtime nor a provider.
        ExecutionProvider provider = noIsolation
                ? providerOptions.choose(ExecutionProvider.CPU).provider()
                : providerOptions.asked(ExecutionProvider.CPU);
        ConformanceReport report;
        try (ProgressLines progress = new ProgressLines(session, out, quiet)) {
            report = new ConformanceRun(
                            source(),
                            provider,
                            suite.orElse(only.isEmpty() ? Suite.SMOKE : Suite.FULL),
                            new Selection(only),
                            strict,
                            Optional.ofNullable(tolerance),
                            labels,
                            dump,
                            isolation,
                            session.cancellation(),
                            progress)
                    .run();
        }
        ReportFolder.write(report, out);
        if (report.checks().isEmpty()) {
            throw new ParameterException(
                    spec.commandLine(), "nothing was compared: no file with a known name in " + recorded.golden);
        }
        if (quiet) {
            session.out().println(report.passed() ? "PASS" : "FAIL");
        } else {
            TerminalReport.write(report, session.out());
            session.out().println("Report: " + out.resolve("report.html"));
            dump.ifPresent(folder -> session.out().println(dumped(folder)));
        }
        return report.passed() ? UniPicCommand.OK : UniPicCommand.FAILED;
    }

    private static String dumped(Path folder) {
        return "Dump: "
                + (Files.isDirectory(folder.resolve("cases"))
                        ? folder.resolve("README.md")
                        : "no case failed that has tensors");
    }

    private Isolation isolation() {
        return new Isolation(
                Duration.ofSeconds(caseLimit),
                memoryLimit.map(gigabytes -> Math.round(gigabytes * 1e9)).orElseGet(Isolation::usualMemoryLimit),
                providerOptions.nativeFolder(),
                providerOptions.libraries(),
                providerOptions.loggingOptions());
    }

    private Source source() {
        if (recorded != null) {
            return new Source.Goldens(recorded.checkpoint, recorded.golden);
        }
        return model == null
                ? new Source.Embedded(Precisions.of(precision()), flavor(), kept())
                : new Source.Model(model, Optional.ofNullable(reference));
    }

    private Precision precision() {
        return precision.orElse(Precision.FP32);
    }

    private Flavor flavor() {
        return flavor.orElse(Flavor.PORTABLE);
    }

    /** Single cases are often repeated, so what is exported for them is kept. A whole run depends on nothing kept. */
    private Optional<Path> kept() {
        if (only.isEmpty()) {
            return Optional.empty();
        }
        BuildCache cache = BuildCache.of(conformance.session());
        String name = String.join("-", ConformanceCommand.NAME, precision().label(), flavor().label());
        if (!Files.isDirectory(cache.folder(name))) {
            cache.deleteStale(name);
        }
        return Optional.of(cache.folder(name));
    }

    /** Shows a line for each phase of a run, and the progress within it. */
    private static final class ProgressLines implements ConformanceRun.Listener, AutoCloseable {
        private final Session session;
        private final Path out;
        private final boolean quiet;
        private ProgressDisplay display = new ProgressDisplay.Silent();

        ProgressLines(Session session, Path out, boolean quiet) {
            this.session = session;
            this.out = out;
            this.quiet = quiet;
        }

        @Override
        public void onPhase(String phase) {
            display.close();
            display = ProgressDisplay.start(session, quiet, phase, ProgressDisplay.Unit.CASES);
            if (!quiet) {
                session.err().println(phase.substring(0, 1).toUpperCase(Locale.ROOT) + phase.substring(1));
            }
        }

        @Override
        public void onProgress(int done, int total) {
            display.update(done, total, Optional.empty());
        }

        @Override
        public void onCheck(Check check) {
            if (!quiet && !check.passed()) {
                session.err().println("  failed: " + TerminalText.line(check.name()));
            }
        }

        @Override
        public void onOutput(String line) {
            if (!quiet) {
                session.err().println("  | " + line);
            }
        }

        @Override
        public void onInterim(ConformanceReport report) {
            ReportFolder.write(report, out);
        }

        @Override
        public void close() {
            display.close();
        }
    }
}
