package io.github.unipic.conformance.report;

import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.io.OutputStream;
import java.io.OutputStreamWriter;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;

/**
 * Writes a report for programs, as in docs/conformance-report.schema.json. Numbers that JSON does not have are the
 * strings {@code "NaN"}, {@code "Infinity"} and {@code "-Infinity"}; images are names of files next to it.
 */
final class JsonReport {
    private static final JsonMapper MAPPER = JsonMapper.builder()
            .enable(JsonWriteFeature.WRITE_NAN_AS_STRINGS)
            .disable(JsonGenerator.Feature.AUTO_CLOSE_TARGET)
            .build();

    private final JsonGenerator json;

    private JsonReport(JsonGenerator json) {
        this.json = json;
    }

    /**
     * Writes a report in UTF-8.
     *
     * @param report the report
     * @param images of the report
     * @param out left open
     * @throws IOException if writing fails
     */
    static void write(ConformanceReport report, List<ReportImage> images, OutputStream out) throws IOException {
        // A writer replaces half a surrogate pair by a question mark; Jackson's own encoder would refuse the report.
        try (JsonGenerator json = MAPPER.createGenerator(new OutputStreamWriter(out, StandardCharsets.UTF_8))) {
            new JsonReport(json.useDefaultPrettyPrinter()).write(report, images);
        }
    }

    private void write(ConformanceReport report, List<ReportImage> images) throws IOException {
        json.writeStartObject();
        json.writeNumberField("format_version", ConformanceReport.FORMAT_VERSION);
        json.writeBooleanField("passed", report.passed());
        json.writeStringField("started", report.started().toString());
        json.writeNumberField("elapsed_seconds", report.elapsed().toMillis() / 1e3);
        json.writeFieldName("subject");
        write(report.subject());
        json.writeFieldName("environment");
        write(report.environment());
        writeAll("checks", report.checks(), this::write);
        writeAll("placements", report.placements(), this::write);
        writeAll("timings", report.timings(), this::write);
        writeAll("images", images, this::write);
        List<ReportMeaning> meaning = ReportMeaning.of(report);
        if (!meaning.isEmpty()) {
            writeAll("meaning", meaning, this::write);
        }
        writeAll("skipped", report.skipped(), json::writeString);
        if (report.processes().isPresent()) {
            json.writeFieldName("processes");
            write(report.processes().get());
        }
        json.writeEndObject();
    }

    private void write(Subject subject) throws IOException {
        json.writeStartObject();
        json.writeStringField("model", subject.model());
        json.writeStringField("model_digest", subject.modelDigest());
        json.writeStringField("precision", subject.precision());
        json.writeStringField("provider", subject.provider());
        write("provider_options", subject.providerOptions());
        json.writeStringField("suite", subject.suite());
        if (!subject.only().isEmpty()) {
            writeAll("only", subject.only(), json::writeString);
        }
        json.writeBooleanField("strict", subject.strict());
        json.writeStringField("reference", subject.reference());
        if (subject.referenceDigest().isPresent()) {
            json.writeStringField("reference_digest", subject.referenceDigest().get());
        }
        if (subject.seed().isPresent()) {
            json.writeNumberField("seed", subject.seed().getAsLong());
        }
        json.writeEndObject();
    }

    private void write(Environment environment) throws IOException {
        json.writeStartObject();
        json.writeStringField("operating_system", environment.operatingSystem());
        json.writeStringField("processor", environment.processor());
        json.writeNumberField("memory_bytes", environment.memoryBytes());
        json.writeStringField("java", environment.java());
        json.writeStringField("onnx_runtime", environment.onnxRuntime());
        writeAll("providers", environment.providers(), json::writeString);
        writeAll("devices", environment.devices(), json::writeString);
        json.writeStringField("driver", environment.driver());
        json.writeStringField("kit", environment.kit());
        write("labels", environment.labels());
        json.writeEndObject();
    }

