package io.github.unipic.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.random.RandomGenerator;
import java.util.stream.Stream;

/** Changes bytes with little knowledge of their meaning. */
public final class ByteMutator implements Mutator {
    /** Says where a format keeps what matters: sizes, counts, offsets. */
    @FunctionalInterface
    public interface Offsets {
        /** An offset in the input, which is not empty. */
        int pick(byte[] input, RandomGenerator random);
    }

    private static final long[] INTERESTING = {
        0,
        1,
        2,
        3,
        7,
        8,
        16,
        32,
        64,
        100,
        127,
        128,
        255,
        256,
        1000,
        4096,
        0x7fff,
        0x8000,
        0xffff,
        0x10000,
        0x7fffff,
        0xffffff,
        0x7fffffffL,
        0x80000000L,
        0xffffffffL,
        0x100000000L,
        Long.MAX_VALUE,
        Long.MIN_VALUE,
        -1,
        -2
    };
    private static final int MAX_CHANGES = 6;
    private static final int MAX_BYTES = 1 << 20;

    private final List<byte[]> words;
    private final Offsets offsets;

    private ByteMutator(List<byte[]> words, Offsets offsets) {
        this.words = words;
        this.offsets = offsets;
    }

    /** Changes any bytes. */
    public ByteMutator() {
        this(List.of(), (input, random) -> random.nextInt(input.length));
    }

    /** As before, and also puts in words of the format, given as Latin-1. */
    public ByteMutator with(String... formatWords) {
        return new ByteMutator(
                Stream.of(formatWords)
                        .map(word -> word.getBytes(StandardCharsets.ISO_8859_1))
                        .toList(),
                offsets);
    }

    /** As before, but every other change is made in certain offsets. */
    public ByteMutator in(Offsets important) {
        return new ByteMutator(words, important);
    }

    /** As before, but every other change is made within the first bytes. */
    public ByteMutator inFirst(int bytes) {
        return in((input, random) -> random.nextInt(Math.min(bytes, input.length)));
    }

    @Override
    public byte[] mutate(byte[] input, byte[] other, RandomGenerator random) {
        byte[] changed = input.clone();
        int changes = 1 + random.nextInt(random.nextInt(1, MAX_CHANGES));
        for (int i = 0; i < changes; i++) {
            changed = change(changed, other, random);
        }
        return changed.length > MAX_BYTES ? Arrays.copyOf(changed, MAX_BYTES) : changed;
    }

    private byte[] change(byte[] input, byte[] other, RandomGenerator random) {
        if (input.length == 0) {
            return other.clone();
        }
        int at = random.nextBoolean() ? offsets.pick(input, random) : random.nextInt(input.length);
        int length = 1 + random.nextInt(Math.min(input.length - at, random.nextBoolean() ? 4 : 256));
        return switch (random.nextInt(words.isEmpty() ? 10 : 12)) {
            case 0, 1 -> put(input, at, new byte[] {(byte) (input[at] ^ 1 << random.nextInt(8))});
            case 2 -> put(input, at, new byte[] {(byte) random.nextInt(256)});
            case 3 -> put(input, at, new byte[] {(byte) (input[at] + random.nextInt(-16, 17))});
            case 4, 5 -> put(input, at, number(random));
            case 6 -> replace(input, at, length, new byte[0]);
            case 7 -> replace(input, at, 0, Arrays.copyOfRange(input, at, at + length));
            case 8 -> random.nextInt(4) == 0 ? Arrays.copyOf(input, at) : splice(input, at, other, random);
            case 9 -> put(input, at, Arrays.copyOfRange(input, at, at + length / 2 + 1)); // of which the rest moves
            case 10 -> put(input, at, words.get(random.nextInt(words.size())));
            default -> replace(input, at, 0, words.get(random.nextInt(words.size())));
        };
    }

    private static byte[] number(RandomGenerator random) {
        long value = INTERESTING[random.nextInt(INTERESTING.length)];
        int bytes = 1 << random.nextInt(4);
        ByteBuffer all = ByteBuffer.allocate(Long.BYTES);
        if (random.nextBoolean()) {
            return Arrays.copyOf(
                    all.order(ByteOrder.LITTLE_ENDIAN).putLong(value).array(), bytes);
        }
        return Arrays.copyOfRange(all.putLong(value).array(), Long.BYTES - bytes, Long.BYTES);
    }

    private static byte[] splice(byte[] input, int at, byte[] other, RandomGenerator random) {
        int from = other.length == 0 ? 0 : random.nextInt(other.length);
        int length = Math.min(other.length - from, 1 + random.nextInt(512));
        return replace(input, at, Math.min(length, input.length - at), Arrays.copyOfRange(other, from, from + length));
    }

    /** Overwrites bytes, as far as there are some. */
    private static byte[] put(byte[] input, int at, byte[] bytes) {
        byte[] changed = input.clone();
        System.arraycopy(bytes, 0, changed, at, Math.min(bytes.length, input.length - at));
        return changed;
    }

    private static byte[] replace(byte[] input, int at, int length, byte[] bytes) {
        return ByteBuffer.allocate(input.length - length + bytes.length)
                .put(input, 0, at)
                .put(bytes)
                .put(input, at + length, input.length - at - length)
                .array();
    }
}
