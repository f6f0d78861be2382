package io.github.unipic.export.modules;

import io.github.unipic.export.onnx.Value;

/** Where group norms take their means and variances from. */
interface GroupStatistics {
    double EPSILON = 1e-6;

    /**
     * Normalizes each group of channels of x [B,C,H,W].
     *
     * @param scale per channel, [C], as bias
     */
    Value normalize(Value x, Value scale, Value bias);

    /** From x itself, which is the entire image. */
    static GroupStatistics ofImage(int groups) {
        return (x, scale, bias) -> x.groupNorm(scale, bias, groups, EPSILON);
    }
}
