package io.github.unipic.conformance.checks;

import io.github.unipic.Cancellation;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.report.CaseName;
import java.util.List;

/**
 * A part of a run: cases that share what is opened for them. Its cases are known before it runs, and those that have
 * ended are not run again, so that another process can go on where one was lost.
 */
public interface Part {
    /** The opening and closing, as if it were a case. */
    CaseName name();

    /** For the user, for example {@code comparing graphs, images and answers}. */
    String phase();

    /** What it runs, without loading ONNX Runtime. */
    List<CaseName> cases();

    /** Runs the cases that have not ended. This loads ONNX Runtime. */
    void run(Results results, Cancellation cancellation);

    /** Adds the checks that depend on all of its cases, without loading ONNX Runtime. */
    default void conclude(Results results) {}
}
