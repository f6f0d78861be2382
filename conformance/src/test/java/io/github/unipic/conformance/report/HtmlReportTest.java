package io.github.unipic.conformance.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalDouble;
import org.jsoup.Jsoup;
import org.jsoup.nodes.Document;
import org.jsoup.nodes.Element;
import org.jsoup.parser.Parser;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class HtmlReportTest {
    private static String html(ConformanceReport report) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        HtmlReport.write(report, ReportImage.of(report), out);
        return out.toString(StandardCharsets.UTF_8);
    }

    private static Document page(ConformanceReport report) throws IOException {
        return Jsoup.parse(html(report));
    }

    @ParameterizedTest
    @MethodSource("io.github.unipic.conformance.report.JsonReportTest#reports")
    void needsNothingElseAndIsWellFormed(ConformanceReport report) throws IOException {
        Parser parser = Parser.htmlParser().setTrackErrors(20);
        Document page = Jsoup.parse(html(report), "", parser);

        assertThat(parser.getErrors()).isEmpty();
        assertThat(page.select("script, link, iframe, object, form, [onclick], [onerror], [onload]"))
                .isEmpty();
        assertThat(page.select("[src]")).allMatch(each -> each.attr("src").startsWith("data:image/png;base64,"));
        assertThat(page.select("[href]"))
                .allMatch(each -> page.getElementById(each.attr("href").substring(1)) != null);
        assertThat(page.select("style").html()).doesNotContain("url(", "@import");
    }

    @ParameterizedTest
    @MethodSource("io.github.unipic.conformance.report.JsonReportTest#reports")
    void canBeReadWithoutSeeingIt(ConformanceReport report) throws IOException {
        Document page = page(report);

        assertThat(page.select("html[lang=en]")).hasSize(1);
        assertThat(page.select("h1")).hasSize(1);
        assertThat(page.select("th:not([scope])")).isEmpty();
        assertThat(page.select("table"))
                .allMatch(table -> !table.select("caption").isEmpty());
        assertThat(page.select("img")).allMatch(img -> !img.attr("alt").isEmpty());
        assertThat(page.select("svg:not([aria-hidden]):not([role=img][aria-label])"))
                .isEmpty();
    }

    @Test
    void passedSaysSoAndFoldsEverything() throws IOException {
        Document page = page(SampleReports.passing());

        assertThat(page.select("h1").text()).isEqualTo("Passed");
        assertThat(page.select(".verdict").text()).contains("36 checks, all within their limits");
        assertThat(page.text()).contains("Reference's SHA-256 e3b0c442", "Seed of the inputs 4294967295");
        assertThat(page.select("details[open], #failures")).isEmpty();
        assertThat(page.select("tr.failed, .beyond")).isEmpty();
    }

    @Test
    void failuresComeBeforeResultsWithNumbersAndMeaning() throws IOException {
        Document page = page(SampleReports.failing());

        assertThat(page.select("h1").text()).isEqualTo("Failed");
        assertThat(page.select("h2").eachText())
                .containsExactly(
                        "What was tested",
                        "Summary",
                        "Machine and software",
                        "Failures",
                        "What the trained model generates and says",
                        "Results",
                        "Placement",
                        "Timings",
                        "Images",
                        "Skipped");
        Element decoder = page.select(".failure:contains(decoder_step)").first();
        assertThat(decoder.text())
                .contains("1 of 4 checks failed")
                .contains("not finite")
                .contains("128 NaN, 2 infinite of 786,432")
                .contains("The first is at [0, 17, 3].");
        assertThat(page.select(".failure:contains(stage / mar_decoder)").text())
                .contains("A little over the limit", "relative L2 4.10e-5, limit 2.00e-5");
        assertThat(page.select("tr.failed"))
                .hasSize(6)
                .allMatch(row -> row.text().contains("fail"));
        assertThat(page.select("details[open] h3").eachText())
                .containsExactly(
                        "stage / decoder_step",
                        "stage / mar_decoder",
                        "loop / t2i",
                        "understanding / understand",
                        "placement / mar_decoder");
        assertThat(page.select("#images ~ .images")).hasSize(3);
        assertThat(page.select("figcaption").eachText())
                .contains("Difference \u00d7 51; the largest is 5 of 255", "Difference: none");
    }

    @Test
    void aCaseWithoutAResultSaysWhy() throws IOException {
        CaseName name = new CaseName(Area.PLACEMENT, "mar_encoder", "none_known");
        Document page = page(SampleReports.report(
                List.of(Check.didNotRun(name, "the process crashed (exit code 134, SIGABRT)")),
                List.of(),
                List.of(),
                List.of(),
                Map.of()));

        assertThat(page.select(".failure").text())
                .contains("There was no result to compare.")
                .endsWith("none_known / run: the process crashed (exit code 134, SIGABRT)");
    }

    @Test
    void aCaseWithoutAResultHasNoNumbers() throws IOException {
        Document page = page(SampleReports.lost());

        assertThat(page.select("section[aria-labelledby=summary] td").eachText())
                .containsExactly("2", "\u2717 2", "no result", "-", "-", "decoder_step / past_512 / run");
        assertThat(page.select("details .worst").text()).isEqualTo("worst has no result");
        assertThat(page.select(".bar")).isEmpty();
        assertThat(page.text()).doesNotContain("NaN");
    }

    /** As they are where ONNX Runtime tells the providers of nodes without a run. */
    @Test
    void placementsWithoutTimesHaveNoColumnsForThem() throws IOException {
        Placement placement = new Placement(
                "mar_encoder",
                List.of(
                        new Placement.Share("CPUExecutionProvider", 4, OptionalDouble.empty()),
                        new Placement.Share("WebGpuExecutionProvider", 52, OptionalDouble.empty())),
                List.of(new Placement.Fallback("Attention", 2, true), new Placement.Fallback("Concat", 2, false)));
        Document page = page(SampleReports.report(List.of(), List.of(placement), List.of(), List.of(), Map.of()));

        Element table = page.select("table:contains(Left to the CPU)").first();
        assertThat(table.select("thead th").eachText())
                .containsExactly("Graph", "Provider", "Nodes", "Of nodes", "Left to the CPU");
        assertThat(table.select("tbody tr").eachText())
                .containsExactly(
                        "mar_encoder CPU 4 7.1% computing: Attention \u00d7 2 bookkeeping: Concat \u00d7 2",
                        "WebGpu 52 92.9%");
        assertThat(page.text()).contains("when it opens a graph");
    }

    @Test
    void whatTheTrainedModelMadeIsShownWithItsRequest() throws IOException {
        Document page = page(SampleReports.failing());

        assertThat(page.select("#meaning ~ h3").eachText())
                .containsExactly("generate: 1 of 1 right", "edit: 0 of 1 right", "describe by mar: 1 of 1 right");
        assertThat(page.select(".meaning.wrong").eachText())
                .containsExactly("make the circle green \u2717 large blue circle (center), on white"
                        + " Wanted: large green circle (center), on white");
        assertThat(page.select(".meaning.wrong img").eachAttr("alt"))
                .containsExactly("Given: make the circle green", "Made: large blue circle (center), on white");
        assertThat(page.select(".meaning:not(.wrong) img")).hasSize(2);
    }

    @Test
    void manyChecksAreFoldedButForWhatFailed() throws IOException {
        String html = html(SampleReports.large());
        Document page = Jsoup.parse(html);

        assertThat(page.select("details tbody tr:has(svg)")).hasSize(1500);
        assertThat(page.select("details[open]")).hasSize(1);
        assertThat(page.select(".failure li")).hasSize(9);
        assertThat(page.select(".failure li").last().text()).isEqualTo("and 22 more in the table below");
        assertThat(html.length()).isLessThan(3_000_000);
    }

    @Test
    void textFromOutsideIsText() throws IOException {
        String html = html(SampleReports.hostile());
        Document page = Jsoup.parse(html);

        assertThat(page.select("body script, head script")).isEmpty();
        assertThat(page.select("style")).hasSize(1);
        assertThat(page.select("tr.failed th").text()).startsWith("</style><script>alert('x')</script>&\"");
        assertThat(html).doesNotContain("\u001b", "\u0000", "\u202e", "<script>");
    }

    @Test
    void barsGrowWithTheLogarithm() {
        Html html = new Html();
        for (double error : new double[] {0, 1e-6, 1e-5, 1e-4, Double.NaN}) {
            Charts.bar(
                    html,
                    new Check(
                            Area.GRAPH, "s", "s", "t", "relative L2", error, 1e-5, Optional.empty(), Optional.empty()));
        }

        assertThat(Jsoup.parse(html.toString()).select("rect:not(.track)").eachAttr("width"))
                .extracting(Double::valueOf)
                .containsExactly(0.0, 48.0, 64.0, 80.0, 96.0);
    }
}
