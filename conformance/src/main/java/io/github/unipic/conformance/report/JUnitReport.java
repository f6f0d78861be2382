package io.github.unipic.conformance.report;

import io.github.unipic.Printable;
import java.io.OutputStream;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.xml.stream.XMLOutputFactory;
import javax.xml.stream.XMLStreamException;
import javax.xml.stream.XMLStreamWriter;

/**
 * Writes a report as JUnit XML for build servers: a suite for each area, a test case for each check. Skipped
 * comparisons are a suite of their own. A test case has the time of its graph's run if that was measured, counted once
 * for each scenario; the root's time is that of the whole run. A case that lost its process has what that left behind
 * as its standard error.
 */
final class JUnitReport {
    private record TestCase(Check check, double seconds) {}

    private final ConformanceReport report;
    private final XMLStreamWriter xml;

    private JUnitReport(ConformanceReport report, XMLStreamWriter xml) {
        this.report = report;
        this.xml = xml;
    }

    /**
     * Writes a report in UTF-8.
     *
     * @param report the report
     * @param out left open
     * @throws XMLStreamException if writing fails
     */
    static void write(ConformanceReport report, OutputStream out) throws XMLStreamException {
        XMLStreamWriter xml = XMLOutputFactory.newDefaultFactory().createXMLStreamWriter(out, "UTF-8");
        new JUnitReport(report, xml).write();
        xml.close();
    }

    private void write() throws XMLStreamException {
        xml.writeStartDocument("UTF-8", "1.0");
        int skipped = report.skipped().size();
        int failures = report.failures().size();
        startSuite(
                "testsuites",
                "unipic conformance",
                report.checks().size() + skipped,
                failures,
                skipped,
                report.elapsed().toMillis() / 1e3);
        for (CheckGroup area : CheckGroup.byArea(report.checks())) {
            writeArea(area);
        }
        if (skipped > 0) {
            writeSkipped();
        }
        end();
        xml.writeEndDocument();
    }

    private void writeArea(CheckGroup area) throws XMLStreamException {
        List<TestCase> cases = timed(area.checks());
        startSuite(
                "testsuite",
                area.title(),
                cases.size(),
                area.failures().size(),
                0,
                cases.stream().mapToDouble(TestCase::seconds).sum());
        attribute("timestamp", report.started().truncatedTo(ChronoUnit.SECONDS).toString());
        writeProperties();
        for (TestCase each : cases) {
            write(each);
        }
        end();
    }

    private List<TestCase> timed(List<Check> checks) {
        Map<List<String>, Double> unclaimed = new HashMap<>();
        for (Timing timing : report.timings()) {
            unclaimed.put(List.of(timing.graph(), timing.scenario()), timing.milliseconds() / 1e3);
        }
        return checks.stream()
                .map(check -> {
                    Double seconds = unclaimed.remove(List.of(check.subject(), check.scenario()));
                    return new TestCase(check, seconds == null ? 0 : seconds);
                })
                .toList();
    }

    private void writeProperties() throws XMLStreamException {
        Subject subject = report.subject();
        Environment environment = report.environment();
        start("properties");
        property("model", subject.model());
        property("model_digest", subject.modelDigest());
        property("precision", subject.precision());
        property("provider", subject.provider());
        properties("provider_option.", subject.providerOptions());
        property("suite", subject.suite());
        property("strict", Boolean.toString(subject.strict()));
        property("reference", subject.reference());
        property("operating_system", environment.operatingSystem());
        property("processor", environment.processor());
        property("memory_bytes", Long.toString(environment.memoryBytes()));
        property("java", environment.java());
        property("onnx_runtime", environment.onnxRuntime());
        property("providers", String.join(", ", environment.providers()));
        property("devices", String.join("; ", environment.devices()));
        property("driver", environment.driver());
        property("kit", environment.kit());
        properties("label.", environment.labels());
        end();
    }

    private void write(TestCase testCase) throws XMLStreamException {
        Check check = testCase.check();
        start("testcase");
        attribute("classname", check.area().label() + "." + part(check.subject()) + "." + part(check.scenario()));
        attribute("name", check.tensor() + " (" + check.metric() + ")");
        attribute("time", decimal(testCase.seconds()));
        if (!check.passed()) {
            start("failure");
            attribute("type", check.metric());
            attribute(
                    "message",
                    check.isWithoutResult()
                            ? "no result"
                            : check.metric() + " is " + check.value() + ", limit " + check.limit());
            xml.writeCharacters(Printable.of(Meaning.of(check)));
            if (check.note().isPresent()) {
                xml.writeCharacters(" " + Printable.of(check.note().get()));
            }
            end();
        }
        if (check.isOfRun()) {
            writeLostProcess(new CaseName(check.area(), check.subject(), check.scenario()).toString());
        }
        end();
    }

    private void writeLostProcess(String caseName) throws XMLStreamException {
        List<LostProcess> lost = report.processes().map(Processes::lost).orElse(List.of());
        for (LostProcess process : lost) {
            if (process.lastCase().equals(caseName)) {
                start("system-err");
                xml.writeCharacters(Stream.of(process.crashHead(), process.output())
                        .flatMap(String::lines)
                        .map(Printable::of)
                        .collect(Collectors.joining("\n")));
                end();
            }
        }
    }

    /** Replaces dots, which build servers would read as the end of a package's name. */
    private static String part(String name) {
        return name.replace('.', '_');
    }

    private void writeSkipped() throws XMLStreamException {
        int count = report.skipped().size();
        startSuite("testsuite", "skipped", count, 0, count, 0);
        for (int i = 0; i < count; i++) {
            start("testcase");
            attribute("classname", "skipped");
            attribute("name", "skipped " + (i + 1));
            attribute("time", decimal(0));
            start("skipped");
            attribute("message", report.skipped().get(i));
            end();
            end();
        }
        end();
    }

    private void startSuite(String element, String name, int tests, int failures, int skipped, double seconds)
            throws XMLStreamException {
        start(element);
        attribute("name", name);
        attribute("tests", Integer.toString(tests));
        attribute("failures", Integer.toString(failures));
        attribute("errors", "0");
        attribute("skipped", Integer.toString(skipped));
        attribute("time", decimal(seconds));
    }

    private void properties(String prefix, Map<String, String> texts) throws XMLStreamException {
        for (Map.Entry<String, String> text : texts.entrySet()) {
            property(prefix + text.getKey(), text.getValue());
        }
    }

    private void property(String name, String value) throws XMLStreamException {
        start("property");
        attribute("name", name);
        attribute("value", value);
        end();
    }

    private void start(String element) throws XMLStreamException {
        xml.writeCharacters("\n");
        xml.writeStartElement(element);
    }

    private void end() throws XMLStreamException {
        xml.writeEndElement();
    }

    private void attribute(String name, String value) throws XMLStreamException {
        xml.writeAttribute(name, Printable.of(value));
    }

    private static String decimal(double seconds) {
        return String.format(Locale.ROOT, "%.6f", seconds);
    }
}
