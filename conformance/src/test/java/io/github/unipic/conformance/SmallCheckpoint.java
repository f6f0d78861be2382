package io.github.unipic.conformance;

import io.github.unipic.export.ExportListener;
import io.github.unipic.export.ExportRequest;
import io.github.unipic.export.Exporter;
import io.github.unipic.export.Precision;
import io.github.unipic.files.FileTree;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The embedded checkpoint on disk, and its exports, created once for all tests and removed at the end. Its float32
 * model is the sdk's {@link io.github.unipic.testing.SmallModel}.
 */
final class SmallCheckpoint {
    private static final Path FOLDER = create();

    private SmallCheckpoint() {}

    static Path folder() {
        return FOLDER.resolve("checkpoint");
    }

    static Path golden() {
        return FOLDER.resolve("golden");
    }

    /** The float16 model; tests must not change it. */
    static synchronized Path halfModel() {
        Path model = FOLDER.resolve("half");
        if (!Files.exists(model)) {
            export(folder(), model, Precision.FP16);
        }
        return model;
    }

    static void export(Path checkpoint, Path model, Precision precision) {
        Exporter.export(new ExportRequest(checkpoint, model, precision, false), ExportListener.NONE);
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
