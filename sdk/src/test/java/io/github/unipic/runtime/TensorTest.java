package io.github.unipic.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtException;
import io.github.unipic.InferenceException;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.runtime.provider.OnnxRuntime;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Values in native memory; float16 is IEEE 754's binary16, bfloat16 the upper half of a binary32. */
class TensorTest {
    private long open;

    @BeforeEach
    void count() {
        open = Tensor.open();
    }

    @AfterEach
    void nothingIsLeftOpen() {
        assertThat(Tensor.open()).isEqualTo(open);
    }

    private static Tensor halves(OnnxJavaType type, int... bits) throws OrtException {
        ByteBuffer bytes = ByteBuffer.allocateDirect(2 * bits.length).order(ByteOrder.nativeOrder());
        for (int half : bits) {
            bytes.putShort((short) half);
        }
        long[] shape = {bits.length};
        return new Tensor(OnnxTensor.createTensor(OnnxRuntime.environment(), bytes.flip(), shape, type));
    }

    /** One, the largest, the least above zero, minus two, what rounds to even downwards and upwards, and too large. */
    @Test
    void float16HasTheBitsOfIeee754() throws OrtException {
        float[] values = {1, 65504, 0x1p-24f, -2, 1 + 0x1p-11f, 1 + 3 * 0x1p-11f, 65520, 0.1f};
        int[] bits = {0x3c00, 0x7bff, 0x0001, 0xc000, 0x3c00, 0x3c02, 0x7c00, 0x2e66};
        try (Tensor tensor = Tensor.of(OnnxJavaType.FLOAT16, values, 2, 4);
                Tensor expected = halves(OnnxJavaType.FLOAT16, bits)) {
            assertThat(tensor.shape()).containsExactly(2, 4);
            assertThat(tensor.value().getInfo().type).isEqualTo(OnnxJavaType.FLOAT16);
            assertThat(tensor.value().getByteBuffer())
                    .isEqualTo(expected.value().getByteBuffer());
        }
    }

    @Test
    void float16IsReadAsFloat32() throws OrtException {
        try (Tensor tensor = halves(OnnxJavaType.FLOAT16, 0x3c00, 0x7bff, 0x0001, 0xc000, 0x7c00)) {
            assertThat(tensor.toFloats()).containsExactly(1, 65504, 0x1p-24f, -2, Float.POSITIVE_INFINITY);
        }
    }

    @Test
    void bfloat16IsReadAsFloat32() throws OrtException {
        try (Tensor tensor = halves(OnnxJavaType.BFLOAT16, 0x3f80, 0xc000, 0x3dcd)) {
            assertThat(tensor.toFloats()).containsExactly(1, -2, Float.intBitsToFloat(0x3dcd0000));
        }
    }

    @Test
    void float32StaysAsItIs() {
        try (Tensor tensor = Tensor.of(OnnxJavaType.FLOAT, new float[] {0.1f, Float.MIN_VALUE}, 2)) {
            assertThat(tensor.value().getInfo().type).isEqualTo(OnnxJavaType.FLOAT);
            assertThat(tensor.toFloats()).containsExactly(0.1f, Float.MIN_VALUE);
        }
    }

    @Test
    void aScalarHasNoAxes() throws OrtException {
        try (Tensor scalar = Tensor.scalar(0.25);
                Tensor yes = Tensor.bool(true);
                Tensor no = Tensor.bool(false)) {
            assertThat(scalar.shape()).isEmpty();
            assertThat(scalar.toFloats()).containsExactly(0.25f);
            assertThat(yes.shape()).isEmpty();
            assertThat(yes.value().getValue()).isEqualTo(true);
            assertThat(no.value().getValue()).isEqualTo(false);
        }
    }

    @Test
    void rowsOfLongsAreAMatrix() throws OrtException {
        long[][] rows = {{1, -2, Long.MAX_VALUE}, {4, 5, 6}};
        try (Tensor matrix = Tensor.longs(rows);
                Tensor flat = Tensor.longs(new long[] {7, 8}, 1, 2)) {
            assertThat(matrix.value().getValue()).isEqualTo(rows);
            assertThat(matrix.dim(0)).isEqualTo(2);
            assertThat(matrix.dim(1)).isEqualTo(3);
            assertThat(flat.value().getValue()).isEqualTo(new long[][] {{7, 8}});
        }
    }

    @Test
    void anEmptyOneHasItsShapeAndType() {
        try (Tensor empty = Tensor.empty(OnnxJavaType.FLOAT16, 2, 0, 3)) {
            assertThat(empty.shape()).containsExactly(2, 0, 3);
            assertThat(empty.value().getInfo().type).isEqualTo(OnnxJavaType.FLOAT16);
            assertThat(empty.toFloats()).isEmpty();
        }
    }

