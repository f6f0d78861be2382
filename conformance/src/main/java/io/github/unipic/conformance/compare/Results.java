package io.github.unipic.conformance.compare;

import io.github.unipic.CancelledException;
import io.github.unipic.UniPicException;
import io.github.unipic.conformance.ConformanceException;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.conformance.report.ImagePair;
import io.github.unipic.conformance.report.Placement;
import io.github.unipic.conformance.report.Timing;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** The results of a run so far. Notifies a listener of each check, and of each case that is done. */
public final class Results {
    private final Consumer<Check> onCheck;
    private final BiConsumer<Integer, Integer> onProgress;
    private final List<Check> checks = new ArrayList<>();
    private final List<Placement> placements = new ArrayList<>();
    private final List<Timing> timings = new ArrayList<>();
    private final List<ImagePair> images = new ArrayList<>();
    private final List<String> skipped = new ArrayList<>();
    private int casesDone;
    private int casesInAll;

    public Results(Consumer<Check> onCheck, BiConsumer<Integer, Integer> onProgress) {
        this.onCheck = onCheck;
        this.onProgress = onProgress;
    }

    public void add(Check check) {
        checks.add(check);
        onCheck.accept(check);
    }

    /** Announces the number of cases that follow. */
    public void expect(int cases) {
        casesDone = 0;
        casesInAll = cases;
    }

    /** A case is done. */
    public void caseDone() {
        onProgress.accept(++casesDone, casesInAll);
    }

    /**
     * Runs a part of the run. If it fails, that is a failed check, and the run goes on. Any exception counts, because a
     * result of an unexpected shape can cause any.
     *
     * @throws CancelledException when cancelled
     * @throws ConformanceException when the reference is unusable, which says nothing about the model
     */
    public void attempt(Area area, String subject, String scenario, Runnable work) {
        try {
            work.run();
        } catch (CancelledException | ConformanceException e) {
            throw e;
        } catch (RuntimeException e) {
            add(Check.didNotRun(area, subject, scenario, reason(e)));
        }
    }

    /** The reason in one line. Only messages of this project's exceptions are complete by themselves. */
    public static String reason(RuntimeException e) {
        return e instanceof UniPicException ? e.getMessage() : "unexpected: " + e;
    }

    public void add(Placement placement) {
        placements.add(placement);
    }

    public void add(Timing timing) {
        timings.add(timing);
    }

    public void add(ImagePair pair) {
        images.add(pair);
    }

    /** @param what was not compared, and why */
    public void skip(String what) {
        skipped.add(what);
    }

    /** Checks made and comparisons skipped so far. */
    public int count() {
        return checks.size() + skipped.size();
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

    public List<ImagePair> images() {
        return List.copyOf(images);
    }

    public List<String> skipped() {
        return List.copyOf(skipped);
    }
}
