package io.github.unipic.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.random.RandomGenerator;

/** Changes the header of a safetensors file and corrects its length, and sometimes changes any bytes. */
public final class SafetensorsMutator implements Mutator {
    private static final int LENGTH_BYTES = Long.BYTES;

    private final Mutator json;
    private final Mutator bytes = new ByteMutator().inFirst(LENGTH_BYTES + 64);

    /** @param texts that mean something in the header, or could be abused in it */
    public SafetensorsMutator(String... texts) {
        json = new JsonMutator(texts);
    }

    @Override
    public byte[] mutate(byte[] input, byte[] other, RandomGenerator random) {
        long length = headerLength(input);
        if (length < 0 || random.nextInt(4) == 0) {
            return bytes.mutate(input, other, random);
        }
        int end = LENGTH_BYTES + (int) length;
        byte[] header = json.mutate(Arrays.copyOfRange(input, LENGTH_BYTES, end), new byte[0], random);
        return ByteBuffer.allocate(LENGTH_BYTES + header.length + input.length - end)
                .order(ByteOrder.LITTLE_ENDIAN)
                .putLong(header.length)
                .put(header)
                .put(input, end, input.length - end)
                .array();
    }

    private static long headerLength(byte[] input) {
        if (input.length < LENGTH_BYTES) {
            return -1;
        }
        long length = ByteBuffer.wrap(input).order(ByteOrder.LITTLE_ENDIAN).getLong();
        return length > input.length - LENGTH_BYTES ? -1 : length;
    }
}
