package io.github.unipic.runtime;

import ai.onnxruntime.OnnxJavaType;
import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxTensorLike;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.RunOptions;
import ai.onnxruntime.TensorInfo;
import ai.onnxruntime.TensorInfo.OnnxTensorType;
import io.github.unipic.runtime.provider.OnnxRuntime;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.reflect.Constructor;
import java.lang.reflect.Field;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.slf4j.LoggerFactory;

/**
 * Runs sessions through ONNX Runtime's C interface, which leaves each output on the device where it is computed. Java's
 * sessions, options and tensors are what goes in and comes out; their C pointers are read from their fields.
 */
final class DeviceRunner implements SessionRunner {
    private static final Map<Integer, OnnxJavaType> TYPES =
            CopyGraph.TYPES.entrySet().stream().collect(Collectors.toMap(Map.Entry::getValue, Map.Entry::getKey));

    /** After what it uses. */
    private static final Optional<SessionRunner> INSTANCE = make();

    private final OrtC c;
    private final Field session = OrtTable.pointerField(OrtSession.class);
    private final Field options = OrtTable.pointerField(RunOptions.class);
    private final Field tensor = OrtTable.pointerField(OnnxTensorLike.class);
    private final Constructor<OnnxTensor> newTensor =
            OnnxTensor.class.getDeclaredConstructor(long.class, long.class, TensorInfo.class);
    private final Constructor<TensorInfo> newInfo =
            TensorInfo.class.getDeclaredConstructor(long[].class, OnnxJavaType.class, OnnxTensorType.class);

    private DeviceRunner() throws ReflectiveOperationException, OrtException {
        c = OrtC.load();
        newTensor.setAccessible(true);
        newInfo.setAccessible(true);
    }

    /** Empty if anything about this ONNX Runtime is unexpected. */
    static Optional<SessionRunner> find() {
        return INSTANCE;
    }

    private static Optional<SessionRunner> make() {
        try {
            DeviceRunner runner = new DeviceRunner();
            runner.tryOut();
            return Optional.of(runner);
        } catch (ReflectiveOperationException | OrtException | RuntimeException | LinkageError e) {
            LoggerFactory.getLogger(DeviceRunner.class)
                    .warn("Tensors do not stay on their device between graphs: {}", OnnxRuntime.reason(e));
            return Optional.empty();
        }
    }

    /** Tries a copy on the CPU, before any request depends on this. */
    private void tryOut() {
        try (Copies copies = new Copies(this, OrtSession.SessionOptions::new);
                Tensor given = Tensor.floats(new float[] {1, 2, 3}, 3, 1);
                Tensor copied = copies.copy(given, Location.WHERE_COMPUTED)) {
            if (!Arrays.equals(copied.shape(), given.shape()) || !Arrays.equals(copied.toFloats(), given.toFloats())) {
                throw new IllegalStateException("a copy by ONNX Runtime's C interface is not what was copied");
            }
        }
    }

    @Override
    public Map<String, Tensor> run(
            OrtSession javaSession,
            Map<String, Tensor> inputs,
            Set<String> outputs,
            RunOptions runOptions,
            Location location,
            UnaryOperator<Tensor> toHost)
            throws OrtException {
        List<String> wanted = List.copyOf(outputs);
        MemorySegment of = OrtTable.pointer(session, javaSession);
        try (Arena arena = Arena.ofConfined();
                OrtC.Binding binding = c.bind(of, arena)) {
            for (Map.Entry<String, Tensor> input : inputs.entrySet()) {
                binding.input(
                        input.getKey(),
                        OrtTable.pointer(tensor, input.getValue().value()));
            }
            List<String> all = List.copyOf(javaSession.getOutputNames());
            List<MemorySegment> computed = c.outputMemory(of, all.size(), arena);
            for (String name : wanted) {
                binding.output(name, location == Location.HOST ? c.host() : computed.get(all.indexOf(name)));
            }
            List<OrtC.Value> values = binding.run(OrtTable.pointer(options, runOptions));
            Map<String, Tensor> results = new LinkedHashMap<>();
            try {
                for (int i = 0; i < values.size(); i++) {
                    results.put(wanted.get(i), tensor(values.get(i), toHost));
                }
                return results;
            } catch (RuntimeException | Error e) {
                results.values().forEach(Tensor::close);
                values.stream().skip(results.size()).forEach(c::free);
                throw e;
            }
        }
    }

    private Tensor tensor(OrtC.Value value, UnaryOperator<Tensor> toHost) {
        try {
            OnnxJavaType type = TYPES.get(value.type());
            TensorInfo info = newInfo.newInstance(value.shape(), type, OnnxTensorType.mapFromJavaType(type));
            OnnxTensor wrapped = newTensor.newInstance(
                    value.pointer().address(), c.allocator().address(), info);
            return value.onHost() ? new Tensor(wrapped) : new Tensor(wrapped, toHost);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
