package io.github.unipic.export;

/** Is notified of the progress of an export, on the exporting thread. */
@FunctionalInterface
public interface ExportListener {
    /** Does nothing. */
    ExportListener NONE = (written, total, file) -> {};

    /**
     * @param bytesWritten bytes of weights written so far
     * @param bytesTotal bytes of weights of the entire export
     * @param file the file that is being written
     */
    void onProgress(long bytesWritten, long bytesTotal, String file);
}
