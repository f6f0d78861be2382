package io.github.unipic.server.automatic1111;

import com.fasterxml.jackson.annotation.JsonProperty;
import io.github.unipic.server.http.Exchange;
import io.github.unipic.server.http.HttpError;
import io.github.unipic.server.http.Route;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;

/** {@code GET /sdapi/v1/progress}: how far the current image has come. */
public final class ProgressRoute implements Route {
    private final CurrentJob current;

    public ProgressRoute(CurrentJob current) {
        this.current = current;
    }

    record Response(
            double progress,
            @JsonProperty("eta_relative") double etaRelative,
            State state,
            @JsonProperty("current_image") Optional<String> currentImage) {}

    record State(
            boolean skipped,
            boolean interrupted,
            String job,
            @JsonProperty("job_count") int jobCount,
            @JsonProperty("job_no") int jobNumber,
            @JsonProperty("sampling_step") int samplingStep,
            @JsonProperty("sampling_steps") int samplingSteps) {}

    @Override
    public Object describe(HttpError error) {
        return Automatic1111Error.of(error);
    }

    @Override
    public void handle(Exchange exchange) throws IOException {
        Optional<CurrentJob.Job> job = current.first();
        State state = new State(
                false,
                false,
                job.isPresent() ? "unipic" : "",
                current.count(),
                0,
                job.map(CurrentJob.Job::iteration).orElse(0),
                job.map(CurrentJob.Job::iterations).orElse(0));
        boolean withImage =
                !exchange.query("skip_current_image").map(Boolean::parseBoolean).orElse(false);
        exchange.send(
                200,
                new Response(
                        job.map(CurrentJob.Job::done).orElse(0.0),
                        job.flatMap(CurrentJob.Job::remaining)
                                        .map(Duration::toMillis)
                                        .orElse(0L)
                                / 1000.0,
                        state,
                        withImage ? job.flatMap(CurrentJob.Job::preview) : Optional.empty()));
    }
}
