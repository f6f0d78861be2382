package io.github.unipic.export.checkpoint;

import io.github.unipic.export.ExportException;

/**
 * A tensor of a kind that is not read here. It is no error where no graph needs it.
 *
 * @param kind for messages, for example {@code of type float8_e4m3fn}
 * @param advice what to do about it, for messages
 */
record UnreadableTensor(String name, String fileName, Kind kind) implements StoredTensor {
    /** Why a tensor is not read, and what to do where it is needed; parts of a message. */
    record Kind(String what, String advice) {
        static Kind ofType(String type) {
            return new Kind("of type " + type, "save it as float32, float16 or bfloat16");
        }

        static Kind ofRank(int axes) {
            return new Kind(
                    "of " + axes + " axes", "no weight has more than " + MAX_RANK + ": save it in its own shape");
        }
    }

    @Override
    public UnreadableTensor as(String canonicalName, FiniteCheck check) {
        return new UnreadableTensor(canonicalName, fileName, kind);
    }

    @Override
    public CheckpointTensor asWeights() {
        throw new ExportException("tensor '" + name + "' in " + fileName + " cannot be read, as it is " + kind.what()
                + "; " + kind.advice() + " with torch, and export that");
    }
}
