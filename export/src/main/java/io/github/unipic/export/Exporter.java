package io.github.unipic.export;

import io.github.unipic.OutputException;
import io.github.unipic.export.checkpoint.Checkpoint;
import io.github.unipic.export.checkpoint.HubCacheLayout;
import io.github.unipic.export.folder.ManifestBuilder;
import io.github.unipic.export.folder.OutputFolder;
import io.github.unipic.export.folder.TokenizerCheck;
import io.github.unipic.export.graphs.GraphSet;
import io.github.unipic.export.modules.Architecture;
import io.github.unipic.export.onnx.ExternalData;
import io.github.unipic.export.onnx.Graph;
import io.github.unipic.files.StagingFolder;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.Manifest.FileSpec;
import io.github.unipic.model.Manifest.GraphSpec;
import io.github.unipic.model.Manifest.Tokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Exports a published PyTorch checkpoint to a folder of ONNX graphs. The graphs are built operator by operator from the
 * tensors' shapes. Weights are streamed, so a model of any size needs only a small heap.
 */
public final class Exporter {
    private static final String TOKENIZER = "tokenizer.json";

    private Exporter() {}

    /**
     * Exports a checkpoint. The folder appears complete at the end, or not at all.
     *
     * @param request what to export, and where to
     * @param listener is notified of the progress
     * @return what was exported
     * @throws ExportException when the checkpoint is incomplete, damaged or unsupported, or the output exists and may
     *     not be replaced
     * @throws OutputException when the output cannot be written; an existing folder is then unchanged
     */
    public static ExportReport export(ExportRequest request, ExportListener listener) {
        Instant start = Instant.now();
        Path source = HubCacheLayout.checkpoint(request.checkpoint());
        try (Checkpoint checkpoint = Checkpoint.open(source, request.allowNonFinite());
                OutputFolder output = OutputFolder.create(request.output(), request.overwrite())) {
            Architecture architecture = Architecture.of(checkpoint);
            Tokens tokens = TokenizerCheck.tokens(checkpoint, architecture.llm().vocabulary());
            ExternalData data = new ExternalData();
            List<Graph> graphs = GraphSet.of(checkpoint, architecture, request.precisions(), request.flavor(), data);
            output.requireSpace(
                    data.files().values().stream().mapToLong(Long::longValue).sum());

            Map<String, FileSpec> files = new TreeMap<>();
            writeWeights(data, output, files, listener);
            Map<String, GraphSpec> specs = writeGraphs(graphs, request.precisions(), output, files);
            files.put(TOKENIZER, output.write(TOKENIZER, out -> Files.copy(checkpoint.tokenizerFile(), out)));
            Manifest manifest = new ManifestBuilder(checkpoint, architecture, tokens)
                    .build(HubCacheLayout.name(source), "unipic-export " + version(), specs, files);
            output.write(Manifest.FILE_NAME, out -> out.write(manifest.toJson()));

            output.commit();
            return new ExportReport(
                    request.output(),
                    files.values().stream().mapToLong(FileSpec::bytes).sum(),
                    List.copyOf(checkpoint.unused()),
                    checkpoint.notes(),
                    Duration.between(start, Instant.now()));
        } catch (IOException e) {
            throw new OutputException(
                    "Writing " + request.output() + " failed",
                    e,
                    stateOf(request.output()) + "; make room there or use another folder");
        }
    }

    /** The state of the output after a failed export, for its message. */
    private static String stateOf(Path output) {
        Path target = output.toAbsolutePath().normalize();
        return StagingFolder.displaced(target)
                .map(old -> "the former folder is now " + old + ", and the next export restores it")
                .orElse(Files.exists(target) ? "the existing folder is unchanged" : "nothing was left there");
    }

    private static void writeWeights(
            ExternalData data, OutputFolder output, Map<String, FileSpec> files, ExportListener listener)
            throws IOException {
        Meter meter = new Meter(data, listener);
        for (String file : data.files().keySet()) {
            files.put(file, output.write(file, out -> data.write(file, out, bytes -> meter.add(bytes, file))));
        }
    }

    private static Map<String, GraphSpec> writeGraphs(
            List<Graph> graphs, Precisions precisions, OutputFolder output, Map<String, FileSpec> files)
            throws IOException {
        Map<String, GraphSpec> specs = new LinkedHashMap<>();
        for (Graph graph : graphs) {
            String file = graph.name() + ".onnx";
            files.put(file, output.write(file, graph.toModel("unipic-export", version())::writeTo));
            specs.put(graph.name(), ManifestBuilder.graph(graph, file, precisions.of(graph.name())));
        }
        return specs;
    }

    private static String version() {
        String version = Exporter.class.getPackage().getImplementationVersion();
        return version == null ? "development" : version;
    }

    /** Counts the bytes of all files for the listener. */
    private static final class Meter {
        private final ExportListener listener;
        private final long total;
        private long written;

        Meter(ExternalData data, ExportListener listener) {
            this.listener = listener;
            this.total = data.bytes();
        }

        void add(long bytes, String file) {
            written += bytes;
            listener.onProgress(written, total, file);
        }
    }
}
