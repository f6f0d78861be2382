package io.github.unipic.conformance.meaning;

import io.github.unipic.Cancellation;
import io.github.unipic.DescribeRequest;
import io.github.unipic.EditRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.ImageRequest;
import io.github.unipic.UniPic;
import io.github.unipic.VisionPath;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.conformance.meaning.World.CaptionCase;
import io.github.unipic.conformance.meaning.World.EditCase;
import io.github.unipic.conformance.meaning.World.PromptCase;
import io.github.unipic.conformance.meaning.World.Settings;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.conformance.report.ImagePair;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Checks that the trained model generates what the prompt says, describes what an image shows, and edits as instructed.
 * Each image and answer is a check, and so is the share of wrong ones.
 */
public final class MeaningChecks {
    private static final String QUESTION = "Describe the image in detail.";
    private static final int LONGEST_CAPTION = 60;
    private static final long FIRST_SEED = 100;
    private static final long FIRST_EDIT_SEED = 500;

    /** The model itself sometimes gets an attribute of an image wrong. */
    private static final int MOST_WRONG = 1;

    /** What the model reaches in PyTorch and Java (samples/demo-model/README.md), less 0.03. */
    private static final double GENERATED = 0.994 - 0.03;

    private static final double CAPTIONS = 1 - 0.03;
    private static final double EDITED = 0.974 - 0.03;

    private final UniPic unipic;
    private final Results results;
    private final Cancellation cancellation;
    private final World world;
    private final ScenePainter painter;
    private final SceneJudge judge;

    /** @param unipic with the trained model */
    public MeaningChecks(UniPic unipic, Results results, Cancellation cancellation) {
        this(unipic, World.load(), results, cancellation);
    }

    /** @param world whose prompts, captions and edits are checked */
    MeaningChecks(UniPic unipic, World world, Results results, Cancellation cancellation) {
        this.world = world;
        this.painter = new ScenePainter(world);
        this.judge = new SceneJudge(world);
        this.unipic = unipic;
        this.results = results;
        this.cancellation = cancellation;
    }

    public void run() {
        List<PromptCase> prompts = world.cases();
        List<CaptionCase> captions = world.captions();
        List<EditCase> edits = world.edits();
        results.expect(prompts.size() + 2 * captions.size() + edits.size());
        generate(prompts);
        describe(captions, VisionPath.SIGLIP);
        describe(captions, VisionPath.MAR);
        edit(edits);
    }

    private void generate(List<PromptCase> prompts) {
        Score score = new Score();
        for (int i = 0; i < prompts.size(); i++) {
            PromptCase one = prompts.get(i);
            long seed = FIRST_SEED + i;
            attempt("generate", one.prompt(), () -> {
                Image image = unipic.generate(settings(GenerateRequest.builder(one.prompt()), seed)
                                .build())
                        .get(0);
                score.add(look("generate", one.prompt(), one.scene(), image));
            });
        }
        share("generate", "prompts", "attributes", score, GENERATED);
    }

    private void edit(List<EditCase> edits) {
        Score score = new Score();
        for (int i = 0; i < edits.size(); i++) {
            EditCase one = edits.get(i);
            long seed = FIRST_EDIT_SEED + i;
            String name = i + ": " + one.instruction();
            attempt("edit", name, () -> {
                EditRequest.Builder request = EditRequest.builder(painter.paint(one.source()), one.instruction());
                Image image = unipic.edit(settings(request, seed).build()).get(0);
                score.add(look("edit", name, one.result(), image));
            });
        }
        share("edit", "instructions", "attributes", score, EDITED);
    }

    private void describe(List<CaptionCase> captions, VisionPath vision) {
        String subject = "describe by " + vision.name().toLowerCase(Locale.ROOT);
        Score score = new Score();
        for (CaptionCase one : captions) {
            attempt(subject, one.caption(), () -> {
                String answer = unipic.describe(DescribeRequest.builder(QUESTION)
                                .image(painter.paint(one.scene()))
                                .vision(vision)
                                .maxTokens(LONGEST_CAPTION)
                                .cancellation(cancellation)
                                .build())
                        .text()
                        .strip();
                boolean exact = answer.equals(one.caption());
                score.add(new Comparison(
                        1, exact ? List.of() : List.of("\"" + answer + "\" instead of \"" + one.caption() + "\"")));
            });
        }
        share(subject, "captions", "captions", score, CAPTIONS);
    }

    private <B extends ImageRequest.Builder<B>> B settings(B builder, long seed) {
        Settings settings = world.settings();
        return builder.guidance(settings.guidance())
                .iterations(settings.iterations())
                .diffusionSteps(settings.diffusionSteps())
                .temperature(settings.temperature())
                .seed(seed)
                .cancellation(cancellation);
    }

    private void attempt(String subject, String scenario, Runnable work) {
        results.attempt(Area.MEANING, subject, scenario, work);
        results.caseDone();
    }

    private Comparison look(String subject, String scenario, Scene wanted, Image image) {
        Comparison comparison = Comparison.of(wanted, judge.judge(image));
        results.add(new Check(
                Area.MEANING,
                subject,
                scenario,
                "image",
                "wrong attributes",
                comparison.wrong().size(),
                MOST_WRONG,
                Optional.empty(),
                comparison.wrong().isEmpty() ? Optional.empty() : Optional.of(String.join("; ", comparison.wrong()))));
        results.add(new ImagePair(subject + " " + scenario, painter.paint(wanted), image));
        return comparison;
    }

    private void share(String subject, String scenario, String tensor, Score score, double least) {
        results.add(new Check(
                Area.MEANING,
                subject,
                scenario,
                tensor,
                "share wrong",
                (double) score.wrong.size() / score.all,
                // Few cases say little about a share: one may always be wrong.
                Math.max(1 - least, 1.0 / score.all),
                Optional.empty(),
                score.wrong.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", score.wrong))));
    }

    /** All attributes, or answers, and those that are wrong. */
    private static final class Score {
        private final List<String> wrong = new ArrayList<>();
        private int all;

        void add(Comparison comparison) {
            all += comparison.attributes();
            wrong.addAll(comparison.wrong());
        }
    }
}
