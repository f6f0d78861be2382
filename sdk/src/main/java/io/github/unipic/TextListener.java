package io.github.unipic;

/** Hears an answer while it is written. Called on the thread that asked. */
@FunctionalInterface
public interface TextListener {
    /** @param piece the next whole characters; all pieces together are the answer */
    void onText(String piece);
}
