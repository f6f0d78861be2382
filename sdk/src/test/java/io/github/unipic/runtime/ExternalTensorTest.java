package io.github.unipic.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import ai.onnx.proto.OnnxMl.GraphProto;
import ai.onnx.proto.OnnxMl.ModelProto;
import ai.onnx.proto.OnnxMl.StringStringEntryProto;
import ai.onnx.proto.OnnxMl.TensorProto;
import com.google.protobuf.ByteString;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Graphs that protobuf's own library has written, and bytes by the description of its encoding. */
class ExternalTensorTest {
    static TensorProto.Builder tensor(String name, int type, List<Long> dims, String... keysAndValues) {
        TensorProto.Builder tensor =
                TensorProto.newBuilder().setName(name).setDataType(type).addAllDims(dims);
        for (int i = 0; i < keysAndValues.length; i += 2) {
            tensor.addExternalData(
                    StringStringEntryProto.newBuilder().setKey(keysAndValues[i]).setValue(keysAndValues[i + 1]));
        }
        return tensor;
    }

    private static byte[] graph(TensorProto.Builder... tensors) {
        GraphProto.Builder graph = GraphProto.newBuilder().setName("graph").setDocString("of tensors");
        Arrays.stream(tensors).forEach(graph::addInitializer);
        return ModelProto.newBuilder()
                .setIrVersion(8)
                .setProducerName("test")
                .setModelVersion(300)
                .setGraph(graph)
                .build()
                .toByteArray();
    }

    private static byte[] bytes(Object... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (Object part : parts) {
            out.writeBytes(
                    part instanceof String text ? HexFormat.of().parseHex(text.replace(" ", "")) : (byte[]) part);
        }
        return out.toByteArray();
    }

    /** A field with a length, of fewer than 128 bytes. */
    private static byte[] field(int number, byte[] content) {
        return bytes(new byte[] {(byte) (number << 3 | 2), (byte) content.length}, content);
    }

    private static byte[] text(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] model(byte[] tensor) {
        return field(7, field(5, tensor));
    }

    /** {@code location} is a, {@code length} is 4. */
    private static byte[] external() {
        return bytes(
                field(13, bytes(field(1, text("location")), field(2, text("a")))),
                field(13, bytes(field(1, text("length")), field(2, text("4")))));
    }

    @Test
    void everyFieldIsRead() {
        List<ExternalTensor> read = ExternalTensor.of(graph(
                tensor("w", 10, List.of(3L, 1L << 40), "location", "w.data", "offset", "8589934592", "length", "24"),
                tensor("inside", 1, List.of(1L)).setRawData(ByteString.copyFrom(new byte[200])),
                tensor("größe", 1, List.of(), "location", "b.data", "checksum", "abc")
                        .setDocString("ignored")));
        assertThat(read).hasSize(2);
        ExternalTensor first = read.get(0);
        assertThat(first.name()).isEqualTo("w");
        assertThat(first.type()).isEqualTo(10);
        assertThat(first.shape()).containsExactly(3, 1L << 40);
        assertThat(first.file()).isEqualTo("w.data");
        assertThat(first.offset()).isEqualTo(8_589_934_592L);
        assertThat(first.length()).isEqualTo(24);
        ExternalTensor second = read.get(1);
        assertThat(second.name()).isEqualTo("größe");
        assertThat(second.shape()).isEmpty();
        assertThat(second.file()).isEqualTo("b.data");
        assertThat(second.offset()).isZero();
        assertThat(second.length()).isZero();
    }

    @Test
    void withoutAFileThereIsNoName() {
        List<ExternalTensor> read = ExternalTensor.of(graph(tensor("w", 1, List.of(), "length", "4")));
        assertThat(read).singleElement().satisfies(tensor -> {
            assertThat(tensor.file()).isEmpty();
            assertThat(tensor.length()).isEqualTo(4);
        });
    }

    @Test
    void aTensorThatHasNoNameOrTypeIsRead() {
        assertThat(ExternalTensor.of(model(external()))).singleElement().satisfies(tensor -> {
            assertThat(tensor.name()).isEmpty();
            assertThat(tensor.type()).isZero();
        });
    }

    /** Proto2 writes repeated numbers one by one, proto3 packed into one field. */
    @ParameterizedTest
    @ValueSource(strings = {"08 03 08 ac02", "0a03 03 ac02", "08 03 0a02 ac02"})
    void axesArePackedOrNot(String dims) {
        assertThat(ExternalTensor.of(model(bytes(dims, external()))))
                .singleElement()
                .satisfies(tensor -> assertThat(tensor.shape()).containsExactly(3, 300));
    }

    /** Numbers of 4 and of 8 bytes, a field number beyond 15, and a text, all of which may come in later versions. */
    @Test
    void unknownFieldsAreSkipped() {
        byte[] unknown = bytes("f5 01 01020304", "f1 01 0102030405060708", "f8 01 ffffffff0f", "fa 01 02 6161");
        assertThat(ExternalTensor.of(bytes(unknown, model(bytes(unknown, external(), unknown)), unknown)))
                .singleElement()
                .satisfies(tensor -> assertThat(tensor.length()).isEqualTo(4));
    }

    /** The largest takes ten bytes, of which the last has one bit. */
    @Test
    void numbersAreOf64Bits() {
        assertThat(ExternalTensor.of(model(bytes("08 ffffffffffffffffff01", "08 ffffffffffffffff7f", external()))))
                .singleElement()
                .satisfies(tensor -> assertThat(tensor.shape()).containsExactly(-1, Long.MAX_VALUE));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "08 ffffffffffffffffffff01", // a number of eleven bytes
                "08 80", // one that does not end
                "3a", // a length that is missing
                "3a 02 08", // and one beyond the end
                "3a ffffffff7f", // beyond Java's arrays
                "3a ffffffffffffffffff01", // below zero
                "3b", // a group, which onnx.proto has none of
                "3c",
                "3e",
                "3f",
                "3d 000000", // four bytes, cut
                "39 00000000000000", // eight, cut
                "3a 04 2a 02 08 80" // cut within a tensor
            })
    void whatIsNoGraphIsRefused(String file) {
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ExternalTensor.of(bytes(file)))
                .withMessage("it is no ONNX graph");
    }

    @ParameterizedTest
    @ValueSource(strings = {"offset", "length"})
    void aNumberThatIsNoneIsRefused(String key) {
        byte[] wrong = graph(tensor("w", 1, List.of(), "location", "a", key, "1e3"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> ExternalTensor.of(wrong))
                .withMessage("it is no ONNX graph")
                .withCauseInstanceOf(NumberFormatException.class);
    }

    @Test
    void anEmptyFileHasNone() {
        assertThat(ExternalTensor.of(new byte[0])).isEmpty();
    }
}
