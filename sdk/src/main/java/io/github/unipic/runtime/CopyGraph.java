package io.github.unipic.runtime;

import ai.onnxruntime.OnnxJavaType;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Map;

/** A graph with one identity node. Running it copies a tensor between the host and a session's device. */
final class CopyGraph {
    static final String INPUT = "x";
    static final String OUTPUT = "y";

    /** ONNX's numbers for the types of the tensors between graphs; also those of ONNX Runtime's C interface. */
    static final Map<OnnxJavaType, Integer> TYPES =
            Map.of(OnnxJavaType.FLOAT, 1, OnnxJavaType.INT64, 7, OnnxJavaType.FLOAT16, 10, OnnxJavaType.BFLOAT16, 16);

    private CopyGraph() {}

    /** The graph as an ONNX file for one element type and any shape; numbers of fields are those of onnx.proto. */
    static byte[] of(OnnxJavaType type) {
        byte[] node = message(text(1, INPUT), text(2, OUTPUT), text(4, "Identity"));
        byte[] graph =
                message(part(1, node), text(2, "copy"), part(11, value(INPUT, type)), part(12, value(OUTPUT, type)));
        byte[] opset = message(text(1, ""), number(2, 13));
        return message(number(1, 8), part(7, graph), part(8, opset));
    }

    private static byte[] value(String name, OnnxJavaType type) {
        return message(text(1, name), part(2, message(part(1, message(number(1, TYPES.get(type)))))));
    }

    private static byte[] text(int field, String text) {
        return part(field, text.getBytes(StandardCharsets.US_ASCII));
    }

    /** All parts are shorter than 128 bytes, so a length is one byte. */
    private static byte[] part(int field, byte[] content) {
        return message(new byte[] {(byte) (field << 3 | 2), (byte) content.length}, content);
    }

    private static byte[] number(int field, int value) {
        return new byte[] {(byte) (field << 3), (byte) value};
    }

    private static byte[] message(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
