package io.github.unipic.conformance.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class TerminalReportTest {
    private static List<String> lines(ConformanceReport report) throws IOException {
        StringBuilder out = new StringBuilder();
        TerminalReport.write(report, out, false);
        return out.toString().lines().toList();
    }

    @Test
    void passedIsAShortTable() throws IOException {
        List<String> lines = lines(SampleReports.passing());

        assertThat(lines).hasSizeLessThanOrEqualTo(40).allMatch(line -> line.length() <= 100);
        assertThat(lines.get(0)).startsWith("PASSED  36 checks, all within their limits; the nearest is at ");
        assertThat(lines).anyMatch(line -> line.matches("stage/decoder_step +3 +0 +\\S+e-6 +2.00e-5 +\\d+%"));
        assertThat(lines).anyMatch(line -> line.startsWith("mar_decoder") && line.endsWith("; Attention x4"));
    }

    @Test
    void failuresFollowAndAreCutShort() throws IOException {
        List<String> lines = lines(SampleReports.large());

        assertThat(lines.get(0)).isEqualTo("FAILED  30 of 1,500 checks failed.");
        assertThat(lines)
                .filteredOn(line -> line.startsWith("stage/mar_encoder/"))
                .hasSize(20)
                .allMatch(line -> line.endsWith("3.00e-3    2.00e-5     150x"));
        assertThat(lines.get(lines.size() - 1)).isEqualTo("and 10 more in report.html");
        assertThat(lines).hasSizeLessThanOrEqualTo(60).allMatch(line -> line.length() <= 100);
    }

    @Test
    void textFromOutsideCannotDriveTheTerminal() throws IOException {
        assertThat(String.join("\n", lines(SampleReports.hostile()))).doesNotContain("\u001b", "\u0000", "\u202e");
    }

    @Test
    void coloursOnlyWhenAsked() throws IOException {
        StringBuilder coloured = new StringBuilder();
        TerminalReport.write(SampleReports.failing(), coloured, true);

        assertThat(coloured.toString()).startsWith("\u001b[1m\u001b[31mFAILED");
        assertThat(coloured.toString().replaceAll("\u001b\\[\\d+m", "").lines().toList())
                .isEqualTo(lines(SampleReports.failing()));
    }

    @Test
    void nothingComparedIsNotAPass() throws IOException {
        assertThat(lines(SampleReports.empty()).get(0)).startsWith("NOTHING COMPARED");
    }
}
