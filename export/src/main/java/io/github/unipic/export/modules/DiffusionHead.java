package io.github.unipic.export.modules;

import io.github.unipic.export.modules.Architecture.Head;
import io.github.unipic.export.onnx.ElementType;
import io.github.unipic.export.onnx.Graph;
import io.github.unipic.export.onnx.Value;
import java.util.Arrays;
import java.util.List;

/**
 * The per-token denoising MLP with adaptive layer norm (MAR, arXiv 2406.11838, section 3.2): given a noisy token, a
 * timestep and the token's condition, predicts epsilon and the variance interpolation.
 */
public record DiffusionHead(Weights weights, Head head) {
    private static final double EPSILON = 1e-6;
    private static final int FREQUENCIES = 128;

    /** Conditions z [R,dim] to [R,width]; the same for every timestep. */
    public Value embedCondition(Value z) {
        return new Linear(weights.at("cond_embed"), head.conditionWidth(), head.width()).apply(z);
    }

    /** Timesteps int64 [T] to [T,width]: cosines, then sines of 128 frequencies, then an MLP. */
    public Value embedTimesteps(Value timesteps) {
        return timesteps.graph().scope("time_embed", () -> {
            Graph graph = timesteps.graph();
            Value angles = timesteps.cast(ElementType.FLOAT32).unsqueeze(1).mul(graph.float32(frequencies()));
            Value waves = graph.concat(1, angles.cos(), angles.sin()).cast(weights.type());
            return new Projector(weights.at("time_embed.mlp"), 2 * FREQUENCIES, head.width(), head.width())
                    .apply(waves);
        });
    }

    /**
     * @param x float32 [R,channels]
     * @param condition [R,width], or [width]-broadcastable: time and condition embeddings added
     * @return float32 [R,2*channels]: epsilon, then the variance interpolation in about [-1,1]
     */
    public Value apply(Value x, Value condition) {
        int width = head.width();
        Value modulator = condition.silu();
        Value y = new Linear(weights.at("input_proj"), head.channels(), width).apply(x.cast(weights.type()));
        for (int i = 0; i < head.blocks(); i++) {
            y = block(weights.at("res_blocks", i), y, modulator);
        }
        return finalLayer(weights.at("final_layer"), y, modulator).cast(ElementType.FLOAT32);
    }

    private Value block(Weights block, Value x, Value modulator) {
        int width = head.width();
        return x.graph().scope(block.prefix(), () -> {
            List<Value> modulation = modulation(block, modulator, 3);
            Value normed = new LayerNorm(block.at("in_ln"), width, EPSILON).apply(x);
            Value y = normed.mul(modulation.get(1)).add(modulation.get(0));
            return x.add(modulation.get(2).mul(new Projector(block.at("mlp"), width, width, width).apply(y)));
        });
    }

    private Value finalLayer(Weights layer, Value x, Value modulator) {
        int width = head.width();
        List<Value> modulation = modulation(layer, modulator, 2);
        Value normed = x.layerNorm(x.graph().constant(x.type(), width, 1), EPSILON);
        Value y = normed.mul(modulation.get(1)).add(modulation.get(0));
        return new Linear(layer.at("linear"), width, 2L * head.channels()).apply(y);
    }

    /** The shift, 1 + the scale, and in blocks the gate. */
    private List<Value> modulation(Weights layer, Value modulator, int parts) {
        int width = head.width();
        float[] ones = new float[parts * width];
        Arrays.fill(ones, width, 2 * width, 1);
        Value one = modulator.graph().constant(modulator.type(), ones);
        return new Linear(layer.at("adaLN_modulation.1"), width, (long) parts * width)
                .apply(modulator, List.of(one))
                .split(1, parts);
    }

    /** exp(-ln(10000) i / 128), rounded to float32 where PyTorch rounds. */
    private static float[] frequencies() {
        float[] frequencies = new float[FREQUENCIES];
        for (int i = 0; i < FREQUENCIES; i++) {
            frequencies[i] = (float) Math.exp((float) -Math.log(10000) * i / FREQUENCIES);
        }
        return frequencies;
    }
}
