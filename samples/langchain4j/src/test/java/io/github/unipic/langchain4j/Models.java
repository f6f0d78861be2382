package io.github.unipic.langchain4j;

import io.github.unipic.UniPic;
import io.github.unipic.conformance.EmbeddedCheckpoint;
import io.github.unipic.export.ExportListener;
import io.github.unipic.export.ExportRequest;
import io.github.unipic.export.Exporter;
import io.github.unipic.export.Precision;
import io.github.unipic.files.FileTree;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The models of all tests of a JVM. */
final class Models {
    private Models() {}

    /** Random weights: its answers are gibberish, long, and the same each time. */
    static UniPic small() {
        return Small.UNIPIC;
    }

    /** Knows colored shapes. */
    static UniPic trained() {
        return Trained.UNIPIC;
    }

    private static final class Small {
        static final UniPic UNIPIC = UniPic.load(SmallModel.folder());
    }

    private static final class Trained {
        static final UniPic UNIPIC = UniPic.load(export());
    }

    private static Path export() {
        try {
            Path folder = Files.createTempDirectory("unipic-trained-");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(folder)));
            EmbeddedCheckpoint.TRAINED.copyTo(folder);
            Path model = folder.resolve("model");
            Exporter.export(
                    new ExportRequest(folder.resolve("checkpoint"), model, Precision.FP32, false), ExportListener.NONE);
            return model;
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
