package io.github.unipic.server.openai;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.github.unipic.UniPic;
import io.github.unipic.server.http.Exchange;
import io.github.unipic.server.http.Route;
import io.github.unipic.server.jobs.JobQueue;
import java.io.IOException;
import java.time.Instant;
import java.util.List;

/** {@code GET /v1/models}: the one model, once it is loaded. */
public final class Models implements Route {
    private final long started = Instant.now().getEpochSecond();
    private final JobQueue queue;

    public Models(JobQueue queue) {
        this.queue = queue;
    }

    record ModelList(String object, List<Model> data) {}

    record Model(
            String id,
            String object,
            long created,
            @JsonProperty("owned_by") String ownedBy) {}

    @Override
    public void handle(Exchange exchange) throws IOException {
        List<Model> models = queue.model().stream().map(this::model).toList();
        exchange.send(200, new ModelList("list", models));
    }

    private Model model(UniPic unipic) {
        return new Model(unipic.info().name(), "model", started, "unipic");
    }
}
