package io.github.unipic.server.operation;

import io.github.unipic.server.http.Exchange;
import io.github.unipic.server.http.Route;
import io.github.unipic.server.jobs.JobMetrics;
import io.prometheus.metrics.core.metrics.Counter;
import io.prometheus.metrics.core.metrics.GaugeWithCallback;
import io.prometheus.metrics.core.metrics.Histogram;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.registry.PrometheusRegistry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.time.Duration;
import java.util.function.IntSupplier;

/** {@code GET /metrics}: what the server does, in the text format of Prometheus. Thread-safe. */
public final class Metrics implements Route, JobMetrics {
    private static final double[] WAIT_SECONDS = {0.1, 0.5, 1, 5, 15, 60, 300, 1200, 3600};
    private static final double[] RUN_SECONDS = {0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1200, 3600};

    private final PrometheusRegistry registry = new PrometheusRegistry();
    private final PrometheusTextFormatWriter writer = PrometheusTextFormatWriter.create();

    private final Counter requests = Counter.builder()
            .name("unipic_requests_total")
            .help("Requests answered, by path of a route and status.")
            .labelNames("path", "status")
            .register(registry);
    private final Histogram waits = Histogram.builder()
            .name("unipic_job_wait_seconds")
            .help("Time that jobs waited for their turn.")
            .classicOnly()
            .classicUpperBounds(WAIT_SECONDS)
            .labelNames("task")
            .register(registry);
    private final Histogram runs = Histogram.builder()
            .name("unipic_job_run_seconds")
            .help("Time that jobs ran.")
            .classicOnly()
            .classicUpperBounds(RUN_SECONDS)
            .labelNames("task")
            .register(registry);
    private final Counter cancellations = Counter.builder()
            .name("unipic_job_cancellations_total")
            .help("Jobs cancelled while they waited or ran.")
            .labelNames("task")
            .register(registry);
    private final Counter images = Counter.builder()
            .name("unipic_images_total")
            .help("Images made.")
            .labelNames("task")
            .register(registry);
    private final Counter tokens = Counter.builder()
            .name("unipic_tokens_total")
            .help("Tokens of text, by kind: prompt, cached (of the prompt, not computed again), generated.")
            .labelNames("kind")
            .register(registry);

    /** Watches the numbers of jobs that wait and that run. */
    public void watchQueue(IntSupplier waiting, IntSupplier running) {
        gauge("unipic_jobs_waiting", "Jobs that wait for their turn.", waiting);
        gauge("unipic_jobs_running", "Jobs that run.", running);
        GaugeWithCallback.builder()
                .name("unipic_heap_bytes")
                .help("Java's heap in use.")
                .callback(callback -> callback.call(
                        ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed()))
                .register(registry);
    }

    private void gauge(String name, String help, IntSupplier value) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .callback(callback -> callback.call(value.getAsInt()))
                .register(registry);
    }

    /** A request was answered. */
    public void answered(String path, int status) {
        requests.labelValues(path, Integer.toString(status)).inc();
    }

    @Override
    public void made(String task, int count) {
        images.labelValues(task).inc(count);
    }

    @Override
    public void answered(int prompt, int cached, int generated) {
        tokens.labelValues("prompt").inc(prompt);
        tokens.labelValues("cached").inc(cached);
        tokens.labelValues("generated").inc(generated);
    }

    @Override
    public void waited(String task, Duration time) {
        waits.labelValues(task).observe(time.toNanos() / 1e9);
    }

    @Override
    public void ran(String task, Duration time) {
        runs.labelValues(task).observe(time.toNanos() / 1e9);
    }

    @Override
    public void cancelled(String task) {
        cancellations.labelValues(task).inc();
    }

    @Override
    public void handle(Exchange exchange) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        writer.write(bytes, registry.scrape());
        exchange.send(200, PrometheusTextFormatWriter.CONTENT_TYPE, bytes.toByteArray());
    }
}
