package io.github.unipic.generation;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Image;
import io.github.unipic.image.Framing;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.runtime.Tensor.Rows;
import io.github.unipic.runtime.TestExecution;
import io.github.unipic.testing.SmallModel;
import io.github.unipic.testing.TestImages;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Embeddings of images: made alone, and appended in chunks. */
class ImageEmbeddingsTest {
    private static Engine engine;
    private static Execution execution;

    @BeforeAll
    static void load() {
        engine = Engine.open(ModelFolder.open(SmallModel.folder(), false), SmallModel.options());
        execution = TestExecution.of(engine);
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    @Test
    void marMakesTheSameEmbeddingsAloneAsForAnEdit() {
        ImageEncoder encoder = new ImageEncoder(execution);
        int side = 4 * execution.manifest().sizes().downsampling();
        Image image = TestImages.gradient(50, 40);
        long open = Tensor.open();
        try (Tensor alone = encoder.marEmbeds(image, side)) {
            assertThat(Tensor.open()).isEqualTo(open + 1);
            try (MarEncoding edit = encoder.source(Framing.padToSquare(image), side)) {
                assertThat(alone.shape()).isEqualTo(edit.embeds().shape());
                assertThat(alone.toFloats()).containsExactly(edit.embeds().toFloats());
            }
        }
        assertThat(Tensor.open()).isEqualTo(open);
    }

    /** The published model makes 4160 embeddings of an image; 512 go through the language model at once. */
    @Test
    void manyEmbeddingsAreAppendedInOrder() {
        int count = 1100;
        int width = execution.manifest().sizes().hidden();
        float[] values = new float[count * width];
        Random random = new Random(1);
        for (int i = 0; i < values.length; i++) {
            values[i] = (float) random.nextGaussian();
        }
        long open = Tensor.open();
        try (Tensor embeds = Tensor.floats(values, 1, count, width);
                LanguageContext whole = LanguageContext.empty(execution);
                LanguageContext parts = LanguageContext.empty(execution)) {
            whole.embeds(embeds);
            Rows rows = embeds.rows();
            for (int[] part : new int[][] {{0, 512}, {512, 1024}, {1024, 1100}}) {
                try (Tensor chunk = rows.part(part[0], part[1])) {
                    parts.embeds(chunk);
                    assertThat(chunk.toFloats()).hasSize((part[1] - part[0]) * width); // still its owner's
                }
            }
            assertThat(whole.tokens()).isEqualTo(count);
            assertThat(whole.logits()).containsExactly(parts.logits());
        }
        assertThat(Tensor.open()).isEqualTo(open);
    }
}
