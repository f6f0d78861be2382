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
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.DoubleSupplier;
import java.util.function.IntSupplier;
import java.util.stream.Stream;

/** {@code GET /metrics}: what the server does, in the text format of Prometheus. Thread-safe. */
public final class Metrics implements Route, JobMetrics {
    private static final double[] WAIT_SECONDS = {0.1, 0.5, 1, 5, 15, 60, 300, 1200, 3600};
    private static final double[] RUN_SECONDS = {0.1, 0.5, 1, 2, 5, 10, 30, 60, 300, 1200, 3600};

    /** On Linux. */
    private static final Path STATUS = Path.of("/proc/self/status");

    private static final int KILO = 1024;

    private static final List<String> TASKS = List.of("generate", "edit", "inpaint", "describe");

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
    private final Counter failures = Counter.builder()
            .name("unipic_job_failures_total")
            .help("Jobs that failed, by no fault of their requests.")
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

    /** So that counters are there before something is counted. */
    public Metrics() {
        for (String task : TASKS) {
            cancellations.initLabelValues(task);
            failures.initLabelValues(task);
            images.initLabelValues(task);
        }
        for (String kind : List.of("prompt", "cached", "generated")) {
            tokens.initLabelValues(kind);
        }
    }

    /** Watches the numbers of jobs that wait and that run. */
    public void watchQueue(IntSupplier waiting, IntSupplier running) {
        gauge("unipic_jobs_waiting", "Jobs that wait for their turn.", waiting::getAsInt);
        gauge("unipic_jobs_running", "Jobs that run.", running::getAsInt);
        gauge("unipic_heap_used_bytes", "Java's heap in use.", Metrics::heapBytes);
        if (Files.isReadable(STATUS)) {
            gauge("process_resident_memory_bytes", "Resident memory size in bytes.", Metrics::residentBytes);
        }
    }

    private static double heapBytes() {
        return ManagementFactory.getMemoryMXBean().getHeapMemoryUsage().getUsed();
    }

    /** Native memory included, which holds the model. */
    private static double residentBytes() {
        try (Stream<String> lines = Files.lines(STATUS)) {
            return lines.filter(line -> line.startsWith("VmRSS:"))
                    .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) * KILO)
                    .findFirst()
                    .orElse(Double.NaN);
        } catch (IOException | UncheckedIOException e) {
            return Double.NaN;
        }
    }

    private void gauge(String name, String help, DoubleSupplier value) {
        GaugeWithCallback.builder()
                .name(name)
                .help(help)
                .callback(callback -> callback.call(value.getAsDouble()))
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
    public void failed(String task) {
        failures.labelValues(task).inc();
    }

    @Override
    public void handle(Exchange exchange) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        writer.write(bytes, registry.scrape());
        exchange.send(200, PrometheusTextFormatWriter.CONTENT_TYPE, bytes.toByteArray());
    }
}
