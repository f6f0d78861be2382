package io.github.unipic;

/** Hears how a request comes along. */
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
