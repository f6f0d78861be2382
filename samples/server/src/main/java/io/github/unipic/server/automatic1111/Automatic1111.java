package io.github.unipic.server.automatic1111;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.github.unipic.UniPic;
import io.github.unipic.server.http.Exchange;
import io.github.unipic.server.http.HttpError;
import io.github.unipic.server.http.Route;
import io.github.unipic.server.http.Router;
import io.github.unipic.server.images.SubmittedImages;
import io.github.unipic.server.jobs.JobQueue;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/** The routes of AUTOMATIC1111's dialect, below {@code /sdapi/v1/}. */
public final class Automatic1111 {
    private static final String PREFIX = "/sdapi/v1/";

    /** The one sampler, scheduler and upscaler have this name, since programs want at least one to choose. */
    private static final String ONLY = "UniPic";

    private final JobQueue queue;

    private Automatic1111(JobQueue queue) {
        this.queue = queue;
    }

    /** Adds all routes. */
    public static void addTo(Router router, JobQueue queue, SubmittedImages images) {
        CurrentJob current = new CurrentJob();
        Automatic1111 lists = new Automatic1111(queue);
        router.add("POST", PREFIX + "txt2img", ImagesRoute.fromText(queue, images, current))
                .add("POST", PREFIX + "img2img", ImagesRoute.fromImage(queue, images, current))
                .add("GET", PREFIX + "progress", new ProgressRoute(current))
                .add("POST", PREFIX + "interrupt", interrupt(current))
                .add("POST", PREFIX + "skip", interrupt(current))
                .add("GET", PREFIX + "options", list(lists::options))
                .add("POST", PREFIX + "options", setOptions())
                .add("GET", PREFIX + "sd-models", list(lists::models))
                .add("GET", PREFIX + "samplers", list(() -> List.of(new Sampler(ONLY, List.of(), Map.of()))))
                .add("GET", PREFIX + "schedulers", list(() -> List.of(new Scheduler(ONLY, ONLY))))
                .add("GET", PREFIX + "upscalers", list(() -> List.of(new Named("None"))))
                .add("GET", PREFIX + "latent-upscale-modes", list(() -> List.of(new Named("None"))))
                .add("GET", PREFIX + "sd-vae", list(List::of))
                .add("GET", PREFIX + "loras", list(List::of));
    }

    record Options(@JsonProperty("sd_model_checkpoint") String checkpoint) {}

    record Model(String title, @JsonProperty("model_name") String modelName, String filename) {}

    record Sampler(String name, List<String> aliases, Map<String, String> options) {}

    record Scheduler(String name, String label) {}

    record Named(String name) {}

    private Options options() {
        return new Options(modelName().orElse(""));
    }

    private List<Model> models() {
        return modelName().map(name -> new Model(name, name, name)).stream().toList();
    }

    private Optional<String> modelName() {
        return queue.model().map(UniPic::info).map(info -> info.name());
    }

    private static Route list(Supplier<Object> content) {
        return of(exchange -> exchange.send(200, content.get()));
    }

    private static Route interrupt(CurrentJob current) {
        return of(exchange -> {
            current.interrupt();
            exchange.send(200, Map.of());
        });
    }

    /** There is nothing to set: the model stays. Programs set the model's name before each image. */
    private static Route setOptions() {
        return of(exchange -> {
            exchange.json();
            exchange.send(200, Map.of());
        });
    }

    private static Route of(Route route) {
        return new Route() {
            @Override
            public void handle(Exchange exchange) throws IOException {
                route.handle(exchange);
            }

            @Override
            public Object describe(HttpError error) {
                return Automatic1111Error.of(error);
            }
        };
    }
}
