package io.github.unipic.conformance.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.networknt.schema.Error;
import com.networknt.schema.Schema;
import com.networknt.schema.SchemaRegistry;
import com.networknt.schema.SpecificationVersion;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class JsonReportTest {
    private static final ObjectMapper MAPPER = new ObjectMapper();

    static Stream<ConformanceReport> reports() {
        return Stream.of(
                SampleReports.passing(),
                SampleReports.failing(),
                SampleReports.large(),
                SampleReports.hostile(),
                SampleReports.empty());
    }

    @ParameterizedTest
    @MethodSource("reports")
    void everyReportIsAsTheSchemaSays(ConformanceReport report) throws IOException {
        assertThat(errors(json(report))).isEmpty();
    }

    @Test
    void theSchemaRefusesWhatItDoesNotDescribe() throws IOException {
        JsonNode report = json(SampleReports.failing());
        ((ObjectNode) report.at("/checks/0")).put("color", "red");
        ((ObjectNode) report.at("/checks/1")).put("value", "much");
        ((ObjectNode) report).remove("kit");
        ((ObjectNode) report.get("environment")).remove("kit");

        assertThat(errors(report)).hasSizeGreaterThanOrEqualTo(3);
    }

    @Test
    void holdsValuesAsTheyAre() throws IOException {
        JsonNode report = json(SampleReports.failing());

        assertThat(report.get("format_version").intValue()).isEqualTo(1);
        assertThat(report.get("passed").booleanValue()).isFalse();
        assertThat(report.get("elapsed_seconds").doubleValue()).isEqualTo(252);
        assertThat(report.at("/subject/seed").longValue()).isEqualTo(4_294_967_295L);
        assertThat(report.at("/subject/reference_digest").textValue()).hasSize(64);
        assertThat(report.at("/subject/provider_options/use_tf32").textValue()).isEqualTo("0");
        assertThat(report.get("checks"))
                .hasSize(SampleReports.failing().checks().size());
        JsonNode check = find(report.get("checks"), "stage/decoder_step/past_512/hidden (relative L2)");
        assertThat(check.get("value").textValue()).isEqualTo("NaN");
        assertThat(check.get("limit").doubleValue()).isEqualTo(2e-5);
        assertThat(check.get("passed").booleanValue()).isFalse();
        assertThat(check.at("/errors/nans").intValue()).isEqualTo(128);
        assertThat(check.at("/errors/histogram")).hasSize(10);
        assertThat(check.get("note").textValue()).isEqualTo("The first is at [0, 17, 3].");
        assertThat(report.at("/images/2/psnr").textValue()).isEqualTo("Infinity");
        assertThat(report.at("/images/0/difference_factor").intValue()).isEqualTo(51);
        assertThat(report.at("/images/0/reference").textValue()).isEqualTo("images/t2i_native-reference.png");
        assertThat(report.at("/meaning/1/case").textValue()).isEqualTo("meaning/edit/0: make the circle green");
        assertThat(report.at("/meaning/1/given").textValue())
                .isEqualTo("images/edit_0__make_the_circle_green-given.png");
        assertThat(report.at("/meaning/1/wrong/0").textValue()).isEqualTo("center is blue, not green");
        assertThat(report.at("/meaning/2").has("made")).isFalse();
        assertThat(report.at("/placements/1/fallbacks/0/computes").booleanValue())
                .isTrue();
        assertThat(report.at("/skipped/0").textValue()).isEqualTo("edit_astronaut: the model has no pixel_encoder");
    }

    private static JsonNode find(JsonNode checks, String name) {
        for (JsonNode check : checks) {
            if (check.get("name").textValue().equals(name)) {
                return check;
            }
        }
        throw new AssertionError("no check " + name);
    }

    private static JsonNode json(ConformanceReport report) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        JsonReport.write(report, ReportImage.of(report), out);
        return MAPPER.readTree(out.toByteArray());
    }

    private static List<Error> errors(JsonNode report) throws IOException {
        JsonNode text = MAPPER.readTree(Files.readString(Path.of("../docs/conformance-report.schema.json")));
        Schema schema = SchemaRegistry.withDefaultDialect(SpecificationVersion.DRAFT_2020_12)
                .getSchema(text);
        return schema.validate(
                report, context -> context.executionConfig(config -> config.formatAssertionsEnabled(true)));
    }
}
