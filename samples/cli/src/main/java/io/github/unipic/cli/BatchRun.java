package io.github.unipic.cli;

import io.github.unipic.CancelledException;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.UniPic;
import io.github.unipic.batch.BatchEntry;
import io.github.unipic.batch.BatchFolder;
import io.github.unipic.batch.BatchTask;
import io.github.unipic.batch.Shard;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Runs the entries of a batch, or of a shard of it, and shows the progress.
 *
 * @param quiet whether to print only errors
 * @param restart whether earlier results are deleted first
 */
record BatchRun(Session session, boolean quiet, Path output, Shard shard, boolean restart) {
    /** @return the exit code; entries that fail do not stop the others */
    int run(ModelOptions model, List<BatchEntry> entries) {
        List<BatchEntry> own = shard.of(entries);
        int all = own.size();
        String results =
                own.stream().anyMatch(entry -> entry.task() instanceof BatchTask.Describe) ? "results" : "images";
        List<String> failures = new ArrayList<>();
        try (UniPic loaded = model.load(session, quiet);
                BatchFolder folder = open(loaded.info().name(), entries)) {
            int there = all - folder.missing().size();
            if (!quiet && there > 0) {
                session.err().println(there + " of " + all + " " + results + " already exist.");
            }
            long start = System.nanoTime();
            int generated = generate(loaded, folder, all, results, failures);
            if (!quiet) {
                session.out()
                        .println("Wrote " + generated + " of " + all + " " + results + " to "
                                + TerminalText.line(output.toString()));
                session.out().println("Took " + Quantities.time(Duration.ofNanos(System.nanoTime() - start)));
            }
        } finally {
            failures.forEach(failure -> session.err().println("unipic: " + UniPicCommand.oneLine(failure)));
        }
        return failures.isEmpty() ? UniPicCommand.OK : UniPicCommand.WRONG_INPUT;
    }

    private BatchFolder open(String modelName, List<BatchEntry> entries) {
        return restart
                ? BatchFolder.restart(output, modelName, entries, shard)
                : BatchFolder.open(output, modelName, entries, shard);
    }

    /** @return the number of results; an entry that fails is added to the failures */
    private int generate(UniPic loaded, BatchFolder folder, int all, String results, List<String> failures) {
        List<BatchEntry> missing = folder.missing();
        int done = 0;
        try (ProgressDisplay progress =
                ProgressDisplay.start(session, quiet, "Generating", ProgressDisplay.Unit.IMAGES)) {
            long whole = ProgressDisplay.Unit.IMAGES.size();
            for (BatchEntry entry : missing) {
                long before = (done + failures.size()) * whole;
                try {
                    folder.run(
                            loaded,
                            entry,
                            session.cancellation(),
                            p -> progress.update(
                                    before + whole * p.iteration() / p.iterations(),
                                    whole * missing.size(),
                                    Optional.empty()));
                    done++;
                } catch (InvalidRequestException e) {
                    failures.add(entry.origin() + ": " + e.getMessage());
                }
            }
        } catch (CancelledException e) {
            if (!quiet) {
                session.err()
                        .println((all - missing.size() + done) + " of " + all + " " + results + " are in " + output
                                + "; the same command generates the rest.");
            }
            throw e;
        }
        return done;
    }
}
