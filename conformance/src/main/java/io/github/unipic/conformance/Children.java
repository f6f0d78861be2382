package io.github.unipic.conformance;

import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.conformance.ChildProcess.Ending;
import io.github.unipic.conformance.Protocol.Done;
import io.github.unipic.conformance.Protocol.Failed;
import io.github.unipic.conformance.Protocol.Happened;
import io.github.unipic.conformance.Protocol.Message;
import io.github.unipic.conformance.Protocol.Progress;
import io.github.unipic.conformance.Protocol.Ready;
import io.github.unipic.conformance.Protocol.Setup;
import io.github.unipic.conformance.checks.Job;
import io.github.unipic.conformance.checks.Part;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.CaseName;
import io.github.unipic.conformance.report.LostProcess;
import io.github.unipic.conformance.report.Processes;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;

/**
 * Computes in child processes: one runs all cases, unless it is lost. Then the case that was running fails, and another
 * process goes on with the next. The first is started at once, so that it loads the provider while the model is
 * prepared.
 */
final class Children implements Runner {
    /** So many cases of a graph or task may lose their process, before the others are not run. */
    private static final int MOST_LOST = 3;

    /** So many processes in turn may be lost without a case that they ran. */
    private static final int MOST_FRUITLESS = 2;

    private final Isolation isolation;
    private final ExecutionProvider asked;
    private final Suite suite;
    private final Selection selection;
    private final Cancellation cancellation;
    private final ConformanceRun.Listener listener;
    private final Class<?> program;
    private final Path folder;
    private final List<LostProcess> lost = new ArrayList<>();
    private final Map<String, Integer> losses = new HashMap<>();
    private int count;
    private int fruitless;
    private ChildProcess child;
    private Optional<Ready> ready = Optional.empty();

    /**
     * Starts the first process.
     *
     * @param program its main class
     * @param folder for files, which exists
     */
    Children(
            Isolation isolation,
            ExecutionProvider asked,
            Suite suite,
            Selection selection,
            Cancellation cancellation,
            ConformanceRun.Listener listener,
            Class<?> program,
            Path folder) {
        this.isolation = isolation;
        this.asked = asked;
        this.suite = suite;
        this.selection = selection;
        this.cancellation = cancellation;
        this.listener = listener;
        this.program = program;
        this.folder = folder;
        start();
    }

    private void start() {
        count++;
        child = new ChildProcess(isolation, program, folder, "process-" + count);
        child.send(new Setup(asked, isolation.nativeRuntime(), isolation.providerLibraries()));
        ready = Optional.empty();
    }

    @Override
    public Computer ready() {
        return uninterrupted(() -> {
            becomeReady();
            return new Computer(ready.map(Ready::provider).orElse(asked), ready.map(Ready::runtime));
        });
    }

    /** Waits until the provider is there. If the process is lost before, it stays so. */
    private void becomeReady() throws InterruptedException {
        for (Optional<Message> next = Optional.empty(); ready.isEmpty(); ) {
            next = child.next(cancellation, listener::onOutput);
            if (next.isEmpty()) {
                return;
            }
            require(next.get());
            ready = next.filter(Ready.class::isInstance).map(Ready.class::cast);
        }
    }

    private static void require(Message message) {
        if (message instanceof Failed failed) {
            throw new ConformanceException(failed.message());
        }
    }

    /** In a process of its own, with the runtime under test but without its plugins, which the CPU does not need. */
    @Override
    public void record(Path model, Path file) {
        uninterrupted(() -> {
            try (ChildProcess recorder = new ChildProcess(isolation, program, folder, "recording")) {
                recorder.send(new Setup(ExecutionProvider.CPU, isolation.nativeRuntime(), Map.of()));
                recorder.send(new Protocol.Record(model, suite, selection, file));
                while (true) {
                    Message message = recorder.next(cancellation, listener::onOutput)
                            .orElseThrow(() -> new ConformanceException("The reference was not recorded: "
                                    + endingOf(recorder).reason()
                                    + "; record it elsewhere and give it with --reference."));
                    require(message);
                    if (message instanceof Progress progress) {
                        listener.onProgress(progress.done(), progress.total());
                    } else if (message instanceof Done) {
                        return file;
                    }
                }
            }
        });
    }

