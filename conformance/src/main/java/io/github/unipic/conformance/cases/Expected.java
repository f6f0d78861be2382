package io.github.unipic.conformance.cases;

import io.github.unipic.Image;
import io.github.unipic.conformance.compare.Floats;
import java.util.Optional;

/** The right values, by key. */
public interface Expected {
    Optional<Floats> floats(String key);

    Optional<long[]> integers(String key);

    /** Pixel values of 8 bits. */
    Optional<Image> image(String key);

    /** What to say where there is nothing. */
    String without(String key);
}
