package io.github.unipic.conformance.compare;

import io.github.unipic.CancelledException;
import io.github.unipic.UniPicException;
import io.github.unipic.conformance.ConformanceException;
import io.github.unipic.conformance.compare.Event.CaseBegan;
import io.github.unipic.conformance.compare.Event.CaseEnded;
import io.github.unipic.conformance.compare.Event.Checked;
import io.github.unipic.conformance.compare.Event.Imaged;
import io.github.unipic.conformance.compare.Event.Meant;
import io.github.unipic.conformance.compare.Event.PartBegan;
import io.github.unipic.conformance.compare.Event.PartEnded;
import io.github.unipic.conformance.compare.Event.Placed;
import io.github.unipic.conformance.compare.Event.Scored;
import io.github.unipic.conformance.compare.Event.Skipped;
import io.github.unipic.conformance.compare.Event.Timed;
import io.github.unipic.conformance.report.CaseName;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.conformance.report.ImagePair;
import io.github.unipic.conformance.report.MeaningResult;
import io.github.unipic.conformance.report.Placement;
import io.github.unipic.conformance.report.Timing;
import io.github.unipic.runtime.Failures;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Deque;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The results of a run so far: all events, of this process or of another. Notifies a listener of each. */
public final class Results {
    private final Consumer<Event> listener;
    private final List<Event> events = new ArrayList<>();
    private final Set<CaseName> ended = new LinkedHashSet<>();
    private final Deque<CaseName> running = new ArrayDeque<>();
    private Optional<Set<CaseName>> part = Optional.empty();

    public Results() {
        this(event -> {}, List.of());
    }

    /**
     * @param listener is notified of each event, on the thread that adds it
     * @param ended parts and cases that ended before and are not run again
     */
    public Results(Consumer<Event> listener, Collection<CaseName> ended) {
        this.listener = listener;
        this.ended.addAll(ended);
    }

    /** Adds what happened. */
    public void accept(Event event) {
        if (event instanceof PartBegan part) {
            running.push(part.name());
        } else if (event instanceof CaseBegan begun) {
            running.push(begun.name());
        } else if (event instanceof PartEnded part) {
            end(part.name());
        } else if (event instanceof CaseEnded one) {
            end(one.name());
        } else if (event instanceof Skipped && events.contains(event)) {
            return; // said again by a process that goes on after another
        }
        events.add(event);
        listener.accept(event);
    }

    private void end(CaseName name) {
        running.remove(name);
        ended.add(name);
    }

    /**
     * Runs a part, unless it has ended before. An exception ends the run.
     *
     * @param cases all that its work may attempt; others are left out
     */
    public void part(CaseName name, String phase, List<CaseName> cases, Runnable work) {
        if (!ended.contains(name)) {
            accept(new PartBegan(name, phase, cases));
            part = Optional.of(Stream.concat(Stream.of(name), cases.stream()).collect(Collectors.toSet()));
            work.run();
            part = Optional.empty();
            accept(new PartEnded(name));
        }
    }

    /**
     * Runs a case, unless it has ended before or is none of the part's. If it fails, that is a failed check, and the
     * run goes on. Any exception counts, because a result of an unexpected shape can cause any, and so does a lack of
     * memory.
     *
     * @throws CancelledException when cancelled
     * @throws ConformanceException when the reference is unusable, which says nothing about the model
     */
    public void attempt(CaseName name, Runnable work) {
        if (ended.contains(name) || part.filter(cases -> !cases.contains(name)).isPresent()) {
            return;
        }
        accept(new CaseBegan(name));
        try {
            Failures.guard(work);
        } catch (CancelledException | ConformanceException e) {
            throw e;
        } catch (RuntimeException e) {
            add(Check.didNotRun(name, reason(e)));
        }
        accept(new CaseEnded(name));
    }

    /** The reason in one line. Only messages of this project's exceptions are complete by themselves. */
    public static String reason(RuntimeException e) {
        return e instanceof UniPicException ? e.getMessage() : "unexpected: " + e;
    }

    /** What began last and has not ended: a case or, while it opens or closes something, a part. */
    public Optional<CaseName> running() {
        return Optional.ofNullable(running.peek());
    }

    /** A case or part fails, as it did not run or not to its end, and is not run again. */
    public void fail(CaseName name, String reason) {
        add(Check.didNotRun(name, reason));
        accept(new CaseEnded(name));
    }

    /** Nothing runs any more, as the process is gone. Parts that have begun begin again. */
    public void stop() {
        running.clear();
    }

    /** Those of the cases that have not ended, in the same order. */
    public List<CaseName> left(List<CaseName> cases) {
        return cases.stream().filter(name -> !ended.contains(name)).toList();
    }

    /** The parts and cases that have ended. */
    public Set<CaseName> ended() {
        return Set.copyOf(ended);
    }

    public void add(Check check) {
        accept(new Checked(check));
    }

    public void add(Placement placement) {
        accept(new Placed(placement));
    }

    public void add(Timing timing) {
        accept(new Timed(timing));
    }

    public void add(ImagePair pair) {
        accept(new Imaged(pair));
    }

    public void add(MeaningResult result) {
        accept(new Meant(result));
    }

    public void add(Score score) {
        accept(new Scored(score));
    }

    /** @param what was not compared, and why */
    public void skip(String what) {
        accept(new Skipped(what));
    }

    public List<Check> checks() {
        return all(Checked.class, Checked::check);
    }

    public List<Placement> placements() {
        return all(Placed.class, Placed::placement);
    }

    public List<Timing> timings() {
        return all(Timed.class, Timed::timing);
    }

    public List<ImagePair> images() {
        return all(Imaged.class, Imaged::pair);
    }

    public List<MeaningResult> meaning() {
        return all(Meant.class, Meant::result);
    }

    public List<Score> scores() {
        return all(Scored.class, Scored::score);
    }

    public List<String> skipped() {
        return all(Skipped.class, Skipped::what);
    }

    private <E extends Event, T> List<T> all(Class<E> kind, Function<E, T> content) {
        return events.stream()
                .filter(kind::isInstance)
                .map(event -> content.apply(kind.cast(event)))
                .toList();
    }
}
