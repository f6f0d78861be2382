package io.github.unipic.conformance.checks;

import io.github.unipic.Cancellation;
import io.github.unipic.Image;
import io.github.unipic.InferenceException;
import io.github.unipic.ModelFormatException;
import io.github.unipic.conformance.cases.AnswerCase;
import io.github.unipic.conformance.cases.Cases;
import io.github.unipic.conformance.cases.LoopCase;
import io.github.unipic.conformance.cases.TaskRunner;
import io.github.unipic.conformance.cases.TaskRunner.Answered;
import io.github.unipic.conformance.cases.TaskRunner.Drawn;
import io.github.unipic.conformance.compare.Comparer;
import io.github.unipic.conformance.compare.Tolerances;
import io.github.unipic.conformance.reference.ReferenceFile;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.PicturePair;
import io.github.unipic.image.Pixels;
import io.github.unipic.runtime.Graphs;
import io.github.unipic.text.PromptTokenizer;
import java.util.Optional;

/** Whole tasks against the reference: pictures with recorded order and noise, and likeliest answers. */
public final class TaskChecks {
    private final TaskRunner runner;
    private final ReferenceFile reference;
    private final Tolerances tolerances;
    private final Findings findings;

    public TaskChecks(
            Graphs graphs,
            PromptTokenizer tokenizer,
            long seed,
            ReferenceFile reference,
            Tolerances tolerances,
            Findings findings,
            Cancellation cancellation) {
        this.runner = new TaskRunner(graphs, tokenizer, seed, cancellation);
        this.reference = reference;
        this.tolerances = tolerances;
        this.findings = findings;
    }

    public void run(Cases cases) {
        for (LoopCase drawing : cases.loops()) {
            run(Area.LOOP, drawing.task(), drawing.name(), runner.has(drawing), () -> draw(drawing));
            findings.caseDone();
        }
        for (AnswerCase question : cases.answers()) {
            run(Area.UNDERSTANDING, AnswerCase.TASK, question.name(), runner.has(question), () -> answer(question));
            findings.caseDone();
        }
    }

    private void run(Area area, String task, String name, boolean possible, Runnable check) {
        if (!possible) {
            findings.skip(area.label() + "/" + name + ": the model has no graph for it");
            return;
        }
        try {
            check.run();
        } catch (InferenceException | ModelFormatException e) {
            findings.failedToRun(area, task, name, e);
        }
    }

    private void draw(LoopCase drawing) {
        Optional<float[]> latents = reference.floats(drawing.referenceKey("latents"));
        Optional<float[]> pixels = reference.floats(drawing.referenceKey("pixels"));
        if (latents.isEmpty() || pixels.isEmpty()) {
            findings.skip("loop/" + drawing.name() + ": not in the reference");
            return;
        }
        Drawn drawn = runner.draw(drawing);
        Comparer comparer = new Comparer(Area.LOOP, drawing.task(), drawing.name(), findings::add);
        comparer.floats("latents", drawn.latents(), latents.get(), tolerances.loop());
        comparer.floats("pixels", drawn.pixels(), pixels.get(), tolerances.loop());
        Image expected = Pixels.toImage(pixels.get(), drawn.width(), drawn.height());
        Image actual = Pixels.toImage(drawn.pixels(), drawn.width(), drawn.height());
        comparer.levels("image", actual.rgb(), expected.rgb(), tolerances.pictureLargest(), tolerances.pictureShare());
        findings.add(new PicturePair(drawing.name(), expected, actual));
    }

    private void answer(AnswerCase question) {
        Optional<long[]> ids = reference.longs(question.referenceKey("ids"));
        Optional<float[]> margins = reference.floats(question.referenceKey("margins"));
        if (ids.isEmpty() || margins.isEmpty()) {
            findings.skip("answer/" + question.name() + ": not in the reference");
            return;
        }
        Answered answered = runner.answer(question);
        int parting = parting(answered.ids(), ids.get());
        boolean same = parting == Math.max(answered.ids().length, ids.get().length);
        // Rounding may decide between two words that are as good as equally likely, and what follows is another answer.
        double margin = same ? 0 : margins.get()[Math.min(parting, margins.get().length - 1)];
        new Comparer(Area.UNDERSTANDING, AnswerCase.TASK, question.name(), findings::add)
                .measured(
                        "ids",
                        "logit margin where the answers part",
                        margin,
                        tolerances.answerMargin(),
                        same ? Optional.empty() : Optional.of("the answers part at token " + parting));
    }

    /** Tokens at the beginning that are the same. */
    private static int parting(long[] actual, long[] expected) {
        int place = 0;
        while (place < actual.length && place < expected.length && actual[place] == expected[place]) {
            place++;
        }
        return place;
    }
}
