package io.github.unipic.export.onnx;

import static org.assertj.core.api.Assertions.assertThat;

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
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weights get an offset in a file, and are written there. */
class ExternalDataTest {
    private static final Encoding PLAIN = new Floats(ElementType.FLOAT32, false);

    @TempDir
    private Path folder;

    private final ExternalData data = new ExternalData();
    private Checkpoint checkpoint;

    @BeforeEach
    void open() throws IOException {
        CheckpointFolder.create(folder);
        new SafetensorsWriter()
                .tensor("llm.a", DType.FLOAT32, new long[] {2, 3}, 1, 2, 3, 4, 5, 6)
                .tensor("llm.b", DType.FLOAT32, new long[] {1024}, ramp(1024))
                .tensor("llm.c", DType.FLOAT32, new long[] {1}, 7)
                .tensor("llm.wide", DType.FLOAT32, new long[] {3, 64}, ramp(192))
                .write(folder.resolve("model.safetensors"));
        checkpoint = Checkpoint.open(folder);
    }

    @AfterEach
    void close() {
        checkpoint.close();
    }

    private static double[] ramp(int count) {
        return IntStream.range(0, count).mapToDouble(i -> i).toArray();
    }

    private CheckpointTensor tensor(String name) {
        return checkpoint.require("llm." + name);
    }

    private byte[] written(String file) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        data.write(file, out, bytes -> {});
        return out.toByteArray();
    }

    private static float[] floats(byte[] file, Placement placement) {
        float[] values = new float[(int) placement.bytes() / Float.BYTES];
        ByteBuffer.wrap(file, (int) placement.offset(), (int) placement.bytes())
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer()
                .get(values);
        return values;
    }

    /** 1024 floats fill a page exactly, so that the next tensor follows without padding. */
    @Test
    void everyTensorStartsOnAPage() throws IOException {
        List<Placement> placements = Stream.of("a", "b", "c")
                .map(name -> data.place(tensor(name), PLAIN, "x.data").get(0))
                .toList();
        assertThat(placements).extracting(Placement::offset).containsExactly(0L, 4096L, 8192L);
        assertThat(placements).extracting(Placement::bytes).containsExactly(24L, 4096L, 4L);
        assertThat(data.files()).containsOnlyKeys("x.data").containsValue(8196L);
        assertThat(data.bytes()).isEqualTo(24 + 4096 + 4);
        byte[] file = written("x.data");
        assertThat(file).hasSize(8196);
        assertThat(floats(file, placements.get(0))).containsExactly(1, 2, 3, 4, 5, 6);
        assertThat(floats(file, placements.get(1))[1023]).isEqualTo(1023);
        assertThat(floats(file, placements.get(2))).containsExactly(7);
        assertThat(Arrays.copyOfRange(file, 24, 4096)).containsOnly(0);
    }

    @Test
    void filesHoldTheirOwnTensorsOnly() throws IOException {
        data.place(tensor("a"), PLAIN, "x.data");
        Placement other = data.place(tensor("c"), PLAIN, "y.data").get(0);
        assertThat(data.files()).hasSize(2);
        assertThat(written("x.data")).hasSize(24);
        assertThat(floats(written("y.data"), other)).containsExactly(7);
    }

    @Test
    void aTensorIsStoredOnceForEachEncoding() {
        List<Placement> first = data.place(tensor("a"), PLAIN, "x.data");
        assertThat(data.place(tensor("a"), PLAIN, "y.data")).isEqualTo(first);
        assertThat(data.place(tensor("a"), new Floats(ElementType.FLOAT32, true), "y.data"))
                .isNotEqualTo(first);
        assertThat(data.files()).hasSize(2);
    }

    @Test
    void theRowsOfAPlacementAreKeptAsAMatrix() {
        Placement blocks =
                data.place(tensor("wide"), new BlockQuantizer(4, 32), "x.data").get(0);
        assertThat(blocks.shape()).containsExactly(3L, 2L, 16L);
        assertThat(blocks.asMatrix().shape()).containsExactly(3L, 32L);
        assertThat(blocks.asMatrix().bytes()).isEqualTo(blocks.bytes());
    }

    /** Integers, scales and zero points are made in one pass, and each starts on a page of its own. */
    @Test
    void partsFollowEachOtherAndAreNotifiedOf() throws IOException {
        data.place(tensor("a"), PLAIN, "x.data");
        List<Placement> parts = data.place(tensor("wide"), new BlockQuantizer(4, 32), "x.data");
        Placement next = data.place(tensor("c"), PLAIN, "x.data").get(0);
        assertThat(parts).extracting(Placement::offset).containsExactly(4096L, 8192L, 12288L);
        assertThat(parts).extracting(Placement::bytes).containsExactly(96L, 24L, 3L);
        assertThat(next.offset()).isEqualTo(16384);
        List<Long> notified = new ArrayList<>();
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        data.write("x.data", out, notified::add);
        byte[] file = out.toByteArray();
        assertThat(notified).containsExactly(24L, 96L, 24L, 3L, 4L);
        assertThat(data.bytes()).isEqualTo(24 + 96 + 24 + 3 + 4);
        // The first block is 0 to 31: 15 steps from zero, whose point is 0.
        float[] scales = floats(file, parts.get(1));
        assertThat(file[4096] & 15).isZero();
        assertThat((file[4096 + 15] >> 4 & 15) * scales[0]).isBetween(28f, 31f);
        assertThat(floats(file, next)).containsExactly(7);
    }
}
