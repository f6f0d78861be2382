package io.github.unipic.conformance.bench;

import io.github.unipic.ExecutionProvider;
import io.github.unipic.Reuse;
import io.github.unipic.conformance.BenchmarkReport;
import io.github.unipic.conformance.BenchmarkSettings;
import io.github.unipic.conformance.bench.Benchmark.Measured;
import io.github.unipic.conformance.bench.Results.Answer;
import io.github.unipic.conformance.bench.Results.GraphRuns;
import io.github.unipic.conformance.bench.Results.Image;
import io.github.unipic.conformance.bench.Results.Preview;
import io.github.unipic.conformance.bench.Results.Text;
import io.github.unipic.model.GraphName;
import java.util.Locale;
import java.util.Map;

/** A benchmark's report as text. */
public final class BenchmarkTable {
    private final StringBuilder out = new StringBuilder();

    private BenchmarkTable() {}

    /** The whole report. */
    public static String of(BenchmarkReport report) {
        BenchmarkTable table = new BenchmarkTable();
        table.head(report);
        Measured measured = report.measured();
        table.load(measured.load());
        measured.previews().forEach(table::preview);
        measured.images().forEach(image -> table.image(image, report.settings()));
        measured.answers().forEach(table::answer);
        boolean onCpu = report.provider().equals(ExecutionProvider.CPU);
        measured.texts().forEach(text -> table.text(text, onCpu));
        table.bottom(measured);
        return table.out.toString();
    }

    private void head(BenchmarkReport report) {
        Measured measured = report.measured();
        line("%s, %s, in %s", measured.name(), measured.precision(), report.model());
        line("%s, %s", report.environment().processor(), report.environment().operatingSystem());
        line(
                "ONNX Runtime %s, provider %s, threads %s; Java %s",
                report.environment().onnxRuntime(),
                report.provider(),
                report.threads().isPresent() ? report.threads().getAsInt() : "as ONNX Runtime chooses",
                report.environment().java());
        line(
                "graphs %s, float32 matrices %s, images of more than %d pixels in tiles",
                report.settings().keepLoaded() ? "stay loaded" : "are freed after use",
                report.settings().prepack() ? "copied (prepack)" : "mapped",
                report.settings().tileAbove());
        line(
                "memory bandwidth %.1f GB/s read, %.1f GB/s triad (%d threads, Java)",
                measured.bandwidth().readBytesPerSecond() / 1e9,
                measured.bandwidth().triadBytesPerSecond() / 1e9,
                measured.bandwidth().threads());
    }

    private void load(Results.Load load) {
        line("");
        line("Loading: %.2f s; with the sessions of all graphs used %.2f s", load.seconds(), load.total());
        load.sessionSeconds().forEach((graph, seconds) -> line("  %-22s %8.2f s", graph, seconds));
    }

    private void preview(Preview preview) {
        line("");
        line("Text to image, %d px, first preview", preview.size());
        line("  preview                %s", seconds(preview.seconds()));
        memory(preview.memory());
    }

    private void image(Image image, BenchmarkSettings settings) {
        line("");
        line(
                "Text to image, %d px, %d iterations, %s diffusion steps, guidance %s%s%s",
                image.size(),
                settings.iterations(),
                settings.steps(),
                settings.guidance(),
                every("", settings.guidanceReuse()),
                image.graphs().containsKey(GraphName.MAR_DECODER_CACHED.label())
                        ? every(", all tokens", settings.tokenReuse())
                        : "");
        line("  image                %s", seconds(image.seconds()));
        line("  CPU time               %s", seconds(image.cpuSeconds()));
        graphs(image.graphs(), image.seconds());
        memory(image.memory());
    }

    private static String every(String what, Reuse reuse) {
        return reuse.equals(Reuse.NONE) ? "" : what + " every " + reuse.every();
    }

    private void answer(Answer answer) {
        line("");
        line("An answer about a photo, %d tokens", answer.tokens());
        line("  answer                 %s", seconds(answer.seconds()));
        line("  first token            %s", seconds(answer.firstTokenSeconds()));
        graphs(answer.graphs(), answer.seconds());
        memory(answer.memory());
    }

    /** @param onCpu whether the memory bandwidth, which is the processor's, is that of the provider */
    private void text(Text text, boolean onCpu) {
        line("");
        line("Text after %d tokens", text.context());
        line(
                "  context                %8.2f s, %.0f tokens/s",
                text.prefillSeconds(), text.context() / text.prefillSeconds());
        line(
                "  tokens                 %8.2f tokens/s; one %.2f ms (%.2f to %.2f)",
                text.tokensPerSecond(),
                1e3 * text.tokenSeconds().median(),
                1e3 * text.tokenSeconds().min(),
                1e3 * text.tokenSeconds().max());
        line(
                "  weights read           %8.2f GB a token%s",
                text.weightBytesPerToken() / 1e9,
                onCpu
                        ? String.format(
                                Locale.ROOT, ", %.0f %% of the bandwidth for reading", 100 * text.bandwidthShare())
                        : "");
        memory(text.memory());
    }

    private void graphs(Map<String, GraphRuns> graphs, Spread whole) {
        line("  %-22s %6s %10s %8s %12s %10s %10s", "graph", "runs", "s in all", "share", "ms median", "min", "max");
        graphs.forEach((graph, spent) -> line(
                "  %-22s %6d %10.2f %7.1f%% %12.1f %10.1f %10.1f",
                graph,
                spent.runs(),
                spent.seconds(),
                100 * spent.seconds() / whole.median(),
                1e3 * spent.runSeconds().median(),
                1e3 * spent.runSeconds().min(),
                1e3 * spent.runSeconds().max()));
    }

    private void memory(ProcessMemory memory) {
        line(
                "  memory so far          peak %s, now %s, of it not mapped %s",
                gigabytes(memory.peakRssBytes()), gigabytes(memory.rssBytes()), gigabytes(memory.anonymousBytes()));
    }

    private void bottom(Measured measured) {
        line("");
        line("Peak RSS: %s", gigabytes(measured.memory().peakRssBytes()));
    }

    private static String seconds(Spread spread) {
        return spread.min() == spread.max()
                ? String.format(Locale.ROOT, "%8.2f s", spread.median())
                : String.format(Locale.ROOT, "%8.2f s (%.2f to %.2f)", spread.median(), spread.min(), spread.max());
    }

    private static String gigabytes(long bytes) {
        return bytes < 0 ? "unknown" : String.format(Locale.ROOT, "%.2f GB", bytes / 1e9);
    }

    private void line(String form, Object... values) {
        out.append(String.format(Locale.ROOT, form, values)).append('\n');
    }
}
