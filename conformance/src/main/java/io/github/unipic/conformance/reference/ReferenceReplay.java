package io.github.unipic.conformance.reference;

import io.github.unipic.conformance.cases.Case;
import io.github.unipic.conformance.cases.CaseChecks;
import io.github.unipic.conformance.cases.Cases;
import io.github.unipic.conformance.compare.Comparer;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.CaseName;
import io.github.unipic.model.GraphName;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;

/** Runs the kit's cases and compares their outputs with a reference file. */
public record ReferenceReplay(CaseChecks checks, ReferenceFile reference) {
    private static final CaseName SCHEDULE = new CaseName(Area.GRAPH, GraphName.TOKEN_SAMPLER.label(), "schedule");

    /** What {@link #run} runs. */
    public static List<CaseName> names(Cases cases) {
        return Stream.concat(Stream.of(SCHEDULE), cases.all().stream().map(Case::address))
                .toList();
    }

    /** @param cases with the reference's seed */
    public void run(Cases cases) {
        checks.results().attempt(SCHEDULE, this::compareSchedules);
        cases.all().forEach(one -> checks.check(one, reference));
    }

    /** Compares the manifest's noise schedule, on which every image depends, with that of the reference's model. */
    private void compareSchedules() {
        double own = checks.execution().manifest().diffusion().maxBeta();
        double expected = reference.maxBeta();
        new Comparer(SCHEDULE.area(), SCHEDULE.subject(), SCHEDULE.scenario(), checks.results()::add)
                .measured(
                        "max_beta",
                        "difference",
                        Math.abs(own - expected),
                        0,
                        own == expected
                                ? Optional.empty()
                                : Optional.of("the manifest has " + own + ", the reference " + expected));
    }
}
