package io.github.unipic.export.onnx;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import io.github.unipic.export.ExportException;
import io.github.unipic.export.checkpoint.Checkpoint;
import io.github.unipic.export.checkpoint.CheckpointFolder;
import io.github.unipic.export.checkpoint.CheckpointTensor;
import io.github.unipic.export.checkpoint.DType;
import io.github.unipic.export.checkpoint.SafetensorsWriter;
import io.github.unipic.export.onnx.ExternalData.Placement;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The quantizers' output, decoded by the formulas of the operators that read it. */
class QuantizersTest {
    @TempDir
    private Path folder;

    private static double[] random(int count) {
        return new Random(1).doubles(count, -3, 1).map(v -> (float) v).toArray();
    }

    /** One part of what an encoding makes. */
    private byte[] encode(Encoding encoding, int part, int rows, double... values) throws IOException {
        long[] shape = {rows, values.length / rows};
        CheckpointFolder.create(folder);
        new SafetensorsWriter()
                .tensor("llm.w", DType.FLOAT32, shape, values)
                .write(folder.resolve("model.safetensors"));
        // NaN and infinity have to pass here, to show how they are encoded.
        try (Checkpoint checkpoint = Checkpoint.open(folder, true)) {
            ExternalData data = new ExternalData();
            List<Placement> placements = data.place(checkpoint.require("llm.w", shape), encoding, "x.data");
            return content(placements.get(part), data);
        }
    }

