package io.github.unipic.springai;

import java.util.Map;
import org.springframework.ai.image.ImageGenerationMetadata;

/**
 * What made an image.
 *
 * @param text by keyword, as the file holds it: {@code prompt}, {@code seed}, {@code parameters} and more
 */
public record UniPicImageMetadata(Map<String, String> text) implements ImageGenerationMetadata {
    /**
     * Copies the text.
     *
     * @param text as {@link io.github.unipic.Image#metadata()} gives it
     */
    public UniPicImageMetadata {
        text = Map.copyOf(text);
    }
}
