package io.github.unipic.conformance.cases;

import io.github.unipic.generation.Philox;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.stream.IntStream;
import java.util.zip.CRC32;

/**
 * Numbers that depend only on a seed, a stream's name and an index, and have the same bits in every language.
 * docs/conformance-cases.md has the rules.
 */
public final class SeededValues {
    private static final double WORD = 0x1p-32;
    private static final double UNIT_VARIANCE = 1.7320508075688772;

    private final long key;

    public SeededValues(long seed, String stream) {
        CRC32 crc = new CRC32();
        crc.update(stream.getBytes(StandardCharsets.UTF_8));
        key = seed << 32 | crc.getValue();
    }

    /** Zero mean, unit variance: the sum of four uniform words. */
    public float floatAt(long index) {
        int[] words = block(index);
        long sum = 0;
        for (int word : words) {
            sum += Integer.toUnsignedLong(word);
        }
        return (float) ((sum * WORD - 2) * UNIT_VARIANCE);
    }

    float[] floats(int count) {
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = floatAt(i);
        }
        return values;
    }

    /** Integers from 0 to {@code bound} - 1. */
    public long[] below(int bound, int count) {
        long[] values = new long[count];
        for (int i = 0; i < count; i++) {
            values[i] = Integer.remainderUnsigned(block(i)[0], bound);
        }
        return values;
    }

    /** The numbers 0 to n - 1 in random order, another one for each row. */
    public int[] permutation(int row, int n) {
        long[] words = new long[n];
        for (int i = 0; i < n; i++) {
            words[i] = Integer.toUnsignedLong(block((long) row * n + i)[0]);
        }
        // Sorting is stable: equal words keep the order of their positions.
        return IntStream.range(0, n)
                .boxed()
                .sorted(Comparator.comparingLong(i -> words[i]))
                .mapToInt(Integer::intValue)
                .toArray();
    }

    private int[] block(long index) {
        return Philox.block(key, (int) index, (int) (index >>> 32), 0, 0);
    }
}
