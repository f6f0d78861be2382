package io.github.unipic.generation;

import static io.github.unipic.model.GraphName.MAR_DECODER;
import static io.github.unipic.model.GraphName.MAR_ENCODER;

import io.github.unipic.model.GraphName;
import io.github.unipic.model.Grid;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.Outputs;
import io.github.unipic.runtime.Tensor;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;

/**
 * The masked autoregressive model (MAR; Li et al. 2024, "Autoregressive image generation without vector quantization").
 * Its encoder embeds the known tokens for the language model. Its decoder turns the language model's hidden states into
 * the conditions that the masked tokens are sampled from. The caller owns the results.
 */
public final class MarModel {
    private final Execution execution;

    public MarModel(Execution execution) {
        this.execution = execution;
    }

    /**
     * Encodes known tokens.
     *
     * @param tokens [B,V,channels]
     * @param known their positions, ascending: V for each of the B images
     */
    public MarEncoding encode(Tensor tokens, List<int[]> known, Grid grid) {
        try (Outputs outputs = run(tokens, known, grid, Set.of("x_enc", "z_enc"))) {
            return new MarEncoding(grid, outputs.take("x_enc"), outputs.take("z_enc"), Optional.empty());
        }
    }

    /**
     * Encodes all tokens of an image, and makes the canvas for an edit.
     *
     * @param latents [1,h,w,channels]
     */
    public MarEncoding encodeImage(Tensor latents) {
        Grid grid = grid(latents);
        try (Outputs outputs = runWhole(latents, grid, Set.of("x_enc", "z_enc", "canvas"))) {
            return new MarEncoding(
                    grid, outputs.take("x_enc"), outputs.take("z_enc"), Optional.of(outputs.take("canvas")));
        }
    }

    /**
     * Encodes all tokens of an image for the language model only, as embeddings z_enc [1,buffers+N,D].
     *
     * @param latents [1,h,w,channels]
     */
    Tensor embedImage(Tensor latents) {
        try (Outputs outputs = runWhole(latents, grid(latents), Set.of("z_enc"))) {
            return outputs.take("z_enc");
        }
    }

    private static Grid grid(Tensor latents) {
        return new Grid(latents.dim(1), latents.dim(2));
    }

    private Outputs runWhole(Tensor latents, Grid grid, Set<String> wanted) {
        int[] everywhere = IntStream.range(0, grid.tokens()).toArray();
        try (Tensor tokens = latents.reshape(1, grid.tokens(), latents.dim(3))) {
            return run(tokens, List.of(everywhere), grid, wanted);
        }
    }

    private Outputs run(Tensor tokens, List<int[]> known, Grid grid, Set<String> wanted) {
        try (Tensor positions = indices(known);
                Tensor gridTensor = tensor(grid)) {
            return execution.run(
                    MAR_ENCODER, Map.of("tokens", tokens, "positions", positions, "grid", gridTensor), wanted);
        }
    }

    /** The canvas for generation without a source image, [1,0,dim]: mask tokens only. */
    public Tensor blankCanvas() {
        return execution.empty(
                MAR_DECODER, "canvas", 1, 0, execution.manifest().sizes().marDim());
    }

    /**
     * What the decoder takes. Borrows its tensors.
     *
     * @param encoded x_enc [E,buffers+V,dim] of the known tokens
     * @param hidden [B,V+buffers,D] of the language model for the encoding's embeds; B is E, or with guidance 2E
     * @param known positions of the known tokens, V for each of E images
     * @param predicted positions to predict, M for each of E images
     * @param canvas {@link #blankCanvas}, or the canvas of the image to edit
     */
    public record DecoderInputs(
            Tensor encoded, Tensor hidden, List<int[]> known, List<int[]> predicted, Tensor canvas, Grid grid) {}

    /** Computes the conditions z [B,M,dim] of the positions to predict. */
    public Tensor decode(DecoderInputs inputs) {
        try (Outputs outputs = decode(MAR_DECODER, inputs, Map.of(), Set.of("z"))) {
            return outputs.take("z");
        }
    }

    /**
     * Runs one of the decoder's graphs.
     *
     * @param more inputs of the graph
     */
    Outputs decode(GraphName graph, DecoderInputs of, Map<String, Tensor> more, Set<String> outputs) {
        try (Tensor positions = indices(of.known());
                Tensor predict = indices(of.predicted());
                Tensor grid = tensor(of.grid())) {
            Map<String, Tensor> inputs = new HashMap<>(more);
            inputs.put("x_enc", of.encoded());
            inputs.put("llm_hidden", of.hidden());
            inputs.put("positions", positions);
            inputs.put("predict", predict);
            inputs.put("canvas", of.canvas());
            inputs.put("grid", grid);
            return execution.run(graph, inputs, outputs);
        }
    }

    /** int64 [E,n], n for each of E images. */
    static Tensor indices(List<int[]> images) {
        long[] flat =
                images.stream().flatMapToInt(Arrays::stream).asLongStream().toArray();
        return Tensor.longs(flat, images.size(), images.get(0).length);
    }

    private static Tensor tensor(Grid grid) {
        return Tensor.longs(new long[] {grid.height(), grid.width()}, 2);
    }
}
