package io.github.unipic.cli;

import io.github.unipic.CancelledException;
import io.github.unipic.export.ExportReport;
import io.github.unipic.export.ExportRequest;
import io.github.unipic.export.Exporter;
import io.github.unipic.export.Flavor;
import io.github.unipic.export.Precision;
import io.github.unipic.export.Precisions;
import io.github.unipic.files.ByteSize;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParentCommand;

/** {@code unipic export}: converts a published checkpoint to a model folder. */
@Command(
        name = "export",
        description = "Converts a published PyTorch checkpoint to a model folder (ONNX graphs and weights).",
        footerHeading = "%nExamples:%n",
        footer = {
            "  unipic export --checkpoint UniPic-1.5B --out unipic-1.5b",
            "  unipic export --checkpoint UniPic-1.5B --out unipic-1.5b-fp16 --precision fp16",
            "  unipic export --checkpoint UniPic-1.5B --out unipic-1.5b-int8 --precision int8 --graph-precision"
                    + " token_sampler=fp32",
            "  unipic export --checkpoint UniPic-1.5B --out unipic-1.5b-int4 --precision int4 --int4-block 32",
        })
final class ExportCommand implements Callable<Integer> {
    private static final int LINES_SHOWN = 20;

    @ParentCommand
    private UniPicCommand unipic;

    @Option(
            names = "--checkpoint",
            required = true,
            paramLabel = "DIR",
            description =
                    "Folder with pytorch_model.bin, kl16.ckpt and the two model folders; or the repository's folder in"
                            + " Hugging Face's cache. 'unipic download' fetches it.")
    private Path checkpoint;

    @Option(names = "--out", required = true, paramLabel = "DIR", description = "Model folder to write.")
    private Path out;

    @Option(
            names = "--precision",
            defaultValue = "fp32",
            paramLabel = "NAME",
            description = "fp32, fp16, bf16, int8 or int4; docs/precision.md compares them. Default: fp32.")
    private Precision precision;

    @Option(
            names = "--graph-precision",
            paramLabel = "GRAPH=NAME",
            description = "Another precision for one graph; can be repeated.")
    private Map<String, Precision> graphPrecisions = Map.of();

    @Option(
            names = "--int4-block",
            paramLabel = "N",
            description = "With int4: values that share a scale in its matrices and in the token table: 32, 64 or 128."
                    + " More is faster and less exact. Default: 64.")
    private Integer blockSize;

    @Option(
            names = "--flavor",
            defaultValue = "portable",
            paramLabel = "NAME",
            description = "portable: standard ONNX operators, for any runtime; fused: some of ONNX Runtime's own, "
                    + "faster with many tokens. Default: portable.")
    private Flavor flavor;

    @Option(
            names = "--force",
            description = "Replace the model folder if it exists, unless it contains files that are not a model's.")
    private boolean force;

    @Option(
            names = "--allow-nonfinite",
            description = "Export weights that are NaN or infinite too. Otherwise they are refused, as the model may be"
                    + " useless.")
    private boolean allowNonFinite;

    @Option(
            names = {"-q", "--quiet"},
            description = "Print only errors.")
    private boolean quiet;

    @Override
    public Integer call() {
        Precisions precisions = blockSize == null
                ? new Precisions(precision, graphPrecisions)
                : new Precisions(precision, graphPrecisions, blockSize);
        export(unipic.session(), quiet, new ExportRequest(checkpoint, out, precisions, flavor, force, allowNonFinite));
        return UniPicCommand.OK;
    }

    /** Exports with progress, and prints the result. */
    static void export(Session session, boolean quiet, ExportRequest request) {
        ExportReport report;
        try (ProgressDisplay progress =
                ProgressDisplay.start(session, quiet, "Exporting", ProgressDisplay.Unit.MEGABYTES)) {
            report = Exporter.export(request, (written, total, graph) -> {
                // The exception makes the exporter delete what it has written so far.
                if (session.cancellation().isCancelled()) {
                    throw new CancelledException("the export was cancelled");
                }
                progress.update(written, total, Optional.empty());
            });
        }
        if (!quiet) {
            print(report, session.out());
        }
    }

    private static void print(ExportReport report, PrintStream out) {
        printSome("", report.notes(), out);
        List<String> unused = report.unusedTensors();
        if (!unused.isEmpty()) {
            out.println(
                    unused.size() + (unused.size() == 1 ? " tensor" : " tensors") + " of the checkpoint are not used:");
            printSome("  ", unused, out);
        }
        out.println("Wrote " + report.folder() + " (" + ByteSize.of(report.bytes()) + ") in "
                + Quantities.time(report.duration()));
    }

    private static void printSome(String indent, List<String> lines, PrintStream out) {
        lines.stream().limit(LINES_SHOWN).forEach(line -> out.println(indent + line));
        if (lines.size() > LINES_SHOWN) {
            out.println(indent + "... and " + (lines.size() - LINES_SHOWN) + " more");
        }
    }
}
