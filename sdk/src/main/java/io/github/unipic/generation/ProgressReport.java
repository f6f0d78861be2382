package io.github.unipic.generation;

import io.github.unipic.Progress;
import io.github.unipic.ProgressListener;
import io.github.unipic.generation.ImageTasks.ImageDecoder;
import io.github.unipic.generation.UnmaskingSchedule.Iteration;
import io.github.unipic.runtime.Tensor;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;

/** Notifies a request's listener of each iteration. */
final class ProgressReport implements ImageGenerator.Observer {
    private final Optional<ProgressListener> listener;
    private final int iterations;
    private final ImageDecoder decoder;
    private final Instant start = Instant.now();

    ProgressReport(Optional<ProgressListener> listener, int iterations, ImageDecoder decoder) {
        this.listener = listener;
        this.iterations = iterations;
        this.decoder = decoder;
    }

    @Override
    public void onIteration(Iteration iteration, Tensor z, ImageTokens tokens) {
        if (listener.isEmpty()) {
            return;
        }
        int done = iteration.index() + 1;
        Duration elapsed = Duration.between(start, Instant.now());
        Duration remaining = elapsed.multipliedBy(iterations - done).dividedBy(done);
        listener.get()
                .onProgress(new Progress(
                        done,
                        iterations,
                        iteration.tokensAfter(),
                        tokens.grid().tokens(),
                        elapsed,
                        Optional.of(remaining),
                        () -> decoder.decode(tokens)));
    }
}
