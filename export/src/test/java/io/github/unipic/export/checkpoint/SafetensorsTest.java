package io.github.unipic.export.checkpoint;

import static io.github.unipic.export.checkpoint.CheckpointFolder.read;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.export.ExportException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class SafetensorsTest {
    @TempDir
    Path folder;

    @BeforeEach
    void createFolder() throws IOException {
        CheckpointFolder.create(folder);
    }

    private Path file() {
        return folder.resolve("model.safetensors");
    }

    private void refused(String... messages) {
        assertThatThrownBy(() -> Checkpoint.open(folder).close())
                .isInstanceOf(ExportException.class)
                .hasMessageContaining("model.safetensors")
                .satisfies(e -> assertThat(messages).allMatch(e.getMessage()::contains))
                .satisfies(e -> assertThat(e.getMessage()).doesNotContain("\n"));
    }

    @ParameterizedTest
    @EnumSource
    void everyTypeIsIndexed(DType dtype) throws IOException {
        new SafetensorsWriter()
                .tensor("llm.odd", DType.UINT8, new long[] {1}, 1) // what follows is not aligned
                .tensor("llm.x", dtype, new long[] {3, 1}, 1, 0, 2)
                .write(file());
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            if (dtype.isFloatingPoint()) {
                CheckpointTensor tensor = checkpoint.require("llm.x", 3, 1);
                assertThat(tensor.dtype()).isEqualTo(dtype);
                assertThat(read(tensor)).containsExactly(1, 0, 2);
            } else {
                assertThat(checkpoint.unused()).contains("llm.x");
                assertThatThrownBy(() -> checkpoint.require("llm.x", 3, 1))
                        .isInstanceOf(ExportException.class)
                        .hasMessageContaining(dtype.label());
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"F8_E4M3", "F8_E5M2", "F8_E8M0", "F8_E4M3FNUZ", "F4", "F6_E2M3", "C64", "NEW_1"})
    void otherTypesAreRefusedOnlyWhereTheyAreUsed(String dtype) throws IOException {
        new SafetensorsWriter()
                .tensor("llm.x", DType.FLOAT32, new long[] {2}, 1, 2)
                .entry("mar.odd", dtype, new long[] {8}, 0, 8)
                .entry("mar.axes", "F32", new long[] {1, 1, 1, 1, 1, 1, 1, 1, 2}, 0, 8)
                .write(file());
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(read(checkpoint.require("llm.x"))).containsExactly(1, 2);
            assertThat(checkpoint.unused()).contains("mar.odd", "mar.axes");
            assertThatThrownBy(() -> checkpoint.require("mar.odd"))
                    .isInstanceOf(ExportException.class)
                    .hasMessageContainingAll(
                            "'mar.odd' in model.safetensors", "of type " + dtype, "save it as float32");
            assertThatThrownBy(() -> checkpoint.require("mar.axes")).hasMessageContaining("9 axes");
        }
    }

    @Test
    void eightAxesAreRead() throws IOException {
        long[] shape = {1, 1, 1, 1, 1, 1, 1, 2};
        new SafetensorsWriter().tensor("llm.x", DType.FLOAT32, shape, 1, 2).write(file());
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThat(read(checkpoint.require("llm.x", shape))).containsExactly(1, 2);
        }
    }

    @Test
    void aFileAloneHasItsTensorsAndItsMetadata() throws IOException {
        new SafetensorsWriter()
                .tensor("x", DType.INT32, new long[] {2}, 1, -1)
                .entry("odd", "F8_E4M3", new long[] {8}, 0, 8)
                .write(file());
        try (SafetensorsFile alone = SafetensorsFile.open(file())) {
            assertThat(alone.metadata()).isEqualTo(Map.of("format", "pt"));
            assertThat(alone.tensors()).containsOnlyKeys("x");
            assertThat(alone.tensors().get("x").bytes()).containsExactly(1, 0, 0, 0, -1, -1, -1, -1);
        }
    }

    @Test
    void entriesThatDoNotFitAreRefusedByName() throws IOException {
        entry("F32", new long[] {2}, 0, 9);
        entry("F32", new long[] {3}, 0, 8);
        entry("F32", new long[] {4}, 0, 16);
        entry("F32", new long[] {2}, 8, 0);
        entry("F32", new long[] {2}, -8, 0);
        entry("F32", new long[] {-2, -1}, 0, 8);
        entry("F32", new long[] {Long.MAX_VALUE, 3}, 0, 8);
        entry("F32", new long[] {1L << 62, 4}, 0, 0);
        entry("F32", new long[] {1L << 62}, 0, 0);
        entry("F32", new long[] {2}, Long.MAX_VALUE - 7, Long.MAX_VALUE);
        entry("f32", new long[] {2}, 0, 8);
        entry("F8_E4M3", new long[] {2}, 0, 9);
    }

    private void entry(String dtype, long[] shape, long begin, long end) throws IOException {
        new SafetensorsWriter()
                .tensor("llm.x", DType.FLOAT32, new long[] {2}, 1, 2)
                .entry("mar.bad", dtype, shape, begin, end)
                .write(file());
        refused("'mar.bad'");
    }

    @Test
    void malformedHeadersAreRefused() throws IOException {
        String[] headers = {
            "",
            "[]",
            "{",
            "null",
            "{}",
            "{\"a\": 3}",
            "{\"a\": {}}",
            "{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0]}}",
            "{\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": {\"0\": 0, \"1\": 4}}}",
            "{\"a\": {\"dtype\": \"F32\", \"shape\": [1.0], \"data_offsets\": [0, 4]}}",
            "{\"a\": {\"dtype\": \"F32\", \"shape\": [\"1\"], \"data_offsets\": [0, 4]}}",
            "{\"a\": {\"dtype\": \"F32\", \"shape\": [99999999999999999999], \"data_offsets\": [0, 4]}}",
            "{\"a\": {\"dtype\": \"F32\", \"data_offsets\": [0, 4]}}",
            "{\"a\\n\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0, 4]}}",
            "{\"a\": " + "[".repeat(100_000)
        };
        for (String header : headers) {
            SafetensorsWriter.write(file(), header, new byte[4]);
            refused();
        }
        SafetensorsWriter.write(
                file(), "{\"a\\n\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0, 4]}}", new byte[4]);
        refused("has a tensor with the unusual name 'a");
        String entry = "\"a\": {\"dtype\": \"F32\", \"shape\": [1], \"data_offsets\": [0, 4]}";
        SafetensorsWriter.write(file(), "{" + entry + ", " + entry + "}", new byte[4]);
        refused("not JSON");
    }

    @Test
    void impossibleHeaderLengthsAreRefused() throws IOException {
        for (long length : new long[] {0, 1, 9, 8 << 20 | 1, Integer.MAX_VALUE, Long.MAX_VALUE, -1}) {
            Files.write(
                    file(),
                    ByteBuffer.allocate(16)
                            .order(ByteOrder.LITTLE_ENDIAN)
                            .putLong(length)
                            .array());
            refused(length > 1 || length < 0 ? "header of " + Long.toUnsignedString(length) : "header");
        }
    }

    @Test
    void aHeaderBombIsRefusedBeforeItIsRead() throws IOException {
        long length = (8 << 20) + 1;
        try (RandomAccessFile bomb = new RandomAccessFile(file().toFile(), "rw")) {
            bomb.writeLong(Long.reverseBytes(length));
            bomb.setLength(2 * length);
        }
        refused("header of " + length);
    }

    @Test
    void elementsMayStraddleWindows() throws IOException {
        byte[] data = new byte[(int) MappedFile.WINDOW];
        for (int i = 0; i < data.length; i++) {
            data[i] = (byte) (i % 101); // not a divisor of the window, and never a NaN
        }
        int count = data.length / 4;
        String header = "{\"llm.x\": {\"dtype\": \"F32\", \"shape\": [" + count + "], \"data_offsets\": [0, "
                + data.length + "]}}";
        while (header.length() % 4 != 1) {
            header += " ";
        }
        SafetensorsWriter.write(file(), header, data);
        int before = (data.length - 8 - header.length()) / 4 - 2;
        float[] values = new float[6];
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            checkpoint.require("llm.x").read(before, values, 0, values.length);
        }
        float[] expected = new float[values.length];
        ByteBuffer.wrap(data)
                .order(ByteOrder.LITTLE_ENDIAN)
                .position(before * 4)
                .asFloatBuffer()
                .get(expected);
        assertThat(values).containsExactly(expected);
    }

    @Test
    void truncatedFilesAreRefused() throws IOException {
        new SafetensorsWriter()
                .tensor("llm.x", DType.FLOAT32, new long[] {2}, 1, 2)
                .write(file());
        byte[] whole = Files.readAllBytes(file());
        for (int length = 0; length < whole.length; length++) {
            Files.write(file(), Arrays.copyOf(whole, length));
            refused();
        }
    }
}
