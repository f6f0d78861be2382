package io.github.unipic.export.hub;

/** Is notified of a download, on the calling thread. What it throws stops the download, and is thrown by it. */
public interface DownloadListener {
    /**
     * Before anything is fetched: what will be, from where, and under which licenses. Once more if the weights turn out
     * to need further files.
     */
    default void onPlan(DownloadPlan plan) {}

    /**
     * About ten times a second, also while nothing arrives.
     *
     * @param there bytes that have arrived or, of files that were there, have been checked; falls where a file is wrong
     * @param total bytes of all files; 0 until the plan is made
     */
    void onProgress(long there, long total);
}
