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
        Value halves = graph.concat(0, z.dim(0).div(rows), graph.int64(1));
        Value steps = timesteps.dim(0);
        Value lastStep = steps.squeeze(0).add(-1);
        Value start = noise.slice(0, 0, 1).squeeze(0);

        Value tokens = graph.loop(steps, start, (body, step, x) -> {
            Value condition = times.in(body).gather(0, step).add(conditions.in(body));
            Value predicted = head.apply(x.tile(halves.in(body)), condition);
            // Without guidance there is one half, which is both the first and the last M rows.
            Value conditional = predicted.slice(0, body.int64(0), rows.in(body));
            Value unconditional = predicted.sliceFrom(0, rows.in(body).negate()).slice(1, 0, channels);
            List<Value> split = conditional.split(1, 2);
            Value epsilon = unconditional.add(split.get(0).sub(unconditional).mul(guidance.in(body)));
            Value fraction = split.get(1).add(1).mul(0.5);

            List<Value> c = coefficients.in(body).gather(0, step).split(0, 6);
            Value x0 = c.get(0).mul(x).sub(c.get(1).mul(epsilon));
            Value mean = c.get(2).mul(x0).add(c.get(3).mul(x));
            Value logVariance =
                    fraction.mul(c.get(5)).add(fraction.negate().add(1).mul(c.get(4)));
            Value normal = noise.in(body).gather(0, step.in(body).add(1));
            Value jitter = logVariance.mul(0.5).exp().mul(normal).mul(temperature.in(body));
            Value more = step.less(lastStep.in(body));
            return mean.add(more.where(jitter, body.scalar(0, float32)));
        });
        graph.output("tokens", tokens, "M", channels);
        return graph;
    }
}