    private static byte[] content(Placement placement, ExternalData data) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        data.write(placement.file(), out, bytes -> {});
        assertThat((long) out.size()).isEqualTo(data.files().get(placement.file()));
        int offset = (int) placement.offset();
        return Arrays.copyOfRange(out.toByteArray(), offset, offset + (int) placement.bytes());
    }

    private static final RowQuantizer ROWS = new RowQuantizer(OptionalDouble.empty());

    private float[] scales(Encoding encoding, int rows, double... values) throws IOException {
        byte[] bytes = encode(encoding, 1, rows, values);
        float[] scales = new float[bytes.length / Float.BYTES];
        ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer().get(scales);
        return scales;
    }

    /** Integers of rows that are padded to full blocks, less the zero points. */
    private int[] blockIntegers(BlockQuantizer quantizer, int rows, double... values) throws IOException {
        byte[] bytes = encode(quantizer, 0, rows, values);
        if (quantizer.bits() == 8) {
            return IntStream.range(0, bytes.length)
                    .map(i -> Byte.toUnsignedInt(bytes[i]) - 128)
                    .toArray();
        }
        byte[] zeros = encode(quantizer, 2, rows, values);
        int blocks = 2 * bytes.length / quantizer.size() / rows;
        return IntStream.range(0, 2 * bytes.length)
                .map(i -> {
                    int block = i / quantizer.size();
                    int column = block % blocks;
                    return nibble(bytes, i) - nibble(zeros, block / blocks * (blocks + blocks % 2) + column);
                })
                .toArray();
    }

    private static int nibble(byte[] bytes, int i) {
        return bytes[i / 2] >> 4 * (i % 2) & 15;
    }

    @Test
    void rowsComeBackWithinHalfAScale() throws IOException {
        int rows = 3;
        int columns = 50;
        double[] values = random(rows * columns);
        byte[] integers = encode(ROWS, 0, rows, values);
        float[] scales = scales(ROWS, rows, values);
        assertThat(scales).hasSize(rows);
        for (int i = 0; i < values.length; i++) {
            int row = i / columns;
            int transposed = i % columns * rows + row;
            assertThat((double) integers[transposed] * scales[row]).isCloseTo(values[i], within(scales[row] * 0.501));
            assertThat((int) integers[transposed]).isBetween(-127, 127);
        }
    }

    @Test
    void rowsOfZerosAndOfOneValueAreExact() throws IOException {
        double[] values = {0, 0, -0.3f, -0.3f};
        assertThat(encode(ROWS, 0, 2, values)).containsExactly(0, -127, 0, -127);
        float[] scales = scales(ROWS, 2, values);
        assertThat(scales[0]).isZero();
        assertThat(scales[1] * 127).isCloseTo(0.3f, within(1e-7f));
    }

    static Stream<BlockQuantizer> blockQuantizers() {
        return BlockQuantizer.SIZES.stream()
                .flatMap(size -> Stream.of(new BlockQuantizer(4, size), new BlockQuantizer(8, size)));
    }

    /** A row of more than one block, the last of which it does not fill. */
    @ParameterizedTest
    @MethodSource("blockQuantizers")
    void blocksComeBackWithinHalfAScaleWhereTheyAreNotClipped(BlockQuantizer quantizer) throws IOException {
        int size = quantizer.size();
        int columns = size + 13;
        int filled = 2 * size;
        double[] values = random(2 * columns);
        int[] integers = blockIntegers(quantizer, 2, values);
        float[] scales = scales(quantizer, 2, values);
        assertThat(integers).hasSize(2 * filled);
        assertThat(scales).hasSize(4);
        int clipped = 0;
        for (int row = 0; row < 2; row++) {
            for (int i = 0; i < filled; i++) {
                double value = i < columns ? values[row * columns + i] : 0;
                float scale = scales[row * 2 + i / size];
                double off = Math.abs(integers[row * filled + i] * (double) scale - value) / Math.abs(scale);
                assertThat(off).isLessThan(quantizer.bits() == 8 ? 0.501 : 2.5);
                clipped += off > 0.501 ? 1 : 0;
            }
        }
        assertThat(clipped).isLessThan(filled / 8);
    }

    /** With normally distributed weights; without zero points and tries it would be 0.086, 0.095 and 0.103. */
    @ParameterizedTest
    @CsvSource({"32,0.0785", "64,0.088", "128,0.096"})
    void fourBitsComeCloserThanRoundingByTheFarthestValue(int size, double most) throws IOException {
        Random random = new Random(2);
        double[] values = IntStream.range(0, 64 * 1536)
                .mapToDouble(i -> (float) random.nextGaussian())
                .toArray();
        BlockQuantizer quantizer = new BlockQuantizer(4, size);
        int[] integers = blockIntegers(quantizer, 64, values);
        float[] scales = scales(quantizer, 64, values);
        double error = 0;
        double squares = 0;
        for (int i = 0; i < values.length; i++) {
            error += Math.pow(integers[i] * (double) scales[i / size] - values[i], 2);
            squares += values[i] * values[i];
        }
        assertThat(Math.sqrt(error / squares)).isLessThan(most);
    }

    @Test
    void narrowMatricesHaveTheLargestBlocksThatTheyFill() {
        assertThat(LongStream.of(20, 32, 63, 64, 127, 128, 160, 1536)
                        .mapToInt(columns ->
                                BlockQuantizer.fitting(4, 128, columns).size()))
                .containsExactly(32, 32, 32, 64, 64, 128, 128, 128);
        assertThat(BlockQuantizer.fitting(8, 32, 1536)).isEqualTo(new BlockQuantizer(8, 32));
    }

    @Test
    void stackedMatricesFollowEachOther() throws IOException {
        long[] above = {2, 40};
        long[] below = {3, 40};
        double[] values = random(5 * 40);
        BlockQuantizer quantizer = new BlockQuantizer(4, 32);
        List<byte[]> expected = new ArrayList<>();
        for (int part = 0; part < 3; part++) {
            expected.add(encode(quantizer, part, 5, values));
        }
        new SafetensorsWriter()
                .tensor("llm.a", DType.FLOAT32, above, Arrays.copyOf(values, 80))
                .tensor("llm.b", DType.FLOAT32, below, Arrays.copyOfRange(values, 80, 200))
                .write(folder.resolve("model.safetensors"));
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            ExternalData data = new ExternalData();
            CheckpointTensor top = checkpoint.require("llm.a", above);
            CheckpointTensor bottom = checkpoint.require("llm.b", below);
            List<Placement> placements = data.place(top, new Stacked(quantizer, List.of(bottom)), "x.data");
            assertThat(placements)
                    .extracting(Placement::name)
                    .containsExactly(
                            "llm.a.blocks4x32+llm.b.blocks4x32",
                            "llm.a.blocks4x32.scale+llm.b.blocks4x32.scale",
                            "llm.a.blocks4x32.zero+llm.b.blocks4x32.zero");
            for (int part = 0; part < 3; part++) {
                assertThat(placements.get(part).shape()).startsWith(5L);
                assertThat(content(placements.get(part), data)).isEqualTo(expected.get(part));
            }
        }
    }

    @Test
    void withEightBitsTheExtremeOnTheOtherSideIsOffByOneScaleAtMost() throws IOException {
        double[] values = new double[32];
        values[3] = -2;
        values[7] = 2;
        int[] integers = blockIntegers(new BlockQuantizer(8, 32), 1, values);
        assertThat(scales(new BlockQuantizer(8, 32), 1, values)).containsExactly(2f / 128);
        assertThat(integers[3]).isEqualTo(-128);
        assertThat(integers[7]).isEqualTo(127);
        assertThat(Arrays.stream(integers).sum()).isEqualTo(-1);
    }

    /** 1.5 and -2, in IEEE 754's binary16 and in the upper half of binary32. */
    @Test
    void floatsAreLittleEndian() throws IOException {
        assertThat(encode(new Floats(ElementType.FLOAT16, false), 0, 1, 1.5, -2))
                .containsExactly(0x00, 0x3e, 0x00, 0xc0);
        assertThat(encode(new Floats(ElementType.BFLOAT16, false), 0, 1, 1.5, -2))
                .containsExactly(0xc0, 0x3f, 0x00, 0xc0);
        assertThat(encode(new Floats(ElementType.FLOAT32, true), 0, 2, 1, 0, 1.5, 0))
                .containsExactly(0, 0, 0x80, 0x3f, 0, 0, 0xc0, 0x3f, 0, 0, 0, 0, 0, 0, 0, 0);
    }

    /** A name tells what is stored: one tensor may be needed in several encodings. */
    @Test
    void everyEncodingHasAName() throws IOException {
        long[] shape = {2, 40};
        CheckpointFolder.create(folder);
        new SafetensorsWriter()
                .tensor("llm.w", DType.FLOAT32, shape, random(80))
                .write(folder.resolve("model.safetensors"));
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            CheckpointTensor matrix = checkpoint.require("llm.w", shape);
            assertThat(Stream.of(
                                    new Floats(ElementType.FLOAT32, false),
                                    new Floats(ElementType.FLOAT32, true),
                                    new Floats(ElementType.BFLOAT16, true),
                                    ROWS,
                                    new BlockQuantizer(8, 32))
                            .map(encoding -> encoding.parts(matrix).get(0)))
                    .containsExactly(
                            new Encoding.Part("llm.w", ElementType.FLOAT32, List.of(2L, 40L)),
                            new Encoding.Part("llm.w.T", ElementType.FLOAT32, List.of(40L, 2L)),
                            new Encoding.Part("llm.w.T.bfloat16", ElementType.BFLOAT16, List.of(40L, 2L)),
                            new Encoding.Part("llm.w.T.int8", ElementType.INT8, List.of(40L, 2L)),
                            new Encoding.Part("llm.w.blocks8x32", ElementType.UINT8, List.of(2L, 2L, 32L)));
        }
    }

    /** Blocks above zero have the least zero point, those below it the greatest; the last has a byte of its own. */
    @Test
    void zeroPointsAreTwoInAByte() throws IOException {
        double[] values = new double[96];
        Arrays.fill(values, 0, 32, 1);
        Arrays.fill(values, 32, 96, -1);
        assertThat(encode(new BlockQuantizer(4, 32), 2, 1, values)).containsExactly(0xf0, 0x0f);
    }

    /** 64 rows are quantized at once. */
    @ParameterizedTest
    @ValueSource(ints = {64, 65})
    void everyRowIsWritten(int rows) throws IOException {
        double[] values = new double[rows * 32];
        values[(rows - 1) * 32] = 1;
        float[] scales = scales(new BlockQuantizer(8, 32), rows, values);
        assertThat(scales).hasSize(rows);
        assertThat(scales[rows - 1]).isEqualTo(-1f / 128);
        assertThat(scales[rows - 2]).isZero();
    }

    @Test
    void withEightBitsABlocksScaleIsItsOwn() throws IOException {
        double[] values = new double[64];
        values[3] = 100;
        values[40] = -1;
        assertThat(scales(new BlockQuantizer(8, 32), 1, values)).containsExactly(-100f / 128, 1f / 128);
    }

    /** The largest floats, the smallest, and next to none: nothing overflows, zero stays zero. */
    @ParameterizedTest
    @ValueSource(doubles = {Float.MAX_VALUE, 1, Float.MIN_NORMAL, Float.MIN_VALUE})
    void blocksOfAnyMagnitudeHaveFiniteScales(double magnitude) throws IOException {
        double[] values = new double[64];
        values[3] = -magnitude;
        values[7] = magnitude;
        values[40] = magnitude;
        for (int bits : new int[] {4, 8}) {
            BlockQuantizer quantizer = new BlockQuantizer(bits, 32);
            int[] integers = blockIntegers(quantizer, 1, values);
            float[] scales = scales(quantizer, 1, values);
            for (int i = 0; i < 64; i++) {
                assertThat(Float.isFinite(scales[i / 32])).isTrue();
                double back = integers[i] * (double) scales[i / 32];
                assertThat(back).isCloseTo(values[i], within(Math.max(magnitude / 7, Float.MIN_VALUE)));
            }
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {4, 8})
    void blocksOfZerosAndOfOneValueAreExact(int bits) throws IOException {
        double[] values = new double[64];
        Arrays.fill(values, 32, 64, 0.7f);
        int[] integers = blockIntegers(new BlockQuantizer(bits, 32), 1, values);
        float[] scales = scales(new BlockQuantizer(bits, 32), 1, values);
        assertThat(Arrays.copyOf(integers, 32)).containsOnly(0);
        assertThat(scales[0]).isZero();
        for (int i = 32; i < 64; i++) {
            assertThat(integers[i] * scales[1]).isCloseTo(0.7f, within(1e-7f));
        }
    }

    @Test
    void whatIsNoNumberIsRefused() {
        for (double bad : new double[] {Double.NaN, Double.NEGATIVE_INFINITY}) {
            double[] values = new double[40];
            values[2] = 1;
            values[39] = bad;
            for (Encoding encoding : new Encoding[] {ROWS, new BlockQuantizer(4, 32), new BlockQuantizer(8, 32)}) {
                assertThatThrownBy(() -> encode(encoding, 0, 1, values))
                        .isInstanceOf(ExportException.class)
                        .hasMessageContaining("llm.w")
                        .hasMessageContaining(bad < 0 ? "Infinity" : "NaN")
                        .hasMessageNotContaining("\n");
            }
        }
    }

    @ParameterizedTest
    @CsvSource({"FLOAT16, 65520, 65519", "FLOAT16, -1e6, -65504", "BFLOAT16, 3.4e38, 3.38e38"})
    void whatWouldBecomeInfiniteIsRefused(ElementType type, double beyond, double within) throws IOException {
        for (boolean transposed : new boolean[] {false, true}) {
            Encoding encoding = new Floats(type, transposed);
            assertThatThrownBy(() -> encode(encoding, 0, 1, 1, beyond))
                    .isInstanceOf(ExportException.class)
                    .hasMessageContainingAll("llm.w", "beyond " + type.label(), "--precision fp32");
            assertThat(encode(encoding, 0, 1, 1, within)).hasSize(4);
            assertThat(encode(encoding, 0, 1, Double.NaN, Double.POSITIVE_INFINITY))
                    .hasSize(4);
        }
    }
}
