package io.github.unipic.cli;

import io.github.unipic.fuzz.FuzzRegression;
import io.github.unipic.fuzz.FuzzTarget;
import java.util.List;

/** What the command line reads from outside, beside what the modules below it read. */
public class FuzzTest extends FuzzRegression {
    @Override
    protected List<FuzzTarget> targets() {
        return List.of(new PromptsFuzz(), new BatchManifestFuzz());
    }
}
