package io.github.unipic.conformance;

import io.github.unipic.ExecutionProvider;
import io.github.unipic.export.ExportListener;
import io.github.unipic.export.ExportRequest;
import io.github.unipic.export.Exporter;
import io.github.unipic.export.Precision;
import io.github.unipic.files.FileTree;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.runtime.RuntimeOptions.Memory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** The embedded checkpoint on disk, and models exported from it; made once for all tests, removed at the end. */
public final class TinyModel {
    private static final Path FOLDER = create();

    private TinyModel() {}

    static Path checkpoint() {
        return FOLDER.resolve("checkpoint");
    }

    static Path golden() {
        return FOLDER.resolve("golden");
    }

    /** The float32 model; tests must not change it. */
    public static synchronized Path model() {
        Path model = FOLDER.resolve("model");
        if (!Files.exists(model)) {
            export(checkpoint(), model);
        }
        return model;
    }

    /** The float16 model; tests must not change it. */
    static synchronized Path halfModel() {
        Path model = FOLDER.resolve("half");
        if (!Files.exists(model)) {
            export(checkpoint(), model, Precision.FP16);
        }
        return model;
    }

    static void export(Path checkpoint, Path model) {
        export(checkpoint, model, Precision.FP32);
    }

    private static void export(Path checkpoint, Path model, Precision precision) {
        Exporter.export(new ExportRequest(checkpoint, model, precision, false), ExportListener.NONE);
    }

    /** A copy of a folder, to be damaged. */
    static Path copy(Path from, Path to) throws IOException {
        try (Stream<Path> paths = Files.walk(from)) {
            for (Path path : paths.toList()) {
                Files.copy(path, to.resolve(from.relativize(path).toString()));
            }
        }
        return to;
    }

    /** One thread of the CPU, and what is kept in memory. */
    static RuntimeOptions options(Memory memory) {
        return new RuntimeOptions(OptionalInt.of(1), ExecutionProvider.CPU, Optional.empty(), memory);
    }

    private static Path create() {
        try {
            Path folder = Files.createTempDirectory("unipic-tiny-");
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
