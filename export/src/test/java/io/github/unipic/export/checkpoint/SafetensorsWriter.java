package io.github.unipic.export.checkpoint;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Writes small safetensors files. */
public final class SafetensorsWriter {
    private static final Map<DType, String> TYPES = Map.ofEntries(
            Map.entry(DType.FLOAT64, "F64"),
            Map.entry(DType.FLOAT32, "F32"),
            Map.entry(DType.FLOAT16, "F16"),
            Map.entry(DType.BFLOAT16, "BF16"),
            Map.entry(DType.INT64, "I64"),
            Map.entry(DType.INT32, "I32"),
            Map.entry(DType.INT16, "I16"),
            Map.entry(DType.INT8, "I8"),
            Map.entry(DType.UINT8, "U8"),
            Map.entry(DType.BOOL, "BOOL"),
            Map.entry(DType.UINT16, "U16"),
            Map.entry(DType.UINT32, "U32"),
            Map.entry(DType.UINT64, "U64"));

    private final ObjectNode header = new ObjectMapper().createObjectNode();
    private final ByteArrayOutputStream data = new ByteArrayOutputStream();

    public SafetensorsWriter() {
        header.putObject("__metadata__").put("format", "pt");
    }

    public SafetensorsWriter tensor(String name, DType dtype, long[] shape, double... values) {
        int begin = data.size();
        data.writeBytes(TorchFile.encode(dtype, values));
        return entry(name, TYPES.get(dtype), shape, begin, data.size());
    }

    /** An entry that need not be true. */
    public SafetensorsWriter entry(String name, String dtype, long[] shape, long begin, long end) {
        ObjectNode entry = header.putObject(name);
        entry.put("dtype", dtype);
        for (long size : shape) {
            entry.withArray("shape").add(size);
        }
        if (shape.length == 0) {
            entry.putArray("shape");
        }
        entry.putArray("data_offsets").add(begin).add(end);
        return this;
    }

    public void write(Path path) throws IOException {
        write(path, header.toString(), data.toByteArray());
    }

    static void write(Path path, String header, byte[] data) throws IOException {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        Files.write(
                path,
                ByteBuffer.allocate(8 + json.length + data.length)
                        .order(ByteOrder.LITTLE_ENDIAN)
                        .putLong(json.length)
                        .put(json)
                        .put(data)
                        .array());
    }
}
