package io.github.unipic.batch;

import io.github.unipic.fuzz.FuzzRegression;
import io.github.unipic.fuzz.FuzzTarget;
import java.util.List;

/** Untrusted input of batches, besides images. */
public class FuzzTest extends FuzzRegression {
    @Override
    protected List<FuzzTarget> targets() {
        return List.of(new PromptsFuzz(), new EntriesFuzz(), new BatchManifestFuzz());
    }
}
