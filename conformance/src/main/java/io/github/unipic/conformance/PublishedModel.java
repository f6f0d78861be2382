package io.github.unipic.conformance;

import io.github.unipic.OutputException;
import io.github.unipic.conformance.bench.PublishedCheckpoint;
import io.github.unipic.export.ExportListener;
import io.github.unipic.export.ExportRequest;
import io.github.unipic.export.Exporter;
import io.github.unipic.export.Precision;
import io.github.unipic.files.StagingFolder;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Consumer;

/**
 * A model of the published sizes with random weights, to measure speed and memory without a download. It is created in
 * a folder once and reused.
 */
public final class PublishedModel {
    private final Path checkpoint;
    private final Path model;
    private final Precision precision;

    /**
     * Chooses the model; {@link #make} creates it.
     *
     * @param cache the folder for it, created if missing
     * @param precision of the model folder
     */
    public PublishedModel(Path cache, Precision precision) {
        Path home = cache.resolve("published");
        this.checkpoint = home.resolve("checkpoint");
        this.model = home.resolve(precision.name().toLowerCase(Locale.ROOT));
        this.precision = precision;
    }

    /**
     * The checkpoint in the published layout.
     *
     * @return its folder, which exists after {@link #make}
     */
    public Path checkpoint() {
        return checkpoint;
    }

    /**
     * Creates what is missing: the checkpoint of 6.1 GB, then the model folder, of 12 GB in float32.
     *
     * @param notes is notified before something is written, with a line about it
     * @param listener of the export
     * @return the model folder
     * @throws OutputException when the disk has too little space, or writing fails
     */
    public Path make(Consumer<String> notes, ExportListener listener) {
        try {
            Path home = Files.createDirectories(checkpoint.getParent());
            if (!Files.isDirectory(checkpoint)) {
                write(home, notes);
            }
            boolean exists = Files.isDirectory(model);
            if (!exists || !hasAllGraphs(model)) {
                notes.accept("Exporting it to " + model + ".");
                Exporter.export(new ExportRequest(checkpoint, model, precision, exists), listener);
            }
            return model;
        } catch (IOException e) {
            throw new OutputException(
                    "The model of random weights cannot be written to " + checkpoint.getParent(),
                    e,
                    "make room there or set another cache folder");
        }
    }

    /** Not if an earlier version exported it. */
    private static boolean hasAllGraphs(Path model) {
        ModelFolder folder = ModelFolder.open(model, false);
        return Arrays.stream(GraphName.values()).allMatch(folder::has);
    }

    /** Writes to a staging folder first, so that an interrupted run leaves no incomplete checkpoint. */
    private void write(Path home, Consumer<String> notes) throws IOException {
        long bytes = PublishedCheckpoint.bytes();
        notes.accept(String.format(
                Locale.ROOT,
                "Writing random weights of the published sizes, %.1f GB, to %s.",
                bytes / 1e9,
                checkpoint));
        long free = Files.getFileStore(home).getUsableSpace();
        if (free < bytes) {
            throw new OutputException(String.format(
                    Locale.ROOT,
                    "%s has %.1f GB free, and the random weights take %.1f GB; make room, or set another cache folder.",
                    home,
                    free / 1e9,
                    bytes / 1e9));
        }
        try (StagingFolder work = StagingFolder.beside(checkpoint)) {
            PublishedCheckpoint.write(work.path());
            work.commit();
        }
    }
}
