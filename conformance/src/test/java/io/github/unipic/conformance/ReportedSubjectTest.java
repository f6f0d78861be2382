package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.Cancellation;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.conformance.report.ConformanceReport;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** What a report says of the run that it is of. */
class ReportedSubjectTest {
    @Test
    void aReferenceOfTheRunsOwnIsCalledThat() {
        ConformanceReport report = run(new Source.Model(TinyModel.model(), Optional.empty()), Map.of())
                .run();
        assertThat(report.failures()).isEmpty();
        assertThat(report.subject().reference())
                .startsWith("ONNX Runtime")
                .endsWith(", recorded in this run by the runtime under test");
    }

    @Test
    void labelsAreSorted() {
        Map<String, String> labels = numbered(32);
        assertThat(run(new Source.EmbeddedGoldens(), labels).labels().keySet())
                .containsExactlyElementsOf(new TreeMap<>(labels).keySet());
    }

    @Test
    void labelsAreFewAndShort() {
        refused(numbered(33), "33 labels");
        refused(Map.of("x".repeat(65), ""), "65 characters");
        refused(Map.of("x", "y".repeat(257)), "value of 257");
        refused(Map.of(" ", "y"), "' '");
    }

    private static void refused(Map<String, String> labels, String message) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> run(new Source.EmbeddedGoldens(), labels))
                .withMessageContaining(message);
    }

    private static Map<String, String> numbered(int count) {
        return IntStream.range(0, count).boxed().collect(Collectors.toMap(i -> "label" + i, i -> "value"));
    }

    private static ConformanceRun run(Source source, Map<String, String> labels) {
        return new ConformanceRun(
                source,
                ExecutionProvider.CPU,
                Suite.SMOKE,
                false,
                Optional.empty(),
                labels,
                new Cancellation(),
                new ConformanceRun.Listener() {});
    }
}
