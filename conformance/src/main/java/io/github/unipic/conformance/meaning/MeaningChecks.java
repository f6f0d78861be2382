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
import io.github.unipic.conformance.compare.Score;
import io.github.unipic.conformance.meaning.World.CaptionCase;
import io.github.unipic.conformance.meaning.World.EditCase;
import io.github.unipic.conformance.meaning.World.PromptCase;
import io.github.unipic.conformance.meaning.World.Settings;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.CaseName;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.conformance.report.MeaningResult;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * Checks that the trained model generates what the prompt says, describes what an image shows, and edits as instructed.
 * Each image and answer is a check, and so is the share of wrong ones.
 */
public final class MeaningChecks {
    private static final String GENERATE = "generate";
    private static final String EDIT = "edit";
    private static final List<VisionPath> VISIONS = List.of(VisionPath.SIGLIP, VisionPath.MAR);
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

    /** What {@link #run} runs. */
    public static List<CaseName> names() {
        World world = World.load();
        List<CaseName> names = new ArrayList<>();
        world.cases().forEach(one -> names.add(name(GENERATE, one.prompt())));
        for (VisionPath vision : VISIONS) {
            world.captions().forEach(one -> names.add(name(describe(vision), one.caption())));
        }
        for (int i = 0; i < world.edits().size(); i++) {
            names.add(name(EDIT, edit(i, world.edits().get(i))));
        }
        return names;
    }

    public void run() {
        generate(world.cases());
        VISIONS.forEach(vision -> describe(world.captions(), vision));
        edit(world.edits());
    }

    /** Judges the shares of all that was right, when all cases have run. */
    public static void conclude(Results results) {
        share(results, GENERATE, "prompts", "attributes", GENERATED);
        VISIONS.forEach(vision -> share(results, describe(vision), "captions", "captions", CAPTIONS));
        share(results, EDIT, "instructions", "attributes", EDITED);
    }

    private static CaseName name(String subject, String scenario) {
        return new CaseName(Area.MEANING, subject, scenario);
    }

    private static String describe(VisionPath vision) {
        return "describe by " + vision.name().toLowerCase(Locale.ROOT);
    }

    private static String edit(int index, EditCase one) {
        return index + ": " + one.instruction();
    }

    private void generate(List<PromptCase> prompts) {
        for (int i = 0; i < prompts.size(); i++) {
            PromptCase one = prompts.get(i);
            long seed = FIRST_SEED + i;
            results.attempt(name(GENERATE, one.prompt()), () -> {
                Image image = unipic.generate(settings(GenerateRequest.builder(one.prompt()), seed)
                                .build())
                        .get(0);
                look(name(GENERATE, one.prompt()), one.prompt(), Optional.empty(), one.scene(), image);
            });
        }
    }

    private void edit(List<EditCase> edits) {
        for (int i = 0; i < edits.size(); i++) {
            EditCase one = edits.get(i);
            long seed = FIRST_EDIT_SEED + i;
            CaseName name = name(EDIT, edit(i, one));
            results.attempt(name, () -> {
                Image source = painter.paint(one.source());
                EditRequest.Builder request = EditRequest.builder(source, one.instruction());
                Image image = unipic.edit(settings(request, seed).build()).get(0);
                look(name, one.instruction(), Optional.of(source), one.result(), image);
            });
        }
    }

    private void describe(List<CaptionCase> captions, VisionPath vision) {
        String subject = describe(vision);
        for (CaptionCase one : captions) {
            CaseName name = name(subject, one.caption());
            results.attempt(name, () -> {
                Image image = painter.paint(one.scene());
                String answer = unipic.describe(DescribeRequest.builder(QUESTION)
                                .image(image)
                                .vision(vision)
                                .maxTokens(LONGEST_CAPTION)
                                .cancellation(cancellation)
                                .build())
                        .text()
                        .strip();
                List<String> wrong = answer.equals(one.caption())
                        ? List.of()
                        : List.of("\"" + answer + "\" instead of \"" + one.caption() + "\"");
                results.add(new MeaningResult(
                        name, QUESTION, Optional.of(image), Optional.empty(), one.caption(), answer, wrong));
                results.add(new Score(subject, 1, wrong));
            });
        }
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

    private void look(CaseName name, String request, Optional<Image> given, Scene wanted, Image image) {
        Scene seen = judge.judge(image);
        Comparison comparison = Comparison.of(wanted, seen);
        results.add(new Check(
                name.area(),
                name.subject(),
                name.scenario(),
                "image",
                "wrong attributes",
                comparison.wrong().size(),
                MOST_WRONG,
                Optional.empty(),
                comparison.wrong().isEmpty() ? Optional.empty() : Optional.of(String.join("; ", comparison.wrong()))));
        results.add(new MeaningResult(
                name, request, given, Optional.of(image), wanted.toString(), seen.toString(), comparison.wrong()));
        results.add(new Score(name.subject(), comparison.attributes(), comparison.wrong()));
    }

    private static void share(Results results, String subject, String scenario, String tensor, double least) {
        List<Score> scores = results.scores().stream()
                .filter(score -> score.subject().equals(subject))
                .toList();
        if (scores.isEmpty()) {
            return; // no case was selected, or each has failed by itself
        }
        int all = scores.stream().mapToInt(Score::all).sum();
        List<String> wrong =
                scores.stream().flatMap(score -> score.wrong().stream()).toList();
        results.add(new Check(
                Area.MEANING,
                subject,
                scenario,
                tensor,
                "share wrong",
                (double) wrong.size() / all,
                // Few cases say little about a share: one may always be wrong.
                Math.max(1 - least, 1.0 / all),
                Optional.empty(),
                wrong.isEmpty() ? Optional.empty() : Optional.of(String.join("; ", wrong))));
    }
}
