package io.github.unipic.langchain4j;

import io.github.unipic.UniPic;
import io.github.unipic.conformance.testing.TrainedModel;
import io.github.unipic.testing.SmallModel;

/** The models of all tests of a JVM. */
final class Models {
    private Models() {}

    /** Random weights: its answers are gibberish, long, and the same each time. */
    static UniPic small() {
        return Small.UNIPIC;
    }

    /** Knows colored shapes. */
    static UniPic trained() {
        return Trained.UNIPIC;
    }

    private static final class Small {
        static final UniPic UNIPIC = UniPic.load(SmallModel.folder());
    }

    private static final class Trained {
        static final UniPic UNIPIC = UniPic.load(TrainedModel.folder());
    }
}
