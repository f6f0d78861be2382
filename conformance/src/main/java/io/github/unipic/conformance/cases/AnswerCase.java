package io.github.unipic.conformance.cases;

import io.github.unipic.Image;
import io.github.unipic.VisionPath;
import io.github.unipic.conformance.cases.Case.Output;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.generation.ImageEncoder;
import io.github.unipic.generation.LanguageContext;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.Manifest.Sizes;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.text.PromptText;
import java.util.List;
import java.util.Set;
import java.util.function.Consumer;

/**
 * One question about a photo.
 *
 * @param seed without effect, because nothing here is random
 * @param path {@code siglip2} or {@code mar}
 * @param photo name of a built-in photo
 * @param tokens largest number of tokens of the answer
 */
record AnswerCase(long seed, String name, String path, String photo, String question, int tokens) {

    private static final String TASK = "understand";

    Case asCase() {
        GraphName encoder = vision() == VisionPath.SIGLIP ? GraphName.VISION_ENCODER : GraphName.PIXEL_ENCODER;
        return new Case(Area.UNDERSTANDING, TASK, name, "answer/" + name + "/", Set.of(encoder), false, this::run);
    }

    private VisionPath vision() {
        return path.equals("mar") ? VisionPath.MAR : VisionPath.SIGLIP;
    }

    private void run(Execution execution, Consumer<Output> outputs) {
        try (Tensor embeds = embeds(execution);
                LanguageContext context = LanguageContext.empty(execution)) {
            show(context, embeds, question);
            List<Integer> stops = execution.manifest().tokens().stop();
            GreedyAnswer answer = GreedyAnswer.of(execution, context, tokens, stops);
            outputs.accept(new Output(Area.UNDERSTANDING, TASK, "ids", answer));
        }
    }

    /** The image's embeddings; the MAR encoder's always at the size of the native grid. */
    private Tensor embeds(Execution execution) {
        ImageEncoder encoder = new ImageEncoder(execution);
        Image image = Photos.require(photo);
        if (vision() == VisionPath.SIGLIP) {
            return encoder.embeds(image, VisionPath.SIGLIP);
        }
        Sizes sizes = execution.manifest().sizes();
        int side = sizes.nativeGrid() * sizes.downsampling();
        return encoder.marEmbeds(image, side);
    }

    /** Appends a turn about an image. */
    static void show(LanguageContext context, Tensor embeds, String prompt) {
        context.append(context.turn(1, embeds.dim(1), PromptText.template(prompt)), List.of(embeds));
    }
}
