package io.github.unipic.image;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** The numbers that VP8 lays down (RFC 6386), from the resource {@code vp8-tables.txt}. */
final class Vp8Tables {
    /** Sub-block modes by those above and to the left: [above][left][branch]. */
    static final int[][][] SUB_BLOCK_MODES = new int[10][10][];

    /** Quantizer steps by index. */
    static final int[] DC_STEPS;

    static final int[] AC_STEPS;

    /** The default probabilities of coefficients, and those of their updates: [kind * 8 + band][context][branch]. */
    private static final int[][][] COEFFICIENTS = new int[32][3][];

    private static final int[][][] UPDATES = new int[32][3][];

    static {
        int[] numbers = numbers();
        int at = 0;
        at = split(numbers, at, COEFFICIENTS, 11);
        at = split(numbers, at, UPDATES, 11);
        at = split(numbers, at, SUB_BLOCK_MODES, 9);
        DC_STEPS = Arrays.copyOfRange(numbers, at, at + 128);
        AC_STEPS = Arrays.copyOfRange(numbers, at + 128, at + 256);
    }

    private Vp8Tables() {}

    private static int[] numbers() {
        try (InputStream text = Vp8Tables.class.getResourceAsStream("vp8-tables.txt")) {
            return new String(text.readAllBytes(), StandardCharsets.US_ASCII)
                    .lines()
                    .filter(line -> !line.startsWith("#"))
                    .flatMap(line -> Arrays.stream(line.split(" ")))
                    .mapToInt(Integer::parseInt)
                    .toArray();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static int split(int[] numbers, int from, int[][][] table, int length) {
        int at = from;
        for (int[][] rows : table) {
            for (int i = 0; i < rows.length; i++, at += length) {
                rows[i] = Arrays.copyOfRange(numbers, at, at + length);
            }
        }
        return at;
    }

    /** The probabilities of coefficients that a frame's header tells (RFC 6386, 13.4). */
    static int[][][] coefficients(Vp8Bits header) {
        int[][][] table = new int[32][3][11];
        for (int i = 0; i < table.length; i++) {
            for (int context = 0; context < 3; context++) {
                for (int branch = 0; branch < 11; branch++) {
                    table[i][context][branch] = header.bit(UPDATES[i][context][branch]) == 1
                            ? header.number(8)
                            : COEFFICIENTS[i][context][branch];
                }
            }
        }
        return table;
    }
}
