package io.github.unipic.generation;

import io.github.unipic.InvalidRequestException;

/**
 * The noise schedule of the diffusion head: the cosine schedule of Nichol and Dhariwal (2021), "Improved denoising
 * diffusion probabilistic models", over 1000 steps, respaced to fewer, with the coefficients of each step's ancestral
 * sampling. Computed in double precision. Immutable and thread-safe.
 */
public final class DiffusionSchedule {
    /** Columns of {@link #coefficients()}. */
    public static final int COLUMNS = 6;

    private static final int BASE_STEPS = 1000;

    private final long[] timesteps;
    private final float[] coefficients;

    private DiffusionSchedule(long[] timesteps, float[] coefficients) {
        this.timesteps = timesteps;
        this.coefficients = coefficients;
    }

    /**
     * Makes the schedule.
     *
     * @param steps diffusion steps, 1 to 1000
     * @param maxBeta cap of the noise variance of one step: 0.2 for UniPic, 0.999 for Harmon
     * @return the schedule
     * @throws InvalidRequestException if there are too few or too many steps
     */
    public static DiffusionSchedule cosine(int steps, double maxBeta) {
        if (steps < 1 || steps > BASE_STEPS) {
            throw new InvalidRequestException("diffusion steps must be 1 to " + BASE_STEPS + ", not " + steps);
        }
        double[] cumulative = alphasCumprod(maxBeta);
        int[] ascending = respace(steps);
        long[] timesteps = new long[steps];
        double[][] rows = new double[steps][];
        double previous = 1;
        for (int i = 0; i < steps; i++) {
            double current = cumulative[ascending[i]];
            timesteps[steps - 1 - i] = ascending[i];
            rows[steps - 1 - i] = coefficients(current, previous);
            previous = current;
        }
        // The posterior variance of the last step executed is 0: its logarithm is replaced by that of the step before.
        // A single step has no step before it and uses log beta. That step adds no noise, but -inf would become NaN
        // where the network interpolates between the two (0 times infinity).
        rows[steps - 1][4] = steps > 1 ? rows[steps - 2][4] : rows[0][5];

        float[] table = new float[steps * COLUMNS];
        for (int i = 0; i < table.length; i++) {
            table[i] = (float) rows[i / COLUMNS][i % COLUMNS];
        }
        return new DiffusionSchedule(timesteps, table);
    }

    private static double[] alphasCumprod(double maxBeta) {
        double[] cumulative = new double[BASE_STEPS];
        double product = 1;
        for (int i = 0; i < BASE_STEPS; i++) {
            double beta =
                    Math.min(1 - alphaBar((i + 1) / (double) BASE_STEPS) / alphaBar(i / (double) BASE_STEPS), maxBeta);
            product *= 1 - beta;
            cumulative[i] = product;
        }
        return cumulative;
    }

    private static double alphaBar(double time) {
        double cosine = StrictMath.cos((time + 0.008) / 1.008 * Math.PI / 2);
        return cosine * cosine;
    }

    /** The timesteps that are used, ascending: even strides from 0 to 999, added up, then rounded half to even. */
    private static int[] respace(int steps) {
        double stride = steps == 1 ? 1 : (BASE_STEPS - 1) / (double) (steps - 1);
        int[] timesteps = new int[steps];
        double position = 0;
        for (int i = 0; i < steps; i++) {
            timesteps[i] = (int) Math.rint(position);
            position += stride;
        }
        return timesteps;
    }

    private static double[] coefficients(double cumulative, double previous) {
        double beta = 1 - cumulative / previous;
        double variance = beta * (1 - previous) / (1 - cumulative);
        return new double[] {
            Math.sqrt(1 / cumulative),
            Math.sqrt(1 / cumulative - 1),
            beta * Math.sqrt(previous) / (1 - cumulative),
            (1 - previous) * Math.sqrt(1 - beta) / (1 - cumulative),
            StrictMath.log(variance),
            StrictMath.log(beta)
        };
    }

    /**
     * The number of steps T.
     *
     * @return 1 to 1000
     */
    public int steps() {
        return timesteps.length;
    }

    /**
     * The timesteps in the order of execution.
     *
     * @return a copy, [T], descending to 0, in the 0 to 999 that the network was trained with
     */
    public long[] timesteps() {
        return timesteps.clone();
    }

    /**
     * The coefficients in the order of execution.
     *
     * @return a copy, [T, 6] row-major; the columns are sqrt_recip_alphas_cumprod, sqrt_recipm1_alphas_cumprod (both
     *     give x0 from x and epsilon), posterior_mean_coef1, posterior_mean_coef2 (of x0 and x),
     *     posterior_log_variance_clipped and log_beta (the bounds of the step's log variance); all finite
     */
    public float[] coefficients() {
        return coefficients.clone();
    }
}
