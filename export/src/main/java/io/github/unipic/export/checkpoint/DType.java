package io.github.unipic.export.checkpoint;

import static ai.onnxruntime.platform.Fp16Conversions.bf16ToFloat;
import static ai.onnxruntime.platform.Fp16Conversions.fp16ToFloat;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The element types a checkpoint may hold. Only the floating-point ones can be read; the others are known so that a
 * counter or a mask among the weights is no error.
 */
public enum DType {
    FLOAT64(8, "F64", "DoubleStorage"),
    FLOAT32(4, "F32", "FloatStorage"),
    FLOAT16(2, "F16", "HalfStorage"),
    BFLOAT16(2, "BF16", "BFloat16Storage"),
    INT64(8, "I64", "LongStorage"),
    INT32(4, "I32", "IntStorage"),
    INT16(2, "I16", "ShortStorage"),
    INT8(1, "I8", "CharStorage"),
    UINT8(1, "U8", "ByteStorage"),
    BOOL(1, "BOOL", "BoolStorage"),
    // torch has no typed storages for these; it writes the dtype itself.
    UINT16(2, "U16"),
    UINT32(4, "U32"),
    UINT64(8, "U64");

    private final int bytes;
    private final String safetensorsName;
    private final Set<String> torchNames;

    DType(int bytes, String safetensorsName, String... torchStorage) {
        this.bytes = bytes;
        this.safetensorsName = safetensorsName;
        this.torchNames = Stream.concat(
                        Stream.of("torch." + label()),
                        Arrays.stream(torchStorage)
                                .flatMap(storage -> Stream.of("torch." + storage, "torch.cuda." + storage)))
                .collect(Collectors.toUnmodifiableSet());
    }

    /** The name that torch gives to the type, for example {@code bfloat16}. */
    String label() {
        return name().toLowerCase(Locale.ROOT);
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

    /** The type of which this Python global is the dtype object or a storage class. */
    static Optional<DType> ofTorch(String global) {
        return Arrays.stream(values())
                .filter(type -> type.torchNames.contains(global))
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
