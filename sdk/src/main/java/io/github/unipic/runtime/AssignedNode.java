package io.github.unipic.runtime;

/**
 * A node of a graph, and the provider that ONNX Runtime assigned it to when it opened the graph.
 *
 * @param provider ONNX Runtime's name, for example {@code CPUExecutionProvider}
 * @param operator type, for example {@code MatMul}
 * @param name of the node; ONNX Runtime's optimizations replace some nodes by others with names of their own
 */
public record AssignedNode(String provider, String operator, String name) {}
