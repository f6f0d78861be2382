package io.github.unipic.conformance;

import io.github.unipic.Cancellation;
import io.github.unipic.export.ExportListener;
import io.github.unipic.export.ExportRequest;
import io.github.unipic.export.Exporter;
import io.github.unipic.export.Flavor;
import io.github.unipic.export.Precision;
import io.github.unipic.export.Precisions;
import io.github.unipic.files.FileTree;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalLong;

/**
 * The embedded checkpoint on disk, its exports and a reference, created once for all tests and removed at the end;
 * tests must not change them. Its float32 model is the sdk's {@link SmallModel}.
 */
final class SmallCheckpoint {
    private static final Path FOLDER = create();
    private static final Map<Precisions, Path> MODELS = new HashMap<>();

    private SmallCheckpoint() {}

    static Path folder() {
        return FOLDER.resolve("checkpoint");
    }

    static Path golden() {
        return FOLDER.resolve("golden");
    }

    /** PyTorch's results for the kit's cases. */
    static Path reference() {
        return FOLDER.resolve("reference.safetensors");
    }

    /** What {@link SmallModel} computes in the cases of the smallest suite. */
    static synchronized Path recording() {
        Path file = FOLDER.resolve("recording.safetensors");
        if (!Files.exists(file)) {
            new Recording(SmallModel.folder(), Suite.SMOKE, OptionalLong.empty(), new Cancellation(), (done, all) -> {})
                    .writeTo(file);
        }
        return file;
    }

    /** The portable model of a precision. */
    static Path model(Precision precision) {
        return model(Precisions.of(precision));
    }

    static synchronized Path model(Precisions precisions) {
        return MODELS.computeIfAbsent(precisions, once -> {
            Path model = FOLDER.resolve("model-" + MODELS.size());
            Exporter.export(new ExportRequest(folder(), model, once, Flavor.PORTABLE, false), ExportListener.NONE);
            return model;
        });
    }

    /** Exports a checkpoint in float32. */
    static void export(Path checkpoint, Path model, Flavor flavor) {
        Precisions precisions = Precisions.of(Precision.FP32);
        Exporter.export(new ExportRequest(checkpoint, model, precisions, flavor, false), ExportListener.NONE);
    }

    private static Path create() {
        try {
            Path folder = Files.createTempDirectory("unipic-small-checkpoint-");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
            EmbeddedCheckpoint.RANDOM.copyTo(folder);
            return folder;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static void delete(Path folder) {
        try {
            FileTree.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
