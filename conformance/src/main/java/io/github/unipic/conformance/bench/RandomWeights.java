package io.github.unipic.conformance.bench;

import ai.onnxruntime.platform.Fp16Conversions;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.Random;
import java.util.SplittableRandom;

/**
 * Writes safetensors files of random weights, always the same ones. They are scaled so that values neither vanish nor
 * grow on their way through the model. Each weight is one of 65536 normal variates, so that billions take seconds.
 */
final class RandomWeights {
    private static final int SEED = 20261121;
    private static final int VARIATES = 1 << 16;
    private static final int CHUNK = 1 << 20;

    /** The number format of a weight. */
    enum Form {
        F32(4),
        BF16(2);

        private final int bytes;

        Form(int bytes) {
            this.bytes = bytes;
        }
    }

    private final Form form;
    private final double[] normal = new double[VARIATES];

    RandomWeights(Form form) {
        this.form = form;
        Random random = new Random(SEED);
        Arrays.setAll(normal, i -> random.nextGaussian());
    }

    /** Bytes of the tensors' data. */
    long bytes(Map<String, long[]> shapes) {
        return shapes.values().stream().mapToLong(RandomWeights::elements).sum() * form.bytes;
    }

    void write(Path file, Map<String, long[]> shapes) throws IOException {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file), CHUNK)) {
            byte[] header = header(shapes);
            out.write(ByteBuffer.allocate(Long.BYTES)
                    .order(ByteOrder.LITTLE_ENDIAN)
                    .putLong(header.length)
                    .array());
            out.write(header);
            for (Map.Entry<String, long[]> tensor : shapes.entrySet()) {
                write(out, tensor.getKey(), tensor.getValue());
            }
        }
    }

    private byte[] header(Map<String, long[]> shapes) throws IOException {
        ObjectNode header = new JsonMapper().createObjectNode();
        long end = 0;
        for (Map.Entry<String, long[]> tensor : shapes.entrySet()) {
            ObjectNode entry = header.putObject(tensor.getKey()).put("dtype", form.name());
            Arrays.stream(tensor.getValue())
                    .forEach(size -> entry.withArray("shape").add(size));
            long begin = end;
            end += elements(tensor.getValue()) * form.bytes;
            entry.putArray("data_offsets").add(begin).add(end);
        }
        return new JsonMapper().writeValueAsBytes(header);
    }

    private void write(OutputStream out, String name, long[] shape) throws IOException {
        long elements = elements(shape);
        boolean vector = shape.length == 1;
        double mean = vector && name.endsWith("weight") ? 1 : 0;
        double deviation = vector || name.contains("pos_embed") ? 0.02 : 1 / Math.sqrt((double) elements / shape[0]);
        int[] table = table(mean, deviation);
        SplittableRandom random = new SplittableRandom(name.hashCode());
        ByteBuffer chunk = ByteBuffer.allocate(CHUNK).order(ByteOrder.LITTLE_ENDIAN);
        for (long left = elements; left > 0; left -= chunk.position() / form.bytes) {
            chunk.clear();
            int count = (int) Math.min(left, CHUNK / form.bytes);
            long bits = 0;
            for (int i = 0; i < count; i++) {
                // Four variates for each random number.
                bits = i % 4 == 0 ? random.nextLong() : bits >>> 16;
                int value = table[(int) bits & VARIATES - 1];
                if (form == Form.BF16) {
                    chunk.putShort((short) value);
                } else {
                    chunk.putInt(value);
                }
            }
            out.write(chunk.array(), 0, chunk.position());
        }
    }

    private int[] table(double mean, double deviation) {
        int[] table = new int[VARIATES];
        for (int i = 0; i < VARIATES; i++) {
            float value = (float) (mean + deviation * normal[i]);
            table[i] = form == Form.BF16 ? Fp16Conversions.floatToBf16(value) : Float.floatToRawIntBits(value);
        }
        return table;
    }

    private static long elements(long[] shape) {
        return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }
}
