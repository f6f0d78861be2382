package io.github.unipic.conformance.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.unipic.InvalidRequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.DateTimeException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/** Reads {@value ReportFolder#JSON}. It may come from anybody, so each value is checked. */
public final class ReportFile {
    /** A full run's has less than one. */
    private static final long MAX_BYTES = 64L << 20;

    private static final JsonMapper JSON = new JsonMapper();

    private final Path file;

    private ReportFile(Path file) {
        this.file = file;
    }

    /**
     * Reads a report, except its images, the statistics of errors, and the processes.
     *
     * @param path the file, or the folder that it is in
     * @return the report
     * @throws InvalidRequestException if it cannot be read, is too large, or is no such report
     */
    public static ConformanceReport read(Path path) {
        Path file = Files.isDirectory(path) ? path.resolve(ReportFolder.JSON) : path;
        ReportFile reader = new ReportFile(file);
        try {
            if (!Files.isRegularFile(file)) {
                throw reader.wrong("is not there");
            }
            if (Files.size(file) > MAX_BYTES) {
                throw reader.wrong("has " + Figures.bytes(Files.size(file)) + ", more than a report");
            }
            return reader.report(reader.object(JSON.readTree(file.toFile()), "its content"));
        } catch (JsonProcessingException e) {
            throw reader.wrong("is no JSON: " + e.getOriginalMessage());
        } catch (IOException e) {
            throw reader.wrong("cannot be read: " + e);
        }
    }

    private ConformanceReport report(JsonNode json) {
        if (json.path("format_version").asInt() != ConformanceReport.FORMAT_VERSION) {
            throw wrong("is not of format " + ConformanceReport.FORMAT_VERSION);
        }
        return new ConformanceReport(
                time(text(json, "started")),
                Duration.ofMillis(Math.round(1e3 * finite(json, "elapsed_seconds"))),
                environment(object(json.path("environment"), "environment")),
                subject(object(json.path("subject"), "subject")),
                checks(json),
                list(json, "placements", this::placement),
                list(json, "timings", this::timing),
                List.of(),
                List.of(),
                list(json, "skipped", this::text),
                Optional.empty());
    }

    private Instant time(String text) {
        try {
            return Instant.parse(text);
        } catch (DateTimeException e) {
            throw wrong("has no time in started");
        }
    }

    private Environment environment(JsonNode json) {
        return new Environment(
                text(json, "operating_system"),
                text(json, "processor"),
                integer(json, "memory_bytes"),
                text(json, "java"),
                text(json, "onnx_runtime"),
                list(json, "providers", this::text),
                list(json, "devices", this::text),
                text(json, "driver"),
                text(json, "kit"),
                texts(json, "labels"));
    }

    private Subject subject(JsonNode json) {
        return new Subject(
                text(json, "model"),
                text(json, "model_digest"),
                text(json, "precision"),
                text(json, "provider"),
                texts(json, "provider_options"),
                text(json, "suite"),
                json.has("only") ? list(json, "only", this::text) : List.of(),
                flag(json, "strict"),
                text(json, "reference"),
                json.has("reference_digest") ? Optional.of(text(json, "reference_digest")) : Optional.empty(),
                json.has("seed") ? OptionalLong.of(integer(json, "seed")) : OptionalLong.empty());
    }

    private List<Check> checks(JsonNode json) {
        List<Check> checks = list(json, "checks", this::check);
        Set<String> names = new HashSet<>();
        for (Check check : checks) {
            if (!names.add(check.name())) {
                throw wrong("has two checks " + check.name());
            }
        }
        return checks;
    }

    private Check check(JsonNode json) {
        String area = text(json, "area");
        return new Check(
                Arrays.stream(Area.values())
                        .filter(each -> each.label().equals(area))
                        .findFirst()
                        .orElseThrow(() -> wrong("has an area " + area)),
                text(json, "subject"),
                text(json, "scenario"),
                text(json, "tensor"),
                text(json, "metric"),
                number(json, "value"),
                number(json, "limit"),
                Optional.empty(),
                json.has("note") ? Optional.of(text(json, "note")) : Optional.empty());
    }

    private Placement placement(JsonNode json) {
        return new Placement(
                text(json, "graph"),
                list(
                        json,
                        "shares",
                        share -> new Placement.Share(
                                text(share, "provider"), count(share, "nodes"), milliseconds(share))),
                list(
                        json,
                        "fallbacks",
                        fallback -> new Placement.Fallback(
                                text(fallback, "operator"), count(fallback, "nodes"), flag(fallback, "computes"))));
    }

    private OptionalDouble milliseconds(JsonNode json) {
        return json.has("milliseconds") ? OptionalDouble.of(number(json, "milliseconds")) : OptionalDouble.empty();
    }

    private Timing timing(JsonNode json) {
        return new Timing(text(json, "graph"), text(json, "scenario"), finite(json, "milliseconds"));
    }

    private JsonNode object(JsonNode json, String name) {
        if (!json.isObject()) {
            throw wrong("has no object as " + name);
        }
        return json;
    }

    private <T> List<T> list(JsonNode json, String name, Function<JsonNode, T> item) {
        if (!json.path(name).isArray()) {
            throw wrong("has no list " + name);
        }
        List<T> items = new ArrayList<>();
        json.path(name).forEach(node -> items.add(item.apply(node)));
        return items;
    }

    private String text(JsonNode json, String name) {
        return required(json, name, "text", JsonNode::isTextual).textValue();
    }

    private String text(JsonNode json) {
        if (!json.isTextual()) {
            throw wrong("has a list of texts with something else");
        }
        return json.textValue();
    }

    private Map<String, String> texts(JsonNode json, String name) {
        Map<String, String> texts = new TreeMap<>();
        JsonNode fields = object(json.path(name), name);
        fields.fieldNames().forEachRemaining(field -> texts.put(field, text(fields, field)));
        return texts;
    }

    private boolean flag(JsonNode json, String name) {
        return required(json, name, "true or false", JsonNode::isBoolean).booleanValue();
    }

    private long integer(JsonNode json, String name) {
        return required(json, name, "integer of at least 0", node -> node.canConvertToLong() && node.longValue() >= 0)
                .longValue();
    }

    private int count(JsonNode json, String name) {
        return required(json, name, "count", node -> node.canConvertToInt() && node.intValue() >= 0)
                .intValue();
    }

    /** A number, or the text for one that JSON does not have. */
    private double number(JsonNode json, String name) {
        JsonNode node = json.path(name);
        return node.isTextual() && Set.of("NaN", "Infinity", "-Infinity").contains(node.textValue())
                ? Double.parseDouble(node.textValue())
                : required(json, name, "number", JsonNode::isNumber).doubleValue();
    }

    private double finite(JsonNode json, String name) {
        return required(json, name, "finite number", node -> node.isNumber() && Double.isFinite(node.doubleValue()))
                .doubleValue();
    }

    private JsonNode required(JsonNode json, String name, String kind, Function<JsonNode, Boolean> right) {
        JsonNode node = json.path(name);
        if (!right.apply(node)) {
            throw wrong("has no " + kind + " as " + name);
        }
        return node;
    }

    private InvalidRequestException wrong(String what) {
        return new InvalidRequestException(
                "The report " + file + " " + what + "; give a " + ReportFolder.JSON + " of 'unipic conformance run'.");
    }
}
