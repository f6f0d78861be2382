package io.github.unipic.export.checkpoint;

import java.util.List;
import java.util.Map;

/**
 * What a file of weights holds.
 *
 * @param tensors by their names in the file
 * @param wrappers the keys that lead to the dictionary of tensors, from the outside in; none where it is the entire
 *     file
 * @param siblings keys beside those, whose values are not read
 */
record FileIndex(Map<String, StoredTensor> tensors, List<String> wrappers, List<String> siblings) {
    FileIndex(Map<String, StoredTensor> tensors) {
        this(tensors, List.of(), List.of());
    }
}
