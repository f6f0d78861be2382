package io.github.unipic.conformance.bench;

import static io.github.unipic.conformance.bench.LoadedModel.secondsSince;

import io.github.unipic.Image;
import io.github.unipic.conformance.BenchmarkSettings;
import io.github.unipic.conformance.cases.Photos;
import io.github.unipic.conformance.cases.SeededValues;
import io.github.unipic.generation.ImageEncoder;
import io.github.unipic.generation.LanguageContext;
import io.github.unipic.model.GraphName;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.text.PromptText;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The language model: an answer about a photo, and text after a context. Greedy, always with the requested number of
 * tokens.
 */
final class TextBench {
    private static final String PHOTO = "astronaut.png";
    private static final String QUESTION = "What is in the image?";

    private final LoadedModel model;
    private final BenchmarkSettings settings;
    private final Execution execution;

    TextBench(LoadedModel model, BenchmarkSettings settings, Execution execution) {
        this.model = model;
        this.settings = settings;
        this.execution = execution;
    }

    /** Answers with SigLIP2 if the model has it, otherwise with the MAR encoder. */
    Results.Answer answer() {
        Image photo = Photos.find(PHOTO).orElseThrow();
        openGraphs();
        look(photo).close();
        List<Double> firsts = new ArrayList<>();
        List<Double> walls = new ArrayList<>();
        List<Integer> ids = List.of();
        model.times().forgetRuns();
        for (int i = 0; i < settings.repeat(); i++) {
            long start = System.nanoTime();
            Timed answer = answer(photo, settings.tokens());
            firsts.add(answer.firstToken());
            walls.add(secondsSince(start));
            ids = answer.ids();
        }
        return new Results.Answer(
                Spread.of(firsts),
                Spread.of(walls),
                ids.size(),
                ids,
                model.times().graphs(settings.repeat()),
                ProcessMemory.now());
    }

    private record Timed(double firstToken, List<Integer> ids) {}

    private Timed answer(Image photo, int tokens) {
        long start = System.nanoTime();
        try (Tensor image = look(photo);
                LanguageContext context = LanguageContext.empty(execution)) {
            context.append(context.turn(1, image.dim(1), PromptText.template(QUESTION)), List.of(image));
            double firstToken = 0;
            List<Integer> ids = new ArrayList<>();
            while (ids.size() < tokens) {
                int id = greedy(context.logits());
                ids.add(id);
                if (ids.size() == 1) {
                    firstToken = secondsSince(start);
                }
                context.tokens(new long[] {id});
            }
            return new Timed(firstToken, ids);
        }
    }

    private Tensor look(Image photo) {
        ImageEncoder encoder = new ImageEncoder(execution);
        return encoder.embeds(photo, encoder.path(Optional.empty()));
    }

    /** Tokens after a context of seeded ids. */
    Results.Text text(int length, MemoryBandwidth bandwidth) {
        long[] ids = new SeededValues(0, "bench/text/" + length + "/ids")
                .below(model.manifest().sizes().vocabulary(), length);
        try (LanguageContext context = LanguageContext.empty(execution)) {
            openGraphs();
            model.times().forgetRuns();
            long start = System.nanoTime();
            context.tokens(ids);
            double prefill = secondsSince(start);
            List<Double> seconds = new ArrayList<>();
            model.times().forgetRuns();
            for (int i = 0; i < settings.tokens(); i++) {
                long before = System.nanoTime();
                context.tokens(new long[] {greedy(context.logits())});
                seconds.add(secondsSince(before));
            }
            Spread spread = Spread.of(seconds);
            long bytes = model.weightBytes(GraphName.DECODER_STEP, GraphName.TEXT_HEAD);
            return new Results.Text(
                    length,
                    prefill,
                    spread,
                    1 / spread.median(),
                    bytes,
                    bytes / spread.median() / bandwidth.readBytesPerSecond(),
                    model.times().graphs(1),
                    ProcessMemory.now());
        }
    }

    /** Opens the graphs, so that no session is opened while time is measured. */
    private void openGraphs() {
        try (LanguageContext context = LanguageContext.empty(execution)) {
            context.tokens(new long[] {0});
            context.logits();
        }
    }

    private static int greedy(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            if (logits[i] > logits[best]) {
                best = i;
            }
        }
        return best;
    }
}
