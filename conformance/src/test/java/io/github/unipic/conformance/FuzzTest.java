package io.github.unipic.conformance;

import io.github.unipic.conformance.golden.GoldenFuzz;
import io.github.unipic.conformance.reference.ReferenceFuzz;
import io.github.unipic.conformance.report.ReportFuzz;
import io.github.unipic.fuzz.FuzzRegression;
import io.github.unipic.fuzz.FuzzTarget;
import java.util.List;

/** Untrusted input of the conformance kit; the exporter's configuration files too, as they need a whole checkpoint. */
public class FuzzTest extends FuzzRegression {
    @Override
    protected List<FuzzTarget> targets() {
        return List.of(new ReferenceFuzz(), new GoldenFuzz(), new ReportFuzz(), new ConfigFuzz());
    }
}
