package io.github.unipic.conformance.report;

import java.util.List;

/**
 * Where the nodes of one graph ran, from ONNX Runtime's profile of one run.
 *
 * @param graph label, for example {@code decoder_step}
 * @param shares one for each provider that ran something
 * @param fallbacks operators that the CPU ran although another provider was asked for; empty when the CPU was asked for
 */
public record Placement(String graph, List<Share> shares, List<Fallback> fallbacks) {

    /** Copies the lists. */
    public Placement {
        shares = List.copyOf(shares);
        fallbacks = List.copyOf(fallbacks);
    }

    /** Nodes of all providers. */
    public int nodes() {
        return shares.stream().mapToInt(Share::nodes).sum();
    }

    /** Time in the nodes of all providers. */
    public double milliseconds() {
        return shares.stream().mapToDouble(Share::milliseconds).sum();
    }

    /**
     * What one provider ran.
     *
     * @param provider ONNX Runtime's name, for example {@code CPUExecutionProvider}
     * @param nodes of the optimized graph; what a provider compiles to one kernel is one node
     * @param milliseconds spent in them
     */
    public record Share(String provider, int nodes, double milliseconds) {

        /** The provider without the ending that all have, for example {@code CUDA}. */
        public String name() {
            return provider.replaceFirst("ExecutionProvider$", "");
        }
    }

    /**
     * An operator that fell back to the CPU.
     *
     * @param operator type, for example {@code Attention}
     * @param nodes of that type
     * @param computes whether it works on the model's values, in floating point or quantized; otherwise it only keeps
     *     books on shapes and positions, which ONNX Runtime leaves on the CPU on purpose
     */
    public record Fallback(String operator, int nodes, boolean computes) {}
}
