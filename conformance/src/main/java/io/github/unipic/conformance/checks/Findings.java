package io.github.unipic.conformance.checks;

import io.github.unipic.UniPicException;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.conformance.report.PicturePair;
import io.github.unipic.conformance.report.Placement;
import io.github.unipic.conformance.report.Timing;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** What a run has found so far. Tells of each check as it is made, and of each case that is done with. */
public final class Findings {
    private final Consumer<Check> onCheck;
    private final BiConsumer<Integer, Integer> onProgress;
    private final List<Check> checks = new ArrayList<>();
    private final List<Placement> placements = new ArrayList<>();
    private final List<Timing> timings = new ArrayList<>();
    private final List<PicturePair> pictures = new ArrayList<>();
    private final List<String> skipped = new ArrayList<>();
    private int casesDone;
    private int casesInAll;

    public Findings(Consumer<Check> onCheck, BiConsumer<Integer, Integer> onProgress) {
        this.onCheck = onCheck;
        this.onProgress = onProgress;
    }

    public void add(Check check) {
        checks.add(check);
        onCheck.accept(check);
    }

    /** So many cases follow. */
    public void expect(int cases) {
        casesDone = 0;
        casesInAll = cases;
    }

    /** A case is done with. */
    void caseDone() {
        onProgress.accept(++casesDone, casesInAll);
    }

    /** Something did not even run: a check that fails, with the reason. */
    void failedToRun(Area area, String subject, String scenario, UniPicException reason) {
        add(new Check(
                area,
                subject,
                scenario,
                "run",
                "completed",
                Double.NaN,
                0,
                Optional.empty(),
                Optional.of(reason.getMessage())));
    }

    void add(Placement placement) {
        placements.add(placement);
    }

    void add(Timing timing) {
        timings.add(timing);
    }

    public void add(PicturePair pair) {
        pictures.add(pair);
    }

    /** @param what could not be compared, and why */
    public void skip(String what) {
        skipped.add(what);
    }

    public List<Check> checks() {
        return List.copyOf(checks);
    }

    public List<Placement> placements() {
        return List.copyOf(placements);
    }

    public List<Timing> timings() {
        return List.copyOf(timings);
    }

    public List<PicturePair> pictures() {
        return List.copyOf(pictures);
    }

    public List<String> skipped() {
        return List.copyOf(skipped);
    }
}
