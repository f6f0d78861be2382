package io.github.unipic.server.automatic1111;

import io.github.unipic.Cancellation;
import io.github.unipic.Image;
import io.github.unipic.Progress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/**
 * The dialect's jobs that wait or run: what {@code progress} tells of the first of them, and what {@code interrupt}
 * ends. Thread-safe.
 */
public final class CurrentJob {
    private final List<Job> jobs = new ArrayList<>();

    /** What is known of a job. */
    static final class Job {
        private final Cancellation cancellation;
        private Optional<Progress> progress = Optional.empty();
        private Optional<String> preview = Optional.empty();
        private boolean previewAsked;

        private Job(Cancellation cancellation) {
            this.cancellation = cancellation;
        }

        /** A preview costs a graph run, so it is made only after someone has asked for one. */
        void report(Progress latest) {
            boolean asked;
            synchronized (this) {
                progress = Optional.of(latest);
                asked = previewAsked;
                previewAsked = false;
            }
            if (asked) {
                Image image = latest.preview().get().get(0);
                String base64 = Base64.getEncoder().encodeToString(image.toPng());
                synchronized (this) {
                    preview = Optional.of(base64);
                }
            }
        }

        synchronized double done() {
            return progress.map(latest -> (double) latest.iteration() / latest.iterations())
                    .orElse(0.0);
        }

        synchronized int iteration() {
            return progress.map(Progress::iteration).orElse(0);
        }

        synchronized int iterations() {
            return progress.map(Progress::iterations).orElse(0);
        }

        synchronized Optional<Duration> remaining() {
            return progress.flatMap(Progress::remaining);
        }

        /** The last preview, PNG in base64; asks for the next one. */
        synchronized Optional<String> preview() {
            previewAsked = true;
            return preview;
        }
    }

    synchronized Job begin(Cancellation cancellation) {
        Job job = new Job(cancellation);
        jobs.add(job);
        return job;
    }

    synchronized void end(Job job) {
        jobs.remove(job);
    }

    synchronized Optional<Job> first() {
        return jobs.stream().findFirst();
    }

    synchronized int count() {
        return jobs.size();
    }

    /** Ends the first job. */
    void interrupt() {
        first().ifPresent(job -> job.cancellation.cancel());
    }
}
