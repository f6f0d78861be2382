package io.github.unipic.conformance.cases;

import io.github.unipic.conformance.cases.Value.Values;
import io.github.unipic.generation.Autoencoder;
import io.github.unipic.generation.GenerationPlan;
import io.github.unipic.generation.ImageGenerator;
import io.github.unipic.generation.LanguageContext;
import io.github.unipic.image.Pixels;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.KvCache;
import io.github.unipic.runtime.Tensor;
import java.util.function.BiConsumer;

/**
 * One image through the sdk's loop.
 *
 * @param plan of one image, with its order and noise
 * @param observer of the loop
 * @param outputs receives {@code latents}, {@code pixels} and {@code image}
 */
public record ImageRun(
        Execution execution, GenerationPlan plan, ImageGenerator.Observer observer, BiConsumer<String, Value> outputs) {

    /** Generates after two prompts. */
    public void generate(LanguageContext conditional, LanguageContext unconditional, Tensor canvas) {
        try (KvCache prompts = KvCache.stack(plan.rows(conditional.cache(), unconditional.cache()));
                Tensor latents = new ImageGenerator(execution)
                        .generate(plan, prompts, canvas, observer)
                        .latents(0);
                Tensor pixels = new Autoencoder(execution).decode(latents)) {
            outputs.accept("latents", Values.of(latents));
            outputs.accept("pixels", Values.of(pixels));
            outputs.accept(
                    "image", new Value.Generated(Pixels.toImage(pixels.toFloats(), pixels.dim(3), pixels.dim(2))));
        }
    }
}
