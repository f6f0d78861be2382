package io.github.unipic.export.checkpoint;

import static ai.onnxruntime.platform.Fp16Conversions.bf16ToFloat;
import static ai.onnxruntime.platform.Fp16Conversions.fp16ToFloat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;

/**
 * The element types a checkpoint may hold. Only the floating-point ones can be read; the others are known so that a
 * counter or a mask beside the weights does not stand in the way of them.
 */
public enum DType {
    FLOAT64(8, "F64", "torch.DoubleStorage"),
    FLOAT32(4, "F32", "torch.FloatStorage"),
    FLOAT16(2, "F16", "torch.HalfStorage"),
    BFLOAT16(2, "BF16", "torch.BFloat16Storage"),
    INT64(8, "I64", "torch.LongStorage"),
    INT32(4, "I32", "torch.IntStorage"),
    INT16(2, "I16", "torch.ShortStorage"),
    INT8(1, "I8", "torch.CharStorage"),
    UINT8(1, "U8", "torch.ByteStorage"),
    BOOL(1, "BOOL", "torch.BoolStorage"),
    // torch has no typed storages for these; it writes the dtype itself.
    UINT16(2, "U16", "torch.uint16"),
    UINT32(4, "U32", "torch.uint32"),
    UINT64(8, "U64", "torch.uint64");

    private final int bytes;
    private final String safetensorsName;
    private final String torchName;

    DType(int bytes, String safetensorsName, String torchName) {
        this.bytes = bytes;
        this.safetensorsName = safetensorsName;
        this.torchName = torchName;
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    /** Whether elements can be read as float32. */
    public boolean isFloatingPoint() {
        return this == FLOAT64 || this == FLOAT32 || this == FLOAT16 || this == BFLOAT16;
    }

    static Optional<DType> ofSafetensors(String name) {
        return Arrays.stream(values())
                .filter(type -> type.safetensorsName.equals(name))
                .findFirst();
    }

    /** The type whose storage class, or dtype object where there is no such class, is this Python global. */
    static Optional<DType> ofTorch(String global) {
        return Arrays.stream(values())
                .filter(type -> type.torchName.equals(global))
                .findFirst();
    }

    /** Converts {@code count} elements of {@code source} (little-endian), {@code step} elements apart, to float32. */
    void toFloats(ByteBuffer source, int position, long step, float[] destination, int offset, int count) {
        int stride = Math.toIntExact(count > 1 ? step * bytes : 0);
        switch (this) {
            case FLOAT32 -> {
                if (step == 1) {
                    source.slice(position, count * bytes)
                            .order(source.order())
                            .asFloatBuffer()
                            .get(destination, offset, count);
                } else {
                    for (int i = 0; i < count; i++) {
                        destination[offset + i] = source.getFloat(position + i * stride);
                    }
                }
            }
            case FLOAT16 -> {
                for (int i = 0; i < count; i++) {
                    destination[offset + i] = fp16ToFloat(source.getShort(position + i * stride));
                }
            }
            case BFLOAT16 -> {
                for (int i = 0; i < count; i++) {
                    destination[offset + i] = bf16ToFloat(source.getShort(position + i * stride));
                }
            }
            case FLOAT64 -> {
                for (int i = 0; i < count; i++) {
                    destination[offset + i] = (float) source.getDouble(position + i * stride);
                }
            }
            default -> throw new IllegalStateException(this + " is not a floating-point type");
        }
    }
}
