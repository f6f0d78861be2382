package io.github.unipic.runtime;

import ai.onnxruntime.NodeInfo;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.TensorInfo;
import io.github.unipic.ModelFormatException;
import io.github.unipic.model.Manifest.GraphSpec;
import io.github.unipic.model.Manifest.TensorSpec;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;

/** Compares the manifest's description of a graph with the graph as ONNX Runtime has opened it. */
final class SessionContract {
    private final String graph;

    private SessionContract(String graph) {
        this.graph = graph;
    }

    /** @throws ModelFormatException when a name, a type or the length of an axis differs */
    static void check(OrtSession session, GraphSpec spec) throws OrtException {
        SessionContract contract = new SessionContract(spec.file());
        contract.check(spec.inputs(), session.getInputInfo(), true);
        contract.check(spec.outputs(), session.getOutputInfo(), false);
    }

    private void check(List<TensorSpec> specs, Map<String, NodeInfo> tensors, boolean inputs) {
        Map<String, TensorSpec> byName = specs.stream().collect(Collectors.toMap(TensorSpec::name, spec -> spec));
        tensors.forEach((name, node) -> {
            TensorSpec spec = byName.remove(name);
            boolean same = spec == null ? !inputs : matches(spec, node, inputs);
            if (!same) {
                throw wrong((spec == null ? "nothing of " + name : spec.toString()), name + " " + node.getInfo());
            }
        });
        byName.values().stream().findFirst().ifPresent(spec -> {
            throw wrong(spec.toString(), "no such tensor");
        });
    }

    /** @param strict whether an axis that is free in the manifest must be free in the graph */
    private static boolean matches(TensorSpec spec, NodeInfo node, boolean strict) {
        if (!(node.getInfo() instanceof TensorInfo tensor)
                || tensor.getShape().length != spec.shape().size()
                || !type(tensor).equals(spec.type())) {
            return false;
        }
        for (int i = 0; i < tensor.getShape().length; i++) {
            long length = tensor.getShape()[i];
            String axis = spec.shape().get(i);
            boolean fits = axis.matches("\\d+")
                    ? length < 0 ? !strict : Long.toString(length).equals(axis)
                    : length < 0 || !strict;
            if (!fits) {
                return false;
            }
        }
        return true;
    }

    private static String type(TensorInfo tensor) {
        return switch (tensor.type) {
            case FLOAT -> "float32";
            case FLOAT16 -> "float16";
            default -> tensor.type.name().toLowerCase(Locale.ROOT);
        };
    }

    private ModelFormatException wrong(String manifest, String found) {
        return new ModelFormatException("The manifest and the graph " + graph + " differ: the manifest gives it "
                + manifest + ", the graph " + found + "; export the model again.");
    }
}
