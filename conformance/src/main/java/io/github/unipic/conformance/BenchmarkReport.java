package io.github.unipic.conformance;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.module.SimpleModule;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.fasterxml.jackson.databind.ser.std.ToStringSerializer;
import io.github.unipic.DiffusionSteps;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.OutputException;
import io.github.unipic.conformance.bench.Benchmark.Measured;
import io.github.unipic.conformance.bench.BenchmarkTable;
import io.github.unipic.conformance.report.Environment;
import io.github.unipic.files.AtomicFile;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.OptionalInt;

/**
 * The results of a {@link BenchmarkRun}, and what it ran on.
 *
 * @param started when it began
 * @param environment the machine
 * @param model its folder
 * @param provider that the graphs ran on
 * @param threads as requested; absent if ONNX Runtime chose
 * @param settings what was measured
 * @param measured the figures
 */
public record BenchmarkReport(
        Instant started,
        Environment environment,
        Path model,
        ExecutionProvider provider,
        OptionalInt threads,
        BenchmarkSettings settings,
        Measured measured) {
    private static final JsonMapper JSON = JsonMapper.builder()
            .propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE)
            .enable(SerializationFeature.INDENT_OUTPUT)
            .addModule(new SimpleModule().addSerializer(DiffusionSteps.class, ToStringSerializer.instance))
            .build();

    /**
     * The report for programs: times in seconds, sizes in bytes, -1 if the system does not give one.
     *
     * @return JSON with indentation
     */
    public String json() {
        ObjectNode root = JSON.createObjectNode();
        root.put("started", started.toString());
        root.put("model", model.toString());
        root.put("provider", provider.toString());
        threads.ifPresent(count -> root.put("threads", count));
        root.set("environment", JSON.valueToTree(environment));
        root.set("settings", JSON.valueToTree(settings));
        root.setAll((ObjectNode) JSON.valueToTree(measured));
        try {
            return JSON.writeValueAsString(root);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(e);
        }
    }

    /**
     * Writes {@link #json()} to a file.
     *
     * @param file created, or replaced as a whole
     * @throws OutputException if it cannot be written; an existing file is then unchanged
     */
    public void writeJson(Path file) {
        try {
            AtomicFile.write(file, out -> out.write((json() + System.lineSeparator()).getBytes(UTF_8)));
        } catch (IOException e) {
            throw new OutputException(
                    "The figures cannot be written to " + file, e, "make room there or give another file");
        }
    }

    /**
     * The report for people.
     *
     * @return tables, each line at most 100 characters
     */
    public String text() {
        return BenchmarkTable.of(this);
    }
}
