package io.github.unipic.conformance.report;

import java.util.List;
import java.util.OptionalDouble;

/**
 * Which provider runs the nodes of one graph: as ONNX Runtime assigned them when it opened the graph, or with times
 * from its profile of one run.
 *
 * @param graph label, for example {@code decoder_step}
 * @param shares one for each provider that runs something
 * @param fallbacks operators that the CPU runs instead of the requested provider; empty if that is the CPU
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

    /** Time in the nodes of all providers; empty if nothing was timed. */
    public OptionalDouble milliseconds() {
        return shares.stream()
                .map(Share::milliseconds)
                .flatMapToDouble(OptionalDouble::stream)
                .reduce(Double::sum);
    }

    /**
     * The nodes that one provider runs.
     *
     * @param provider ONNX Runtime's name, for example {@code CPUExecutionProvider}
     * @param nodes of the graph after ONNX Runtime's basic optimizations; with times, after all of them, and nodes that
     *     a provider compiles to one kernel count as one
     * @param milliseconds spent in them; empty if nothing was timed
     */
    public record Share(String provider, int nodes, OptionalDouble milliseconds) {

        /** The provider's name without the common suffix, for example {@code CUDA}. */
        public String name() {
            return provider.replaceFirst("ExecutionProvider$", "");
        }
    }

    /**
     * An operator that fell back to the CPU.
     *
     * @param operator type, for example {@code Attention}
     * @param nodes of that type
     * @param computes whether it computes the model's values, in floating point or quantized; otherwise it computes
     *     only shapes and positions, which ONNX Runtime leaves on the CPU by design
     */
    public record Fallback(String operator, int nodes, boolean computes) {}
}
