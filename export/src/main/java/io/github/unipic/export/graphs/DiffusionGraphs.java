package io.github.unipic.export.graphs;

import io.github.unipic.export.modules.Architecture.Head;
import io.github.unipic.export.modules.DiffusionHead;
import io.github.unipic.export.modules.Weights;
import io.github.unipic.export.onnx.ElementType;
import io.github.unipic.export.onnx.Graph;
import io.github.unipic.export.onnx.Value;
import java.util.List;

/** The diffusion head: one step, and the entire sampling loop. */
final class DiffusionGraphs {
    private DiffusionGraphs() {}

    /** x float32 [M,channels], one timestep, conditions z [M,dim] to float32 [M,2*channels]. */
    static Graph head(Weights weights, Head sizes) {
        Graph graph = new Graph("diffusion_head");
        Value x = graph.input("x", ElementType.FLOAT32, "M", sizes.channels());
        Value timestep = graph.input("timestep", ElementType.INT64, 1);
        Value z = graph.input("z", weights.type(), "M", sizes.conditionWidth());
        DiffusionHead head = new DiffusionHead(weights, sizes);
        Value condition = head.embedTimesteps(timestep).add(head.embedCondition(z));
        graph.output("eps_and_variance", head.apply(x, condition), "M", 2 * sizes.channels());
        return graph;
    }

    /**
     * Ancestral sampling (DDPM with learned variance, arXiv 2102.09672, section 3.1) with classifier-free guidance on
     * epsilon only. With guidance z has 2M rows, conditional ones first; without, M. The state is float32.
     */
    static Graph sampler(Weights weights, Head sizes) {
        Graph graph = new Graph("token_sampler");
        ElementType float32 = ElementType.FLOAT32;
        int channels = sizes.channels();
        Value z = graph.input("z", weights.type(), "R", sizes.conditionWidth());
        Value noise = graph.input("noise", float32, "T+1", "M", channels);
        Value timesteps = graph.input("timesteps", ElementType.INT64, "T");
        Value coefficients = graph.input("coefficients", float32, "T", 6);
        Value guidance = graph.input("guidance", float32);
        Value temperature = graph.input("temperature", float32);

        DiffusionHead head = new DiffusionHead(weights, sizes);
        Value conditions = head.embedCondition(z);
        Value times = head.embedTimesteps(timesteps);
        Value rows = noise.dim(1);
        Value unconditionalStart = rows.negate();
        Value halves = graph.concat(0, z.dim(0).div(rows), graph.int64(1));
        Value steps = timesteps.dim(0);
        Value start = noise.slice(0, 0, 1).squeeze(0);
        Value scaledNoise = scaledNoise(noise, temperature, steps);
        Value factors = factors(coefficients);

        // A node in the loop costs a launch in every step, so what does not depend on the state is computed before it.
        Value tokens = graph.loop(steps, start, (body, step, x) -> {
            Value condition = times.in(body).gather(0, step).add(conditions.in(body));
            Value predicted = head.apply(x.tile(halves.in(body)), condition);
            // Without guidance there is one half, which is both the first and the last M rows.
            List<Value> conditional =
                    predicted.slice(0, body.int64(0), rows.in(body)).split(1, 2);
            Value unconditional =
                    predicted.sliceFrom(0, unconditionalStart.in(body)).slice(1, 0, channels);
            Value epsilon =
                    unconditional.add(conditional.get(0).sub(unconditional).mul(guidance.in(body)));
            List<Value> factor = factors.in(body).gather(0, step).split(0, 4);
            Value mean = factor.get(0).mul(x).add(factor.get(1).mul(epsilon));
            Value deviation =
                    factor.get(2).mul(conditional.get(1)).add(factor.get(3)).exp();
            return mean.add(deviation.mul(scaledNoise.in(body).gather(0, step)));
        });
        graph.output("tokens", tokens, "M", channels);
        return graph;
    }

    /** The noise that is added after each step, [T,M,channels]: none after the last. */
    private static Value scaledNoise(Value noise, Value temperature, Value steps) {
        Graph graph = noise.graph();
        Value isNotLast = graph.range(steps).less(steps.squeeze(0).add(-1)).unsqueeze(1, 2);
        return isNotLast.where(noise.slice(0, 1, Long.MAX_VALUE).mul(temperature), graph.scalar(0, noise.type()));
    }

    /**
     * What each step multiplies by, [T,4]. Of {@code coefficients} c, the state x and the predicted epsilon and v, the
     * mean is c2 (c0 x - c1 epsilon) + c3 x, and the log variance is between c4 and c5: ((1-v) c4 + (1+v) c5) / 2.
     *
     * @return for the mean the factors of x and epsilon; for the log standard deviation the factor of v, and an addend
     */
    private static Value factors(Value coefficients) {
        List<Value> c = coefficients.split(1, 6);
        return coefficients
                .graph()
                .concat(
                        1,
                        c.get(2).mul(c.get(0)).add(c.get(3)),
                        c.get(2).mul(c.get(1)).negate(),
                        c.get(5).sub(c.get(4)).mul(0.25),
                        c.get(5).add(c.get(4)).mul(0.25));
    }
}
