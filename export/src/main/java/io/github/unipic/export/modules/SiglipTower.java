package io.github.unipic.export.modules;

import io.github.unipic.export.modules.Architecture.Vision;
import io.github.unipic.export.onnx.Value;

/** SigLIP2's vision transformer without its pooling head: pixels [B,3,S,S] to patches [B,T,width]. */
public record SiglipTower(Weights weights, Vision vision) {

    public Value apply(Value pixels) {
        long patch = vision.patch();
        int width = vision.width();
        Value kernel = weights.tensor(pixels.graph(), "embeddings.patch_embedding.weight", width, 3, patch, patch);
        Value bias = weights.tensor(pixels.graph(), "embeddings.patch_embedding.bias", width);
        Value positions =
                weights.tensor(pixels.graph(), "embeddings.position_embedding.weight", vision.tokens(), width);
        Value patches = pixels.conv2d(kernel, bias, vision.patch(), 0, 0, 0, 0);
        Value x = patches.reshape(0, width, -1).transpose(0, 2, 1).add(positions);
        for (int i = 0; i < vision.layers(); i++) {
            x = new SiglipBlock(weights.at("encoder.layers", i), vision).apply(x);
        }
        return new LayerNorm(weights.at("post_layernorm"), width, vision.epsilon()).apply(x);
    }
}
