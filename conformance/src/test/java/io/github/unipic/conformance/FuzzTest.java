package io.github.unipic.conformance;

import io.github.unipic.conformance.golden.GoldenFuzz;
import io.github.unipic.conformance.reference.ReferenceFuzz;
import io.github.unipic.fuzz.FuzzRegression;
import io.github.unipic.fuzz.FuzzTarget;
import java.util.List;

/** What the conformance kit reads from outside; a checkpoint, too, as that takes a whole one. */
public class FuzzTest extends FuzzRegression {
    @Override
    protected List<FuzzTarget> targets() {
        return List.of(new ReferenceFuzz(), new GoldenFuzz(), new ConfigFuzz());
    }
}
