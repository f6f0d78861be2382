package io.github.unipic.server.page;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.github.unipic.ModelInfo;
import io.github.unipic.server.http.Exchange;
import io.github.unipic.server.http.Route;
import io.github.unipic.server.jobs.JobQueue;
import java.io.IOException;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/** {@code GET /info}: what the page shows of the model. */
public final class Info implements Route {
    private final JobQueue queue;
    private final Optional<String> note;
    private final Supplier<Examples> examples;

    /**
     * Texts to try.
     *
     * @param prompts for images
     * @param edits instructions for editing
     * @param questions about an image
     */
    public record Examples(List<String> prompts, List<String> edits, List<String> questions) {
        /** None. */
        public static final Examples NONE = new Examples(List.of(), List.of(), List.of());

        public Examples {
            prompts = List.copyOf(prompts);
            edits = List.copyOf(edits);
            questions = List.copyOf(questions);
        }
    }

    /**
     * @param note what to know about the model; {@code `...`} in it marks a command
     * @param examples are asked for with each request, so that they do not hold up the server's start
     */
    public Info(JobQueue queue, Optional<String> note, Supplier<Examples> examples) {
        this.queue = queue;
        this.note = note;
        this.examples = examples;
    }

    /** What is known before the model is loaded, and all else in {@code model} once it is. */
    record Answer(String status, Optional<Model> model, Optional<String> note, Examples examples) {}

    record Model(
            String name,
            @JsonProperty("default_width") int defaultWidth,
            @JsonProperty("default_height") int defaultHeight,
            @JsonProperty("size_multiple") int sizeMultiple,
            List<String> tasks) {
        static Model of(ModelInfo info) {
            return new Model(
                    info.name(),
                    info.defaultWidth(),
                    info.defaultHeight(),
                    info.sizeMultiple(),
                    info.tasks().stream()
                            .map(task -> task.name().toLowerCase(Locale.ROOT))
                            .toList());
        }
    }

    @Override
    public void handle(Exchange exchange) throws IOException {
        Optional<Model> model = queue.model().map(unipic -> Model.of(unipic.info()));
        exchange.send(200, new Answer(queue.state().id(), model, note, examples.get()));
    }
}
