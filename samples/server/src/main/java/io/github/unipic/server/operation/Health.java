package io.github.unipic.server.operation;

import io.github.unipic.server.http.Exchange;
import io.github.unipic.server.http.Route;
import io.github.unipic.server.jobs.JobQueue;
import java.io.IOException;

/**
 * {@code GET /health} says that the server runs, with status 200 also while the model is loaded. {@code GET /ready} has
 * status 503 until requests are worked on.
 */
public final class Health implements Route {
    private static final int NOT_READY = 503;

    private final JobQueue queue;
    private final boolean mustBeReady;

    private Health(JobQueue queue, boolean mustBeReady) {
        this.queue = queue;
        this.mustBeReady = mustBeReady;
    }

    /** What runs. */
    public static Health health(JobQueue queue) {
        return new Health(queue, false);
    }

    /** What works. */
    public static Health ready(JobQueue queue) {
        return new Health(queue, true);
    }

    record Status(String status, int running, int waiting) {}

    @Override
    public void handle(Exchange exchange) throws IOException {
        JobQueue.State state = queue.state();
        int status = mustBeReady && state != JobQueue.State.READY ? NOT_READY : 200;
        exchange.send(status, new Status(state.id(), queue.running(), queue.waiting()));
    }
}
