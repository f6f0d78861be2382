package io.github.unipic.conformance.cases;

import io.github.unipic.Image;
import io.github.unipic.ReadOptions;
import io.github.unipic.conformance.ConformanceException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** The built-in photos, from which golden files were recorded. */
public final class Photos {
    private static final String FOLDER = "/io/github/unipic/conformance/photos/";

    /** The built-in ones, decoded once, as many cases use the same few. */
    private static final Map<String, Image> DECODED = new ConcurrentHashMap<>();

    private Photos() {}

    /** The photo of a file name; empty if it is not built in. */
    public static Optional<Image> find(String name) {
        return name.matches("[a-z]+\\.(png|jpg)")
                ? Optional.ofNullable(DECODED.computeIfAbsent(name, Photos::decode))
                : Optional.empty();
    }

    /** Null if it is not built in, as {@link Map#computeIfAbsent} has it. */
    private static Image decode(String name) {
        try (InputStream in = Photos.class.getResourceAsStream(FOLDER + name)) {
            return in == null ? null : Image.decode(in.readAllBytes(), ReadOptions.DEFAULT);
        } catch (IOException e) {
            throw new ConformanceException("Photo " + name + " cannot be read: " + e.getMessage() + ".", e);
        }
    }

    /** A photo that is known to be built in. */
    static Image require(String name) {
        return find(name).orElseThrow(() -> new IllegalStateException("Photo " + name + " is missing from the jar"));
    }
}
