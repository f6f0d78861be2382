package io.github.unipic.conformance.testing;

import io.github.unipic.UniPic;
import io.github.unipic.testing.SmallModel;

/** The models of all tests of a JVM. */
public final class Models {
    private Models() {}

    /** Random weights: its answers are gibberish, long, and the same each time. */
    public static UniPic small() {
        return Small.UNIPIC;
    }

    /** Knows colored shapes. */
    public static UniPic trained() {
        return Trained.UNIPIC;
    }

    private static final class Small {
        static final UniPic UNIPIC = SmallModel.builder().load();
    }

    private static final class Trained {
        static final UniPic UNIPIC =
                UniPic.builder(TrainedModel.folder()).threads(1).load();
    }
}
