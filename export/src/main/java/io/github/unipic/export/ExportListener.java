package io.github.unipic.export;

/** Is notified of the progress of an export, on the exporting thread. */
@FunctionalInterface
public interface ExportListener {
    /** Does nothing. */
    ExportListener NONE = (written, total, file) -> {};

    /**
     * Is notified after each part of the weights that was written.
     *
     * @param bytesWritten bytes of weights written so far
     * @param bytesTotal bytes of weights of the whole export
     * @param file name of the file that is being written
     */
    void onProgress(long bytesWritten, long bytesTotal, String file);
}
