package io.github.unipic;

/** Is notified of an answer while it is written. */
@FunctionalInterface
public interface TextListener {
    /**
     * Called on the thread that asked, which waits for it. What it throws ends the request and reaches the request's
     * caller.
     *
     * @param chunk the next whole characters, at least one; all chunks together are the answer's text
     */
    void onText(String chunk);
}
