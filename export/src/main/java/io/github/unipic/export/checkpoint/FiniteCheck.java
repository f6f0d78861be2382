package io.github.unipic.export.checkpoint;

import io.github.unipic.export.ExportException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;

/**
 * Checks all weights for NaN and infinity while they are read. A damaged checkpoint, or one whose training diverged,
 * has some, and they spread to every pixel and every token. Thread-safe.
 */
final class FiniteCheck {
    private static final int CHUNK = 1 << 16;

    private final boolean allow;
    private final Map<String, String> found = new ConcurrentSkipListMap<>();

    /** @param allow note tensors that are not finite, instead of refusing them */
    FiniteCheck(boolean allow) {
        this.allow = allow;
    }

    /** The results for tensors read so far, a sentence for each, by name. */
    List<String> found() {
        return List.copyOf(found.values());
    }

    /** @throws ExportException if a value that was read is not finite, unless that is allowed */
    void check(CheckpointTensor tensor, float[] values, int offset, int count) {
        if (isFinite(values, offset, count) || found.containsKey(tensor.name())) {
            return;
        }
        String result = describe(tensor);
        if (!allow) {
            throw new ExportException(
                    result + "; the checkpoint is damaged, or its training diverged: fetch it again, or"
                            + " export it as it is with --allow-nonfinite");
        }
        found.put(tensor.name(), result);
    }

    private static boolean isFinite(float[] values, int offset, int count) {
        for (int i = offset; i < offset + count; i++) {
            if (!Float.isFinite(values[i])) {
                return false;
            }
        }
        return true;
    }

    private static String describe(CheckpointTensor tensor) {
        float[] values = new float[(int) Math.min(CHUNK, tensor.elementCount())];
        long bad = 0;
        long first = 0;
        for (long start = 0; start < tensor.elementCount(); start += values.length) {
            int count = (int) Math.min(values.length, tensor.elementCount() - start);
            tensor.readUnchecked(start, values, 0, count);
            for (int i = 0; i < count; i++) {
                if (!Float.isFinite(values[i])) {
                    first = bad == 0 ? start + i : first;
                    bad++;
                }
            }
        }
        return "tensor '" + tensor.name() + "' in " + tensor.fileName() + " holds " + bad + " of "
                + tensor.elementCount() + " values that are NaN, infinite or beyond float32, the first at index "
                + index(tensor, first);
    }

    private static List<Long> index(CheckpointTensor tensor, long element) {
        long[] shape = tensor.shape();
        List<Long> index = new ArrayList<>();
        long rest = element;
        for (int axis = shape.length - 1; axis >= 0; axis--) {
            index.add(0, rest % shape[axis]);
            rest /= shape[axis];
        }
        return index;
    }
}
