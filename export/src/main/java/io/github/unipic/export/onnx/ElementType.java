package io.github.unipic.export.onnx;

import ai.onnx.proto.OnnxMl.TensorProto.DataType;

/** The tensor element types that the exported graphs use. */
public enum ElementType {
    FLOAT32(DataType.FLOAT, 4),
    FLOAT16(DataType.FLOAT16, 2),
    /** Of stored weights only; a graph casts them to float32. */
    BFLOAT16(DataType.BFLOAT16, 2),
    INT8(DataType.INT8, 1),
    UINT8(DataType.UINT8, 1),
    INT32(DataType.INT32, 4),
    INT64(DataType.INT64, 8),
    BOOL(DataType.BOOL, 1);

    private final DataType onnx;
    private final int bytes;

    ElementType(DataType onnx, int bytes) {
        this.onnx = onnx;
        this.bytes = bytes;
    }

    int onnx() {
        return onnx.getNumber();
    }

    /** Bytes of one element. */
    public int bytes() {
        return bytes;
    }

    /** The name that manifests and documents use: {@code float32}, {@code float16}, {@code int64}, .... */
    public String label() {
        return name().toLowerCase(java.util.Locale.ROOT);
    }
}
