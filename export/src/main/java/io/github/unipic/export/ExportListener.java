package io.github.unipic.export;

/** Hears how far an export is. Called on the exporting thread. */
@FunctionalInterface
public interface ExportListener {
    /** Listens to nothing. */
    ExportListener NONE = (written, total, file) -> {};

    /**
     * @param bytesWritten of weights so far
     * @param bytesTotal when done
     * @param file being written
     */
    void onProgress(long bytesWritten, long bytesTotal, String file);
}
