package io.github.unipic.conformance.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.util.List;
import org.junit.jupiter.api.Test;

class TerminalReportTest {
    private static List<String> lines(ConformanceReport report) throws IOException {
        StringBuilder out = new StringBuilder();
        TerminalReport.write(report, out);
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
    void aFailureIsFollowedByItsNoteAndSkipsAreCounted() throws IOException {
        List<String> lines = lines(SampleReports.failing());

        int failure = lines.indexOf(lines.stream()
                .filter(line -> line.startsWith("stage/decoder_step/past_512/hidden"))
                .findFirst()
                .orElseThrow());
        assertThat(lines.get(failure + 1)).isEqualTo("  The first is at [0, 17, 3].");
        assertThat(lines.get(lines.size() - 1)).isEqualTo("2 comparisons skipped; report.html says why");
        assertThat(lines).hasSizeLessThanOrEqualTo(60).allMatch(line -> line.length() <= 100);
        assertThat(lines(SampleReports.passing())).noneMatch(line -> line.contains("skipped"));
    }

    @Test
    void aCaseThatDidNotRunHasNoNumbers() throws IOException {
        List<String> lines = lines(SampleReports.lost());

        assertThat(lines).anyMatch(line -> line.matches("stage/decoder_step +2 +2 +no result +- +-"));
        assertThat(lines)
                .anyMatch(line -> line.matches("stage/decoder_step/past_512/run \\(completed\\) +no result +- +-"));
        assertThat(lines).contains("  the process crashed (exit code 134, SIGABRT)");
        assertThat(lines).noneMatch(line -> line.contains("NaN"));
    }

    @Test
    void nothingComparedIsNotAPass() throws IOException {
        assertThat(lines(SampleReports.empty()).get(0)).startsWith("NOTHING COMPARED");
    }
}