    private static Ending endingOf(ChildProcess process) {
        return uninterrupted(process::ending);
    }

    @Override
    public void check(Job job, List<Part> parts, Results results) {
        uninterrupted(() -> {
            boolean done = false;
            while (!done && !left(parts, results).isEmpty()) {
                if (count == lost.size()) {
                    start();
                }
                int before = results.ended().size();
                done = work(job, results);
                Ending ending = child.ending();
                child.close();
                if (!done || !ending.isNormal()) {
                    boolean fruitful =
                            results.ended().size() > before || results.running().isPresent();
                    fruitless = fruitful ? 0 : fruitless + 1;
                    CaseName name = results.running().orElse(outsideCases(done));
                    lose(name, ending, results);
                    giveUp(name, ending, parts, results);
                }
            }
            return results;
        });
    }

    /** Lets the process do what is left, to its end. @return whether it did all of it */
    private boolean work(Job job, Results results) throws InterruptedException {
        becomeReady();
        child.send(new Protocol.Check(job, List.copyOf(results.ended())));
        boolean done = false;
        while (true) {
            Optional<Message> message = child.next(cancellation, listener::onOutput);
            if (message.isEmpty()) {
                return done;
            }
            require(message.get());
            done |= message.get() instanceof Done;
            if (message.get() instanceof Happened happened) {
                results.accept(happened.event());
            }
        }
    }

    private void lose(CaseName name, Ending ending, Results results) {
        lost.add(new LostProcess(
                name.toString(),
                ending.reason(),
                ending.exitCode(),
                ending.crash().map(CrashFile::text),
                ending.crash().map(CrashFile::head).orElse(""),
                ending.output()));
        results.fail(name, ending.reason());
        results.stop();
    }

    /** Fails the cases that would lose the next process too. */
    private void giveUp(CaseName name, Ending ending, List<Part> parts, Results results) {
        if (fruitless == MOST_FRUITLESS || fruitless > 0 && ending.hung()) {
            fail(left(parts, results), "not run, as each process is lost before it runs a case", results);
        }
        for (Part part : parts) {
            if (part.name().equals(name)) {
                fail(results.left(part.cases()), "not run, as the process was lost before: see " + name, results);
            }
        }
        int times = losses.merge(name.subject() + name.area(), 1, Integer::sum);
        if (ending.hung() || times >= MOST_LOST) {
            List<CaseName> siblings = left(parts, results).stream()
                    .filter(one -> one.area() == name.area() && one.subject().equals(name.subject()))
                    .toList();
            fail(siblings, "not run, as others of " + name.subject() + " lost the process: see " + name, results);
        }
    }

    private static void fail(List<CaseName> names, String reason, Results results) {
        names.forEach(name -> results.fail(name, reason));
    }

    private static List<CaseName> left(List<Part> parts, Results results) {
        return parts.stream()
                .flatMap(part -> results.left(part.cases()).stream())
                .toList();
    }

    /** Where the present process is when it runs no case. */
    private CaseName outsideCases(boolean done) {
        String where = done ? "end of process " : ready.isEmpty() ? "start of process " : "process ";
        return new CaseName(Area.GRAPH, "process", where + count);
    }

    @Override
    public Optional<Processes> processes() {
        return Optional.of(new Processes(count, isolation.caseLimit(), isolation.memoryLimitBytes(), lost));
    }

    @Override
    public void close() {
        child.close();
    }

    private static <T> T uninterrupted(Callable<T> work) {
        try {
            return work.call();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancelledException("The run was interrupted while it waited for a process.", e);
        } catch (RuntimeException e) {
            throw e;
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
