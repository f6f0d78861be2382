package io.github.unipic.springai;

import java.util.Optional;

/** What the model cannot do. */
final class Unsupported {
    private Unsupported() {}

    static UnsupportedOperationException feature(String feature) {
        return new UnsupportedOperationException(feature + " is not supported by UniPic");
    }

    /** Refuses another model's name. */
    static void requireName(Optional<String> asked, String name) {
        asked.filter(other -> !other.equals(name)).ifPresent(other -> {
            throw feature("model '" + other + "' (the model is '" + name + "')");
        });
    }
}
