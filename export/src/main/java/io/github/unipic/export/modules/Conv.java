package io.github.unipic.export.modules;

import io.github.unipic.export.onnx.Value;

/** A biased 2-D convolution with a square kernel of 1 or 3, size-preserving by default. */
record Conv(Weights weights, long in, long out, int kernel) {

    Value apply(Value x) {
        int pad = kernel / 2;
        return apply(x, 1, pad, pad, pad, pad);
    }

    /** @param pads top, left, bottom, right */
    Value apply(Value x, int stride, int... pads) {
        Value weight = weights.tensor(x.graph(), "weight", out, in, kernel, kernel);
        return x.conv2d(weight, weights.tensor(x.graph(), "bias", out), stride, pads);
    }
}
