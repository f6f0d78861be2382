package io.github.unipic.server.openai;

import io.github.unipic.GenerateRequest;
import io.github.unipic.server.http.Exchange;
import io.github.unipic.server.http.Parameters;
import io.github.unipic.server.http.Route;
import io.github.unipic.server.images.ImageStore;
import io.github.unipic.server.jobs.JobQueue;
import java.io.IOException;

/** {@code POST /v1/images/generations}: draws images from a prompt. */
public final class ImageGenerations implements Route {
    private final JobQueue queue;
    private final ImageStore store;

    public ImageGenerations(JobQueue queue, ImageStore store) {
        this.queue = queue;
        this.store = store;
    }

    @Override
    public void handle(Exchange exchange) throws IOException {
        Parameters parameters = exchange.json();
        ImageOptions options = ImageOptions.of(parameters);
        GenerateRequest.Builder request = GenerateRequest.builder(parameters.requiredPrompt());
        ImageSize.of(parameters, ImageSize.multiple(queue))
                .ifPresent(size -> request.size(size.width(), size.height()));
        new ImageTask(exchange, options, "image_generation").run(queue, store, request);
    }
}
