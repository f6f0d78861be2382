package io.github.unipic.model;

import io.github.unipic.model.Manifest.Sizes;
import io.github.unipic.model.Manifest.TensorSpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * A graph's inputs and outputs as in docs/graphs.md, with the sizes of one folder. In a tensor such as {@code embeds T
 * [B,S,64]}, T is float32 or float16, an axis that contains a number must match exactly, {@code _} matches any axis,
 * and the others match any axis without a number.
 */
record GraphContract(List<String> inputs, List<String> outputs) {
    private static final Set<String> ACTIVATIONS = Set.of("float32", "float16");

    /** @param blocks of the MAR decoder, which the sizes do not tell */
    static GraphContract of(GraphName graph, Sizes sizes, int blocks) {
        int hidden = sizes.hidden();
        int dim = sizes.marDim();
        int channels = sizes.latentChannels();
        int buffer = sizes.bufferTokens();
        int side = sizes.visionImage();
        return switch (graph) {
            case TEXT_EMBEDDING ->
                new GraphContract(List.of("ids int64 [B,S]"), List.of("embeds T [B,S," + hidden + "]"));
            case TEXT_HEAD ->
                new GraphContract(
                        List.of("hidden T [B," + hidden + "]"),
                        List.of("logits float32 [B," + sizes.vocabulary() + "]"));
            case VISION_ENCODER ->
                new GraphContract(
                        List.of("pixels float32 [B,3," + side + "," + side + "]"),
                        List.of("image_embeds T [B,_," + hidden + "]"));
            case PIXEL_ENCODER ->
                new GraphContract(
                        List.of("pixels float32 [B,3,H,W]"), List.of("latents float32 [B,h,w," + channels + "]"));
            case MAR_ENCODER ->
                new GraphContract(
                        List.of("tokens float32 [B,V," + channels + "]", "positions int64 [B,V]", "grid int64 [2]"),
                        List.of(
                                encoded(sizes),
                                "z_enc T [B,V+" + buffer + "," + hidden + "]",
                                "canvas T [B," + buffer + "+V," + dim + "]"));
            case DECODER_STEP -> decoderStep(sizes);
            case MAR_DECODER -> marDecoder(sizes);
            case MAR_DECODER_CACHED -> marDecoderCached(sizes, blocks);
            case DIFFUSION_HEAD ->
                new GraphContract(
                        List.of("x float32 [M," + channels + "]", "timestep int64 [1]", "z T [M," + dim + "]"),
                        List.of("eps_and_variance float32 [M," + 2 * channels + "]"));
            case TOKEN_SAMPLER ->
                new GraphContract(
                        List.of(
                                "z T [R," + dim + "]",
                                "noise float32 [T+1,M," + channels + "]",
                                "timesteps int64 [T]",
                                "coefficients float32 [T,6]",
                                "guidance float32 []",
                                "temperature float32 []"),
                        List.of("tokens float32 [M," + channels + "]"));
            case PIXEL_DECODER ->
                new GraphContract(
                        List.of("latents float32 [B,h,w," + channels + "]"), List.of("pixels float32 [B,3,H,W]"));
            case PIXEL_DECODER_FEATURES ->
                new GraphContract(List.of("latents float32 [B,h,w," + channels + "]"), List.of("features T [B,_,y,x]"));
            case PIXEL_DECODER_TILE ->
                new GraphContract(
                        List.of(
                                "features T [B,_,y,x]",
                                "core int64 [4]",
                                "statistics float32 [_,B,_,2]",
                                "known bool []"),
                        List.of("pixels float32 [B,3,h,w]", "core_statistics float32 [_,B,_,2]"));
        };
    }

    private static String encoded(Sizes sizes) {
        return "x_enc T [B," + sizes.bufferTokens() + "+V," + sizes.marDim() + "]";
    }

    private static GraphContract marDecoder(Sizes sizes) {
        return new GraphContract(
                List.of(
                        encoded(sizes),
                        "llm_hidden T [B,V+" + sizes.bufferTokens() + "," + sizes.hidden() + "]",
                        "positions int64 [E,V]",
                        "predict int64 [E,M]",
                        "canvas T [F,C," + sizes.marDim() + "]",
                        "grid int64 [2]"),
                List.of("z T [B,M," + sizes.marDim() + "]"));
    }

    private static GraphContract marDecoderCached(Sizes sizes, int blocks) {
        GraphContract decoder = marDecoder(sizes);
        List<String> inputs = new ArrayList<>(decoder.inputs());
        List<String> outputs = new ArrayList<>(decoder.outputs());
        inputs.addAll(List.of("refresh int64 [E,K]", "reuse int64 [E,U]"));
        for (int block = 0; block < blocks; block++) {
            for (String part : List.of("key.", "value.")) {
                inputs.add("past_" + part + block + " T [B,N," + sizes.marDim() + "]");
                outputs.add("present_" + part + block + " T [E,_," + sizes.marDim() + "]");
            }
        }
        return new GraphContract(inputs, outputs);
    }

    private static GraphContract decoderStep(Sizes sizes) {
        List<String> inputs = new ArrayList<>(List.of(
                "embeds T [E,S," + sizes.hidden() + "]", "attention_mask int64 [B,_]", "position_ids int64 [B,S]"));
        List<String> outputs = new ArrayList<>(List.of("hidden T [B,S," + sizes.hidden() + "]"));
        String head = "," + sizes.headDim() + "]";
        for (int layer = 0; layer < sizes.layers(); layer++) {
            for (String part : List.of("key.", "value.")) {
                inputs.add("past_" + part + layer + " T [B," + sizes.kvHeads() + ",P" + head);
                outputs.add("present_" + part + layer + " T [B," + sizes.kvHeads() + ",_" + head);
            }
        }
        return new GraphContract(inputs, outputs);
    }

    /** The first difference from the expected tensors, as the end of a sentence; additional tensors are allowed. */
    static Optional<String> difference(List<String> expected, List<TensorSpec> given) {
        for (String tensor : expected) {
            String name = tensor.substring(0, tensor.indexOf(' '));
            Optional<TensorSpec> found =
                    given.stream().filter(spec -> spec.name().equals(name)).findFirst();
            if (found.isEmpty()) {
                return Optional.of("lacks " + tensor);
            }
            if (!matches(tensor, found.get())) {
                return Optional.of("has " + found.get() + " where its sizes need " + tensor);
            }
        }
        return Optional.empty();
    }

    private static boolean matches(String tensor, TensorSpec given) {
        String[] parts = tensor.split(" ");
        boolean type = parts[1].equals("T") ? ACTIVATIONS.contains(given.type()) : parts[1].equals(given.type());
        String inBrackets = parts[2].substring(1, parts[2].length() - 1);
        List<String> axes = inBrackets.isEmpty() ? List.of() : List.of(inBrackets.split(","));
        if (!type || axes.size() != given.shape().size()) {
            return false;
        }
        for (int i = 0; i < axes.size(); i++) {
            String axis = axes.get(i);
            String length = given.shape().get(i);
            boolean fits = axis.matches(".*\\d.*") ? axis.equals(length) : axis.equals("_") || !length.matches("\\d+");
            if (!fits) {
                return false;
            }
        }
        return true;
    }
}
