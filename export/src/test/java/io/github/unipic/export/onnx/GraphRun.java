package io.github.unipic.export.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OnnxValue;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.github.unipic.runtime.provider.OnnxRuntime;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Runs a graph without {@code .data} files in ONNX Runtime. Its outputs are read as numbers, whatever their type. */
final class GraphRun {
    /** A tensor, row by row. Logical values are 0 and 1. */
    record Numbers(List<Long> shape, List<Double> values) {
        static Numbers of(List<Long> shape, double... values) {
            return new Numbers(shape, Arrays.stream(values).boxed().toList());
        }
    }

    private GraphRun() {}

    /** Adds each value as an output, and gives what they are. The graph has no inputs. */
    static List<Numbers> of(Graph graph, Value... outputs) {
        for (int i = 0; i < outputs.length; i++) {
            ElementType type = outputs[i].type() == ElementType.FLOAT32 ? ElementType.FLOAT32 : ElementType.INT64;
            graph.output("out" + i, outputs[i].cast(type), "rank_" + i);
        }
        byte[] model = graph.toModel("test", "1").toBuilder()
                .setGraph(withoutShapes(graph))
                .build()
                .toByteArray();
        OrtEnvironment environment = OnnxRuntime.environment();
        Map<String, Numbers> results = new LinkedHashMap<>();
        try (OrtSession.SessionOptions options = new OrtSession.SessionOptions();
                OrtSession session = environment.createSession(model, options);
                OrtSession.Result result = session.run(Map.of())) {
            for (Map.Entry<String, OnnxValue> output : result) {
                results.put(output.getKey(), numbers((OnnxTensor) output.getValue()));
            }
        } catch (OrtException e) {
            throw new AssertionError(e);
        }
        List<Numbers> ordered = new ArrayList<>();
        for (int i = 0; i < outputs.length; i++) {
            ordered.add(results.get("out" + i));
        }
        return ordered;
    }

    /** The outputs' shapes are what a test wants to see, so they are not declared. */
    private static ai.onnx.proto.OnnxMl.GraphProto withoutShapes(Graph graph) {
        var proto = graph.toModel("test", "1").getGraph().toBuilder();
        for (int i = 0; i < proto.getOutputCount(); i++) {
            proto.getOutputBuilder(i).getTypeBuilder().getTensorTypeBuilder().clearShape();
        }
        return proto.build();
    }

    private static Numbers numbers(OnnxTensor tensor) {
        TensorInfo info = tensor.getInfo();
        double[] values = new double[Math.toIntExact(info.getNumElements())];
        for (int i = 0; i < values.length; i++) {
            values[i] = switch (info.type) {
                case FLOAT -> tensor.getFloatBuffer().get(i);
                case INT64 -> tensor.getLongBuffer().get(i);
                default -> throw new AssertionError(info.type);
            };
        }
        return Numbers.of(Arrays.stream(info.getShape()).boxed().toList(), values);
    }
}
