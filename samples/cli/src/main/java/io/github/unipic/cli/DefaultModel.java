package io.github.unipic.cli;

import io.github.unipic.CancelledException;
import io.github.unipic.ModelFormatException;
import io.github.unipic.OutputException;
import io.github.unipic.UniPic;
import io.github.unipic.conformance.EmbeddedCheckpoint;
import io.github.unipic.export.ExportException;
import io.github.unipic.export.ExportListener;
import io.github.unipic.export.ExportRequest;
import io.github.unipic.export.Exporter;
import io.github.unipic.export.Precision;
import io.github.unipic.files.FileTree;
import io.github.unipic.files.StagingFolder;
import io.github.unipic.model.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Function;

/**
 * The built-in small trained model, exported on first use into the user's cache folder.
 *
 * <p>Several processes may start at once. Each exports into its own folder; the first to move its folder to the final
 * path wins, and the others use that one.
 */
final class DefaultModel {
    /** The model's name in its manifest, which is that of its checkpoint's folder. */
    private static final String NAME = "colored-shapes";

    private final BuildCache cache;
    private final EmbeddedCheckpoint checkpoint;
    private final Path folder;
    private final ExportListener listener;

    /** @param cache created if missing */
    DefaultModel(BuildCache cache, EmbeddedCheckpoint checkpoint, ExportListener listener) {
        this.cache = cache;
        this.checkpoint = checkpoint;
        this.folder = cache.folder(NAME);
        this.listener = listener;
    }

    static DefaultModel of(Session session) {
        return new DefaultModel(BuildCache.of(session), EmbeddedCheckpoint.TRAINED, (written, total, graph) -> {
            if (session.cancellation().isCancelled()) {
                throw new CancelledException("the first use of the built-in model was cancelled");
            }
        });
    }

    Path folder() {
        return folder;
    }

    /**
     * Loads the model, and exports it first if it is missing. A damaged folder is exported once more.
     *
     * @throws OutputException if the cache folder cannot be written
     */
    UniPic load(Function<Path, UniPic> loader) {
        try {
            if (!Files.isDirectory(folder)) {
                export();
            }
            try {
                return loader.apply(folder);
            } catch (ModelFormatException damaged) {
                StagingFolder.discard(folder);
                export();
                return loader.apply(folder);
            }
        } catch (IOException e) {
            throw new OutputException(
                    "The built-in model cannot be written to the cache folder " + folder.getParent(),
                    e,
                    "make room there, or set UNIPIC_CACHE to another folder");
        }
    }

    /**
     * Whether a file of an exported folder may have changed since the export, which writes the manifest last. Only then
     * are the checksums of the weights worth their time, which is a tenth of that of an image. Loading checks lengths
     * in any case.
     */
    static boolean mayHaveChanged(Path folder) {
        return FileTree.mayHaveChangedSince(folder, folder.resolve(Manifest.FILE_NAME));
    }

    private void export() throws IOException {
        Files.createDirectories(folder.getParent());
        cache.deleteStale(NAME);
        try (StagingFolder work = StagingFolder.beside(folder)) {
            checkpoint.copyTo(work.path());
            Path named =
                    Files.move(work.path().resolve("checkpoint"), work.path().resolve(NAME));
            Exporter.export(new ExportRequest(named, folder, Precision.FP32, false), listener);
        } catch (ExportException | OutputException e) {
            if (Files.isDirectory(folder)) {
                return; // another process was first with the same model
            }
            if (e.getCause() instanceof IOException cause) {
                throw cause;
            }
            throw e;
        }
    }
}
