package io.github.unipic.runtime;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession.SessionOptions;
import com.sun.jna.Memory;
import io.github.unipic.ModelFormatException;
import io.github.unipic.model.Manifest.GraphSpec;
import io.github.unipic.runtime.provider.OnnxRuntime;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.LongStream;

/** A graph's weights in memory, for a session that does not map them. Must stay open as long as the session. */
final class Weights implements AutoCloseable {
    /** Element types by ONNX's numbers. */
    private static final Map<Integer, OnnxJavaType> TYPES = Map.of(
            1, OnnxJavaType.FLOAT,
            2, OnnxJavaType.UINT8,
            3, OnnxJavaType.INT8,
            6, OnnxJavaType.INT32,
            7, OnnxJavaType.INT64,
            9, OnnxJavaType.BOOL,
            10, OnnxJavaType.FLOAT16,
            11, OnnxJavaType.DOUBLE,
            16, OnnxJavaType.BFLOAT16);

    private final DataFiles files;
    private final Map<String, Memory> memory = new LinkedHashMap<>();
    private final Map<String, OnnxTensorLike> tensors = new LinkedHashMap<>();

    private Weights(DataFiles files) {
        this.files = files;
    }

    /** @throws ModelFormatException when they cannot be read, or differ from what the graph declares */
    static Weights read(DataFiles files, Path graph, GraphSpec spec) throws OrtException {
        Weights weights = new Weights(files);
        try {
            for (String file : spec.data()) {
                weights.memory.put(file, files.acquire(file));
            }
            for (ExternalTensor tensor : ExternalTensor.of(Files.readAllBytes(graph))) {
                weights.tensors.put(tensor.name(), weights.tensor(tensor));
            }
            return weights;
        } catch (IOException | IllegalArgumentException | ArithmeticException e) {
            weights.close();
            throw new ModelFormatException(
                    "The weights of " + graph + " cannot be read into memory: " + e.getMessage()
                            + "; export the model again, or have it mapped.",
                    e);
        } catch (OrtException | RuntimeException | Error e) {
            weights.close();
            throw e;
        }
    }

    private OnnxTensor tensor(ExternalTensor tensor) throws OrtException {
        OnnxJavaType type = TYPES.get(tensor.type());
        Memory file = memory.get(tensor.file());
        if (type == null || file == null) {
            throw new IllegalArgumentException(tensor.name() + " is of a type or in a file that is not known");
        }
        long elements = LongStream.of(tensor.shape()).reduce(1, Math::multiplyExact);
        boolean within = tensor.offset() >= 0
                && tensor.length() <= Integer.MAX_VALUE
                && tensor.offset() <= file.size() - tensor.length();
        if (!within || elements != tensor.length() / type.size || tensor.length() % type.size != 0) {
            throw new IllegalArgumentException(tensor.name() + " is not within its file, or of another size");
        }
        ByteBuffer buffer = file.getByteBuffer(tensor.offset(), tensor.length()).order(ByteOrder.nativeOrder());
        return OnnxTensor.createTensor(OnnxRuntime.environment(), buffer, tensor.shape(), type);
    }

    /** Gives the weights to a session on the CPU, which uses these tensors directly. */
    void lendTo(SessionOptions options) throws OrtException {
        for (Map.Entry<String, OnnxTensorLike> tensor : tensors.entrySet()) {
            options.addInitializer(tensor.getKey(), tensor.getValue());
        }
    }

    /**
     * Gives the weights to a session with another provider, which copies them when it is created: to the device, or for
     * nodes that are left to the CPU.
     */
    void giveTo(SessionOptions options) throws OrtException {
        options.addExternalInitializers(tensors);
    }

    @Override
    public void close() {
        tensors.values().forEach(OnnxTensorLike::close);
        tensors.clear();
        memory.keySet().forEach(files::release);
        memory.clear();
    }
}
