package io.github.unipic.conformance.checks;

import io.github.unipic.Cancellation;
import io.github.unipic.conformance.Selection;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.report.CaseName;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * A part of a run: cases that share what is opened for them. Its cases are known before it runs, and those that have
 * ended are not run again, so that another process can go on where one was lost. Only its work loads ONNX Runtime.
 *
 * @param name of the opening and closing, as if it were a case
 * @param phase for the user, for example {@code comparing graphs, images and answers}
 * @param cases what it runs
 * @param work runs the cases that have not ended
 * @param conclusion adds the checks that depend on all of its cases
 */
public record Part(
        CaseName name,
        String phase,
        List<CaseName> cases,
        BiConsumer<Results, Cancellation> work,
        Consumer<Results> conclusion) {

    /** Copies the list. */
    public Part {
        cases = List.copyOf(cases);
    }

    /** With fewer cases. */
    Part only(Selection selection) {
        return new Part(name, phase, cases.stream().filter(selection::includes).toList(), work, conclusion);
    }

    /** A part all of whose checks are its cases'. */
    Part(CaseName name, String phase, List<CaseName> cases, BiConsumer<Results, Cancellation> work) {
        this(name, phase, cases, work, results -> {});
    }
}