    /** Or ONNX Runtime would copy it. */
    @Test
    void aBufferOfFloatsIsUsedInPlace() {
        FloatBuffer buffer = Tensor.floatBuffer(2);
        assertThat(buffer.capacity()).isEqualTo(2);
        assertThat(buffer.isDirect()).isTrue();
        assertThat(buffer.order()).isEqualTo(ByteOrder.nativeOrder());
        try (Tensor tensor = Tensor.floats(buffer.put(0, 1).put(1, 2), 2)) {
            buffer.put(1, 3);
            assertThat(tensor.toFloats()).containsExactly(1, 3);
        }
    }

    @Test
    void aBufferThatJavaCannotAddressIsRefused() {
        assertThatExceptionOfType(ArithmeticException.class).isThrownBy(() -> Tensor.floatBuffer(1 << 30));
    }

    @Test
    void anotherShapeOfOtherLengthIsRefused() {
        assertThatExceptionOfType(InferenceException.class)
                .isThrownBy(() -> Tensor.floats(new float[6], 2, 2))
                .withMessageStartingWith("A tensor cannot be made: ")
                .withCauseInstanceOf(OrtException.class);
    }

    @Test
    void reshapingKeepsTheOrderOfTheElements() {
        float[] values = {1, 2, 3, 4, 5, 6};
        for (OnnxJavaType type : List.of(OnnxJavaType.FLOAT, OnnxJavaType.FLOAT16)) {
            try (Tensor original = Tensor.of(type, values, 6);
                    Tensor given = original.reshape(1, 2, 3);
                    Tensor rest = original.reshape(3, -1);
                    Tensor first = original.reshape(-1, 1, 2)) {
                assertThat(given.shape()).containsExactly(1, 2, 3);
                assertThat(rest.shape()).containsExactly(3, 2);
                assertThat(first.shape()).containsExactly(3, 1, 2);
                assertThat(first.toFloats()).containsExactly(values);
                assertThat(rest.value().getInfo().type).isEqualTo(type);
            }
        }
    }

    @Test
    void anEmptyOneIsReshapedToo() {
        try (Tensor empty = Tensor.empty(OnnxJavaType.FLOAT, 0, 2);
                Tensor other = empty.reshape(3, 0)) {
            assertThat(other.shape()).containsExactly(3, 0);
        }
    }

    @Test
    void rowsOfFloat16ArePartedAndJoined() {
        float[] values = {0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15};
        try (Tensor all = Tensor.of(OnnxJavaType.FLOAT16, values, 2, 3, 2);
                Tensor last = all.rows().last();
                Tensor two = all.rows().part(0, 2);
                Tensor one = all.rows().part(2, 3);
                Tensor none = all.rows().part(1, 1);
                Tensor joined = Tensor.join(List.of(two, none, one));
                Tensor turned = Tensor.join(List.of(one, two))) {
            assertThat(last.value().getInfo().type).isEqualTo(OnnxJavaType.FLOAT16);
            assertThat(last.toFloats()).containsExactly(4, 5, 14, 15);
            assertThat(two.toFloats()).containsExactly(0, 1, 2, 3, 10, 11, 12, 13);
            assertThat(none.shape()).containsExactly(2, 0, 2);
            assertThat(joined.toFloats()).containsExactly(values);
            assertThat(turned.toFloats()).containsExactly(4, 5, 0, 1, 2, 3, 14, 15, 10, 11, 12, 13);
        }
    }

    @Test
    void stackedOnesFollowEachOtherEachPaddedWithZeros() {
        try (Tensor two = Tensor.floats(new float[] {1, 2, 3, 4}, 1, 2, 1, 2);
                Tensor three = Tensor.floats(new float[] {5, 6, 7, 8, 9, 10, 11, 12}, 1, 2, 2, 2);
                Tensor stacked = Tensor.stackPadded(List.of(two, three), 2)) {
            assertThat(stacked.shape()).containsExactly(2, 2, 2, 2);
            assertThat(stacked.toFloats()).containsExactly(1, 2, 0, 0, 3, 4, 0, 0, 5, 6, 7, 8, 9, 10, 11, 12);
        }
    }

    /** 2 sequences of 3 heads of 5 values of 4 bytes: 120 bytes a position, and Java's buffers end at 2^31 - 1. */
    @Test
    void whatIsTooLongForJavasBuffersIsRefused() {
        try (Tensor row = Tensor.empty(OnnxJavaType.FLOAT, 1, 3, 0, 5)) {
            assertThatExceptionOfType(InvalidRequestException.class)
                    .isThrownBy(() -> Tensor.stackPadded(List.of(row, row), 17_895_698))
                    .withMessage("A context of 17895698 tokens is too long for 2 sequences at once;"
                            + " ask for fewer images.");
        }
    }

    @Test
    void closingTwiceCountsOnceAndThenItIsNotUsed() {
        Tensor tensor = Tensor.scalar(1);
        OnnxTensor value = tensor.value();
        assertThat(Tensor.open()).isEqualTo(open + 1);
        tensor.close();
        tensor.close();
        assertThat(Tensor.open()).isEqualTo(open);
        assertThat(value.isClosed()).isTrue();
        assertThatIllegalStateException().isThrownBy(tensor::value).withMessage("The tensor is closed.");
    }
}
