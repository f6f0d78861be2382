package io.github.unipic.conformance;

import io.github.unipic.conformance.reference.ReferenceWriter;
import io.github.unipic.export.checkpoint.CheckpointTensor;
import io.github.unipic.export.checkpoint.SafetensorsFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;

/** A reference or golden file that was changed, so that the kit compares with wrong values. */
final class AlteredTensors {
    /** @param values float[] or long[] */
    private record Entry(Object values, long[] shape) {}

    private final Map<String, Entry> tensors = new LinkedHashMap<>();
    private final Map<String, String> metadata;

    private AlteredTensors(Map<String, String> metadata) {
        this.metadata = metadata;
    }

    static AlteredTensors of(Path file) {
        try (SafetensorsFile source = SafetensorsFile.open(file)) {
            AlteredTensors copy = new AlteredTensors(source.metadata());
            source.tensors().forEach((key, tensor) -> copy.tensors.put(key, new Entry(read(tensor), tensor.shape())));
            return copy;
        }
    }

    private static Object read(CheckpointTensor tensor) {
        int count = Math.toIntExact(tensor.elementCount());
        if (tensor.dtype().isFloatingPoint()) {
            float[] floats = new float[count];
            tensor.read(0, floats, 0, count);
            return floats;
        }
        ByteBuffer bytes = ByteBuffer.wrap(tensor.bytes()).order(ByteOrder.LITTLE_ENDIAN);
        long[] longs = new long[count];
        for (int i = 0; i < count; i++) {
            longs[i] = tensor.dtype().bytes() == Long.BYTES ? bytes.getLong() : bytes.get() & 0xff;
        }
        return longs;
    }

    List<String> keys() {
        return List.copyOf(tensors.keySet());
    }

    AlteredTensors floats(String key, Consumer<float[]> change) {
        change.accept((float[]) tensors.get(key).values());
        return this;
    }

    AlteredTensors longs(String key, Consumer<long[]> change) {
        change.accept((long[]) tensors.get(key).values());
        return this;
    }

    AlteredTensors without(String key) {
        if (tensors.remove(key) == null) {
            throw new IllegalStateException("There is no " + key + ".");
        }
        return this;
    }

    /** Integers in place of what was there. */
    AlteredTensors put(String key, long... values) {
        tensors.put(key, new Entry(values, new long[] {values.length}));
        return this;
    }

    Path writeTo(Path file) throws IOException {
        try (ReferenceWriter writer = new ReferenceWriter(file)) {
            for (Map.Entry<String, Entry> tensor : tensors.entrySet()) {
                long[] shape = tensor.getValue().shape();
                if (tensor.getValue().values() instanceof float[] floats) {
                    writer.floats(tensor.getKey(), floats, shape);
                } else {
                    writer.longs(tensor.getKey(), (long[]) tensor.getValue().values(), shape);
                }
            }
            writer.finish(metadata);
        }
        return file;
    }
}
