package io.github.unipic.export.checkpoint;

/** What a file holds under a tensor's name. */
sealed interface StoredTensor permits CheckpointTensor, UnreadableTensor {
    /** More axes than any weight has; a tensor with more is not read. */
    int MAX_RANK = 8;

    /** The file that holds the tensor, for messages. */
    String fileName();

    /** The same under its canonical name, in a checkpoint that checks everything that is read. */
    StoredTensor as(String canonicalName, FiniteCheck check);

    /**
     * The tensor as weights.
     *
     * @throws io.github.unipic.export.ExportException if it cannot be weights: the message names it and says what to do
     */
    CheckpointTensor asWeights();
}
