package io.github.unipic.conformance.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.unipic.InvalidRequestException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** A report is read as it was written, and what is no report is refused in one line. */
class ReportFileTest {
    @TempDir
    private Path folder;

    static List<ConformanceReport> reports() {
        return List.of(SampleReports.passing(), SampleReports.failing(), SampleReports.large(), SampleReports.empty());
    }

    @ParameterizedTest
    @MethodSource("reports")
    void isReadAsItWasWritten(ConformanceReport report) {
        ReportFolder.write(report, folder);
        ConformanceReport read = ReportFile.read(folder);
        assertThat(read).isEqualTo(ReportFile.read(folder.resolve("report.json")));
        assertThat(read)
                .isEqualTo(new ConformanceReport(
                        report.started(),
                        report.elapsed(),
                        report.environment(),
                        report.subject(),
                        report.checks().stream()
                                .map(check -> new Check(
                                        check.area(),
                                        check.subject(),
                                        check.scenario(),
                                        check.tensor(),
                                        check.metric(),
                                        check.value(),
                                        check.limit(),
                                        Optional.empty(),
                                        check.note()))
                                .toList(),
                        report.placements(),
                        report.timings(),
                        List.of(),
                        List.of(),
                        report.skipped(),
                        Optional.empty()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "[", "[]", "null", "{}", "\0", "{\"format_version\": 2}", "{\"format_version\": 1}"})
    void otherFilesAreRefused(String content) throws IOException {
        Path file = Files.writeString(folder.resolve("report.json"), content);
        assertRefused(file, "");
    }

    @Test
    void damagedReportsAreRefused() throws IOException {
        ReportFolder.write(SampleReports.passing(), folder);
        assertRefused(report -> report.put("started", "yesterday"), "has no time in started");
        assertRefused(report -> report.putArray("environment"), "has no object as environment");
        assertRefused(report -> subject(report).put("strict", 1), "has no true or false as strict");
        assertRefused(report -> subject(report).put("seed", -1), "has no integer of at least 0 as seed");
        assertRefused(report -> subject(report).put("provider_options", "x"), "has no object as provider_options");
        assertRefused(report -> report.putObject("checks"), "has no list checks");
        assertRefused(report -> report.withArray("checks").add(1), "has no text as area");
        assertRefused(report -> check(report).put("area", "colors"), "has an area colors");
        assertRefused(report -> check(report).put("value", "1"), "has no number as value");
        assertRefused(report -> check(report).remove("limit"), "has no number as limit");
        assertRefused(
                report -> report.withArray("checks").add(check(report).deepCopy()),
                "has two checks preprocessing/framing/astronaut/pixels (differing values)");
        assertRefused(
                report -> ((ObjectNode) report.at("/timings/0")).put("milliseconds", "NaN"),
                "has no finite number as milliseconds");
        assertRefused(
                report -> ((ObjectNode) report.at("/placements/0/shares/0")).put("nodes", 1e300),
                "has no count as nodes");
        assertRefused(report -> report.withArray("skipped").add(1), "has a list of texts with something else");
    }

    @Test
    void hugeFilesAreNotRead() throws IOException {
        Path file = folder.resolve("report.json");
        try (RandomAccessFile sparse = new RandomAccessFile(file.toFile(), "rw")) {
            sparse.setLength(1L << 40);
        }
        assertRefused(file, "more than a report");
        assertRefused(folder.resolve("none"), "is not there");
    }

    private void assertRefused(Consumer<ObjectNode> damage, String reason) throws IOException {
        Path file = folder.resolve("report.json");
        ObjectNode report = (ObjectNode) new JsonMapper().readTree(file.toFile());
        damage.accept(report);
        Path damaged = folder.resolve("damaged.json");
        new JsonMapper().writeValue(damaged.toFile(), report);
        assertRefused(damaged, reason);
    }

    private static ObjectNode subject(ObjectNode report) {
        return (ObjectNode) report.get("subject");
    }

    private static ObjectNode check(ObjectNode report) {
        return (ObjectNode) report.at("/checks/0");
    }

    private static void assertRefused(Path file, String reason) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> ReportFile.read(file))
                .withMessageStartingWith("The report " + file)
                .withMessageContaining(reason)
                .satisfies(refused -> assertThat(refused.getMessage()).doesNotContain("\n"));
    }
}
