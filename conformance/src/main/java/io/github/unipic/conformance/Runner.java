package io.github.unipic.conformance;

import io.github.unipic.ExecutionProvider;
import io.github.unipic.RuntimeInfo;
import io.github.unipic.conformance.checks.Job;
import io.github.unipic.conformance.checks.Part;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.report.Processes;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Where a run computes: in this process or in children. */
interface Runner extends AutoCloseable {

    /**
     * What computes.
     *
     * @param provider never {@link ExecutionProvider#AUTO}, unless it could not be found out
     * @param runtime empty if it could not be asked
     */
    record Computer(ExecutionProvider provider, Optional<RuntimeInfo> runtime) {}

    /**
     * Waits until the provider is there.
     *
     * @throws io.github.unipic.UniPicException when it is not available
     */
    Computer ready();

    /** Records a reference with the CPU provider. */
    void record(Path model, Path file);

    /** Runs the parts of a job. */
    void check(Job job, List<Part> parts, Results results);

    /** The processes so far; empty for this one. */
    Optional<Processes> processes();

    @Override
    void close();
}
