package io.github.unipic.conformance;

import io.github.unipic.Image;
import io.github.unipic.ReadOptions;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/** The photos that golden files were made from, as far as they come with the project. */
final class Photos {
    private Photos() {}

    static Optional<Image> find(String name) {
        if (!name.matches("[a-z]+\\.(png|jpg)")) {
            return Optional.empty();
        }
        try (InputStream in = Photos.class.getResourceAsStream("photos/" + name)) {
            return in == null ? Optional.empty() : Optional.of(Image.decode(in.readAllBytes(), ReadOptions.DEFAULT));
        } catch (IOException e) {
            throw new ConformanceException("Photo " + name + " cannot be read: " + e.getMessage() + ".", e);
        }
    }
}
