package io.github.unipic.conformance;

import io.github.unipic.export.Precision;

/**
 * The largest relative L2 errors that pass.
 *
 * @param stage of one graph fed with the reference's inputs
 * @param loop of a whole generation, where rounding adds up over iterations and diffusion steps
 */
public record Tolerance(double stage, double loop) {

    /**
     * float32: rounding gives 1e-6 to 1e-5 for a stage and under 1e-4 for a loop, a wrong constant far more. float16:
     * ten bits of mantissa give about 1e-3 to 1e-2 for a stage; a loop may go another way altogether.
     */
    public static Tolerance of(Precision precision) {
        return switch (precision) {
            case FP32 -> new Tolerance(2e-5, 1e-4);
            case FP16 -> new Tolerance(2e-2, 1e-1);
        };
    }
}
