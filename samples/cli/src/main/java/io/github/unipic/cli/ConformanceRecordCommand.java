package io.github.unipic.cli;

import io.github.unipic.conformance.Recording;
import io.github.unipic.conformance.Suite;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code unipic conformance record}: writes the reference for other machines and providers. */
@Command(
        name = "record",
        description = {
            "Runs the graphs of a model folder on the CPU with seeded inputs and writes their outputs: the reference"
                    + " for 'unipic conformance run --reference'.",
            "Record the float32 folder; folders of the same model in other precisions can be compared with it.",
        },
        exitCodeOnExecutionException = UniPicCommand.WRONG_INPUT,
        exitCodeList = {
            "0:written",
            "2:could not run",
            "130:cancelled",
            "141:the program that read the output has ended",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  unipic conformance record --model unipic-1.5b --out reference.safetensors",
            "  unipic conformance record --model unipic-1.5b --suite full --out reference.safetensors",
        })
final class ConformanceRecordCommand implements Callable<Integer> {
    @ParentCommand
    private ConformanceCommand conformance;

    @Spec
    private CommandSpec spec;

    @Option(
            names = "--model",
            required = true,
            paramLabel = "DIR",
            description = "Model folder, as 'unipic export' writes it.")
    private Path model;

    @Option(
            names = "--suite",
            defaultValue = "full",
            paramLabel = "NAME",
            description = "Suite whose cases to record: smoke or full. Default: full.")
    private Suite suite;

    @Option(
            names = "--seed",
            paramLabel = "N",
            description = "Seed of the inputs, 0 to 4294967295; 'run' takes it from the reference. Default: the kit's"
                    + " own.")
    private Long seed;

    @Option(
            names = "--out",
            defaultValue = "reference.safetensors",
            paramLabel = "FILE",
            description = "Reference file to write; an earlier one is replaced. Default: reference.safetensors.")
    private Path out;

    @Option(
            names = {"-q", "--quiet"},
            description = "Print only errors.")
    private boolean quiet;

    @Override
    public Integer call() {
        if (seed != null && (seed < 0 || seed >= 1L << 32)) {
            throw new ParameterException(spec.commandLine(), "--seed is " + seed + "; give 0 to 4294967295");
        }
        Session session = conformance.session();
        try (ProgressDisplay progress =
                ProgressDisplay.start(session, quiet, "Recording", ProgressDisplay.Unit.CASES)) {
            new Recording(
                            model,
                            suite,
                            seed == null ? OptionalLong.empty() : OptionalLong.of(seed),
                            session.cancellation(),
                            (done, total) -> progress.update(done, total, Optional.empty()))
                    .writeTo(out);
        }
        if (!quiet) {
            session.out().println("Wrote " + out);
        }
        return UniPicCommand.OK;
    }
}