    private void write(Check check) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", check.name());
        json.writeStringField("area", check.area().label());
        json.writeStringField("subject", check.subject());
        json.writeStringField("scenario", check.scenario());
        json.writeStringField("tensor", check.tensor());
        json.writeStringField("metric", check.metric());
        json.writeNumberField("value", check.value());
        json.writeNumberField("limit", check.limit());
        json.writeBooleanField("passed", check.passed());
        if (check.errors().isPresent()) {
            json.writeFieldName("errors");
            write(check.errors().get());
        }
        if (check.note().isPresent()) {
            json.writeStringField("note", check.note().get());
        }
        json.writeEndObject();
    }

    private void write(ErrorStatistics errors) throws IOException {
        json.writeStartObject();
        json.writeNumberField("values", errors.values());
        json.writeNumberField("relative_l2", errors.relativeL2());
        json.writeNumberField("cosine", errors.cosine());
        json.writeNumberField("largest", errors.largest());
        json.writeNumberField("reference_rms", errors.referenceRms());
        json.writeNumberField("nans", errors.nans());
        json.writeNumberField("infinities", errors.infinities());
        writeAll("histogram", errors.histogram(), json::writeNumber);
        json.writeEndObject();
    }

    private void write(Placement placement) throws IOException {
        json.writeStartObject();
        json.writeStringField("graph", placement.graph());
        writeAll("shares", placement.shares(), share -> {
            json.writeStartObject();
            json.writeStringField("provider", share.provider());
            json.writeNumberField("nodes", share.nodes());
            if (share.milliseconds().isPresent()) {
                json.writeNumberField("milliseconds", share.milliseconds().getAsDouble());
            }
            json.writeEndObject();
        });
        writeAll("fallbacks", placement.fallbacks(), fallback -> {
            json.writeStartObject();
            json.writeStringField("operator", fallback.operator());
            json.writeNumberField("nodes", fallback.nodes());
            json.writeBooleanField("computes", fallback.computes());
            json.writeEndObject();
        });
        json.writeEndObject();
    }

    private void write(Timing timing) throws IOException {
        json.writeStartObject();
        json.writeStringField("graph", timing.graph());
        json.writeStringField("scenario", timing.scenario());
        json.writeNumberField("milliseconds", timing.milliseconds());
        json.writeEndObject();
    }

    private void write(ReportImage image) throws IOException {
        json.writeStartObject();
        json.writeStringField("name", image.pair().name());
        json.writeNumberField("psnr", image.pair().psnr());
        json.writeStringField("reference", image.referenceFile());
        json.writeStringField("actual", image.actualFile());
        if (image.difference().isPresent()) {
            json.writeStringField("difference", image.differenceFile());
            json.writeNumberField("difference_factor", image.difference().get().factor());
        }
        json.writeEndObject();
    }

    private void write(ReportMeaning meaning) throws IOException {
        MeaningResult result = meaning.result();
        json.writeStartObject();
        json.writeStringField("case", result.name().toString());
        json.writeStringField("request", result.request());
        if (meaning.givenFile().isPresent()) {
            json.writeStringField("given", meaning.givenFile().get());
        }
        if (meaning.madeFile().isPresent()) {
            json.writeStringField("made", meaning.madeFile().get());
        }
        json.writeStringField("wanted", result.wanted());
        json.writeStringField("found", result.found());
        writeAll("wrong", result.wrong(), json::writeString);
        json.writeEndObject();
    }

    private void write(Processes processes) throws IOException {
        json.writeStartObject();
        json.writeNumberField("count", processes.count());
        json.writeNumberField("case_limit_seconds", processes.caseLimit().toSeconds());
        json.writeNumberField("memory_limit_bytes", processes.memoryLimitBytes());
        writeAll("lost", CrashLog.of(processes), this::write);
        json.writeEndObject();
    }

    private void write(CrashLog log) throws IOException {
        LostProcess process = log.process();
        json.writeStartObject();
        json.writeStringField("last_case", process.lastCase());
        json.writeStringField("reason", process.reason());
        if (process.exitCode().isPresent()) {
            json.writeNumberField("exit_code", process.exitCode().getAsInt());
        }
        if (log.file().isPresent()) {
            json.writeStringField("crash_file", log.file().get());
            json.writeStringField("crash_head", process.crashHead());
        }
        json.writeStringField("output", process.output());
        json.writeEndObject();
    }

    private void write(String field, Map<String, String> texts) throws IOException {
        json.writeObjectFieldStart(field);
        for (Map.Entry<String, String> text : texts.entrySet()) {
            json.writeStringField(text.getKey(), text.getValue());
        }
        json.writeEndObject();
    }

    private interface ItemWriter<T> {
        void write(T item) throws IOException;
    }

    private <T> void writeAll(String field, List<T> items, ItemWriter<T> writer) throws IOException {
        json.writeArrayFieldStart(field);
        for (T item : items) {
            writer.write(item);
        }
        json.writeEndArray();
    }
}
