package io.github.unipic.generation;

import static io.github.unipic.model.GraphName.DIFFUSION_HEAD;
import static io.github.unipic.model.GraphName.TOKEN_SAMPLER;

import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.Tensor;
import java.util.Map;

/** The diffusion head: samples image tokens from the MAR decoder's conditions. The caller owns the results. */
public final class DiffusionSampler {
    private final Execution execution;

    public DiffusionSampler(Execution execution) {
        this.execution = execution;
    }

    /**
     * Runs all diffusion steps and returns tokens [M,channels].
     *
     * @param z M conditions, [M,dim] or [B,m,dim]; with guidance 2M, the conditional ones first
     * @param noise [T+1,M,channels]: the noise to start from, then the noise of each step
     */
    public Tensor sample(Tensor z, Tensor noise, DiffusionSchedule schedule, double guidance, double temperature) {
        long[] timesteps = schedule.timesteps();
        int dim = z.shape().length - 1;
        try (Tensor rows = z.reshape(-1, z.dim(dim));
                Tensor timestepTensor = Tensor.longs(timesteps, timesteps.length);
                Tensor coefficients =
                        Tensor.floats(schedule.coefficients(), timesteps.length, DiffusionSchedule.COLUMNS);
                Tensor guidanceTensor = Tensor.scalar(guidance);
                Tensor temperatureTensor = Tensor.scalar(temperature)) {
            Map<String, Tensor> inputs = Map.of(
                    "z", rows,
                    "noise", noise,
                    "timesteps", timestepTensor,
                    "coefficients", coefficients,
                    "guidance", guidanceTensor,
                    "temperature", temperatureTensor);
            return execution.run(TOKEN_SAMPLER, inputs, "tokens");
        }
    }

    /** One evaluation of the network: x [M,channels] and z [M,dim] to epsilon and variance [M,2*channels]. */
    public Tensor evaluate(Tensor x, long timestep, Tensor z) {
        try (Tensor timestepTensor = Tensor.longs(new long[] {timestep}, 1)) {
            return execution.run(
                    DIFFUSION_HEAD, Map.of("x", x, "timestep", timestepTensor, "z", z), "eps_and_variance");
        }
    }
}
