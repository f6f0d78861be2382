package io.github.unipic.conformance.checks;

import io.github.unipic.Image;
import io.github.unipic.conformance.cases.AnswerCase;
import io.github.unipic.conformance.cases.Cases;
import io.github.unipic.conformance.cases.LoopCase;
import io.github.unipic.conformance.cases.TaskRunner;
import io.github.unipic.conformance.cases.TaskRunner.Answered;
import io.github.unipic.conformance.cases.TaskRunner.Drawn;
import io.github.unipic.conformance.compare.Comparer;
import io.github.unipic.conformance.compare.Floats;
import io.github.unipic.conformance.compare.Tolerances;
import io.github.unipic.conformance.reference.ReferenceFile;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.ImagePair;
import io.github.unipic.image.Pixels;
import io.github.unipic.runtime.Execution;
import java.util.Optional;
import java.util.function.Consumer;

/** Whole tasks against the reference: images with recorded order and noise, and likeliest answers. */
public final class TaskChecks {
    private final TaskRunner runner;
    private final ReferenceFile reference;
    private final Tolerances tolerances;
    private final Findings findings;

    public TaskChecks(
            Execution execution, long seed, ReferenceFile reference, Tolerances tolerances, Findings findings) {
        this.runner = new TaskRunner(execution, seed);
        this.reference = reference;
        this.tolerances = tolerances;
        this.findings = findings;
    }

    public void run(Cases cases) {
        for (LoopCase drawing : cases.loops()) {
            run(Area.LOOP, drawing.task(), drawing.name(), runner.has(drawing), comparer -> draw(drawing, comparer));
        }
        for (AnswerCase question : cases.answers()) {
            run(
                    Area.UNDERSTANDING,
                    AnswerCase.TASK,
                    question.name(),
                    runner.has(question),
                    comparer -> answer(question, comparer));
        }
    }

    private void run(Area area, String task, String name, boolean possible, Consumer<Comparer> check) {
        if (possible) {
            findings.attempt(area, task, name, () -> check.accept(new Comparer(area, task, name, findings::add)));
        } else {
            findings.skip(area.label() + "/" + name + ": the model has no graph for it");
        }
        findings.caseDone();
    }

    private void draw(LoopCase drawing, Comparer comparer) {
        Optional<Floats> latents = reference.floats(drawing.referenceKey("latents"));
        Optional<Floats> pixels = reference.floats(drawing.referenceKey("pixels"));
        if (latents.isEmpty() || pixels.isEmpty()) {
            comparer.cannotJudge("image", ReferenceFile.without(drawing.referenceKey("latents or pixels")));
            return;
        }
        Drawn drawn = runner.draw(drawing);
        comparer.floats("latents", drawn.latents(), latents.get(), tolerances.loop());
        if (comparer.floats("pixels", drawn.pixels(), pixels.get(), tolerances.loop())) {
            Image expected = image(pixels.get());
            Image actual = image(drawn.pixels());
            comparer.levels("image", actual.rgb(), expected.rgb(), tolerances.imageLargest(), tolerances.imageShare());
            findings.add(new ImagePair(drawing.name(), expected, actual));
        }
    }

    /** @param pixels [1,3,height,width] */
    private static Image image(Floats pixels) {
        return Pixels.toImage(pixels.values(), (int) pixels.shape()[3], (int) pixels.shape()[2]);
    }

    private void answer(AnswerCase question, Comparer comparer) {
        Optional<long[]> ids = reference.longs(question.referenceKey("ids"));
        Optional<float[]> margins =
                reference.floats(question.referenceKey("margins")).map(Floats::values);
        if (ids.isEmpty() || margins.isEmpty()) {
            comparer.cannotJudge("ids", ReferenceFile.without(question.referenceKey("ids or margins")));
        } else if (ids.get().length == 0 || ids.get().length != margins.get().length) {
            comparer.cannotJudge(
                    "ids",
                    "the reference has " + ids.get().length + " ids and " + margins.get().length
                            + " margins; record it again");
        } else {
            judge(runner.answer(question), ids.get(), margins.get(), comparer);
        }
    }

    /**
     * Rounding may decide between two words that are as good as equally likely, and what follows is another answer.
     * Both sides must see it so: the reference its word and the next, this machine its word and the reference's.
     */
    private void judge(Answered answered, long[] ids, float[] margins, Comparer comparer) {
        int parting = parting(answered.ids(), ids);
        boolean same = parting == answered.ids().length && parting == ids.length;
        double margin = 0;
        Optional<String> note = Optional.empty();
        if (!answered.isFinite()) {
            margin = Double.NaN;
            note = Optional.of("some logits are not finite");
        } else if (!same) {
            boolean oneEnds = parting == answered.ids().length || parting == ids.length;
            margin = oneEnds
                    ? Double.POSITIVE_INFINITY
                    : Math.max(margins[parting], answered.lead(parting, ids[parting]));
            note = Optional.of("the answers part at token " + parting);
        }
        comparer.measured("ids", "logit margin where the answers part", margin, tolerances.answerMargin(), note);
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
