package io.github.unipic.conformance;

import io.github.unipic.Cancellation;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.UniPic;
import io.github.unipic.conformance.checks.Job;
import io.github.unipic.conformance.checks.Part;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.report.Processes;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.provider.Providers;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BiConsumer;

/**
 * Computes in this process.
 *
 * @param progress is notified of the cases done, and of all, while a reference is recorded
 */
record InProcess(
        ExecutionProvider provider,
        Suite suite,
        Selection selection,
        Cancellation cancellation,
        BiConsumer<Integer, Integer> progress)
        implements Runner {
    @Override
    public Computer ready() {
        Providers.require(provider);
        return new Computer(provider, Optional.of(UniPic.runtime()));
    }

    @Override
    public void record(Path model, Path file) {
        new Recording(model, suite, selection, OptionalLong.empty(), cancellation, progress)
                .writeTo(file, ModelFolder.open(model, false));
    }

    @Override
    public void check(Job job, List<Part> parts, Results results) {
        check(parts, results, cancellation);
    }

    /** Runs the parts and cases that have not ended. */
    static void check(List<Part> parts, Results results, Cancellation cancellation) {
        for (Part part : parts) {
            results.part(
                    part.name(), part.phase(), part.cases(), () -> part.work().accept(results, cancellation));
        }
    }

    @Override
    public Optional<Processes> processes() {
        return Optional.empty();
    }

    @Override
    public void close() {}
}
