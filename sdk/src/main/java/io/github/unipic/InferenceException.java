package io.github.unipic;

/** The native runtime failed (ONNX Runtime, or the tokenizer's native library), or memory lacks. */
public final class InferenceException extends UniPicException {
    private static final long serialVersionUID = 1L;

    /**
     * Creates one.
     *
     * @param message one line: what was wrong, where, and what to do about it
     */
    public InferenceException(String message) {
        super(message);
    }

    /**
     * Creates one with its cause.
     *
     * @param message one line: what was wrong, where, and what to do about it
     * @param cause what led to it
     */
    public InferenceException(String message, Throwable cause) {
        super(message, cause);
    }
}
