package io.github.unipic.conformance.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.util.List;
import java.util.stream.IntStream;
import javax.xml.parsers.DocumentBuilderFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.Element;
import org.w3c.dom.NodeList;

class JUnitReportTest {
    private static Element xml(ConformanceReport report) throws Exception {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        JUnitReport.write(report, out);
        return DocumentBuilderFactory.newDefaultInstance()
                .newDocumentBuilder()
                .parse(new ByteArrayInputStream(out.toByteArray()))
                .getDocumentElement();
    }

    private static List<Element> all(Element within, String name) {
        NodeList nodes = within.getElementsByTagName(name);
        return IntStream.range(0, nodes.getLength())
                .mapToObj(i -> (Element) nodes.item(i))
                .toList();
    }

    @Test
    void aSuiteForEachAreaAndACaseForEachCheck() throws Exception {
        ConformanceReport report = SampleReports.failing();

        Element root = xml(report);

        assertThat(root.getTagName()).isEqualTo("testsuites");
        assertThat(root.getAttribute("failures")).isEqualTo("6");
        assertThat(root.getAttribute("skipped")).isEqualTo("2");
        assertThat(root.getAttribute("time")).isEqualTo("252.000000");
        assertThat(all(root, "testsuite"))
                .extracting(suite -> suite.getAttribute("name"))
                .containsExactly(
                        "preprocessing", "stage", "loop", "understanding", "determinism", "placement", "skipped");
        assertThat(all(root, "testcase"))
                .hasSize(report.checks().size() + report.skipped().size());
        for (Element suite : all(root, "testsuite")) {
            assertThat(suite.getAttribute("tests"))
                    .isEqualTo("" + all(suite, "testcase").size());
            assertThat(suite.getAttribute("failures"))
                    .isEqualTo("" + all(suite, "failure").size());
        }
    }

    @Test
    void aFailureSaysValueLimitAndNote() throws Exception {
        Element failure = all(xml(SampleReports.failing()), "failure").get(0);

        Element testCase = (Element) failure.getParentNode();
        assertThat(testCase.getAttribute("classname")).isEqualTo("stage.decoder_step.past_512");
        assertThat(testCase.getAttribute("name")).isEqualTo("hidden (relative L2)");
        assertThat(failure.getAttribute("message")).isEqualTo("relative L2 is NaN, limit 2.0E-5");
        assertThat(failure.getTextContent()).contains("not finite").endsWith("The first is at [0, 17, 3].");
    }

    @Test
    void aCaseThatDidNotRunSaysWhy() throws Exception {
        Element failure = all(xml(SampleReports.lost()), "failure").get(0);

        assertThat(failure.getAttribute("message")).isEqualTo("no result");
        assertThat(failure.getTextContent()).endsWith("the process crashed (exit code 134, SIGABRT)");
    }

    @Test
    void aLostProcessLeavesItsLastWordsWithItsCase() throws Exception {
        Element root = xml(SampleReports.lost());

        assertThat(all(root, "testcase"))
                .hasSize(2)
                .allSatisfy(testCase -> assertThat(all(testCase, "system-err"))
                        .extracting(Element::getTextContent)
                        .containsExactly(
                                "#  SIGSEGV (0xb)\nC  [libvendor.so+0x1139]\nvendor: out of <U+001B>[31mtiles"));
        assertThat(all(xml(SampleReports.failing()), "system-err")).isEmpty();
    }

    @Test
    void aMeasuredScenarioHasItsTimeOnce() throws Exception {
        List<String> times = all(xml(SampleReports.passing()), "testcase").stream()
                .filter(each -> each.getAttribute("classname").equals("stage.decoder_step.batch_1"))
                .map(each -> each.getAttribute("time"))
                .toList();

        assertThat(times).containsExactly("0.003210");
    }

    @Test
    void theEnvironmentIsInTheProperties() throws Exception {
        Element suite = all(xml(SampleReports.passing()), "testsuite").get(0);

        assertThat(all(suite, "property"))
                .extracting(property -> property.getAttribute("name") + "=" + property.getAttribute("value"))
                .contains("provider=cuda", "provider_option.use_tf32=0", "driver=570.86.15", "label.site=Lab 3");
    }

    @Test
    void hostileTextIsStillXml() throws Exception {
        Element root = xml(SampleReports.hostile());

        assertThat(all(root, "script")).isEmpty();
        assertThat(all(root, "failure").get(0).getAttribute("type")).startsWith("</style><script>");
    }
}
