package io.github.unipic;

/** Is notified of how far a request has come. */
@FunctionalInterface
public interface ProgressListener {
    /**
     * Called at the end of each iteration, on the thread that runs the request, which waits for it. What it throws ends
     * the request and reaches the request's caller.
     *
     * @param progress how far the request has come
     */
    void onProgress(Progress progress);
}
