package io.github.unipic.generation;

import io.github.unipic.model.Grid;
import io.github.unipic.runtime.Resources;
import io.github.unipic.runtime.Tensor;
import java.util.Optional;

/**
 * The MAR encoder's output for some tokens of an image. Owns its tensors.
 *
 * @param grid of the whole image
 * @param encoded x_enc [B,buffers+V,dim], for the MAR decoder
 * @param embeds z_enc [B,V+buffers,D], for the language model
 * @param canvas what the MAR decoder reads at masked positions of an edit, [1,buffers+N,dim]; only for whole images
 */
public record MarEncoding(Grid grid, Tensor encoded, Tensor embeds, Optional<Tensor> canvas) implements AutoCloseable {
    @Override
    public void close() {
        Resources.close(encoded, embeds);
        canvas.ifPresent(Tensor::close);
    }
}
