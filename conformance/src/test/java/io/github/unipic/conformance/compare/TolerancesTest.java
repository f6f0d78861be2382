package io.github.unipic.conformance.compare;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.model.GraphName;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class TolerancesTest {
    private static final List<String> KINDS = List.of("graph", "loop", "image_largest", "image_share", "answer_margin");

    @Test
    void everyPrecisionHasEveryLimitAndAReason() throws IOException {
        JsonNode precisions = file().path("precisions");
        assertThat(precisions.size()).isGreaterThanOrEqualTo(2);
        precisions.properties().forEach(precision -> {
            assertThat(precision.getValue().fieldNames())
                    .toIterable()
                    .as(precision.getKey())
                    .containsAll(KINDS);
            precision.getValue().properties().forEach(kind -> {
                String name = precision.getKey() + "/" + kind.getKey();
                assertThat(kind.getValue().path("limit").asDouble()).as(name).isPositive();
                assertThat(kind.getValue().path("why").asText())
                        .as(name)
                        .hasSizeGreaterThan(30)
                        .endsWith(".");
            });
        });
    }

    @Test
    void namesAreOfLimitsAndGraphsThatThereAre() throws IOException {
        List<String> graphs = Arrays.stream(GraphName.values())
                .map(graph -> "graph." + graph.label())
                .toList();
        file().path("precisions")
                .forEach(precision -> precision
                        .fieldNames()
                        .forEachRemaining(name -> assertThat(KINDS.contains(name) || graphs.contains(name))
                                .as(name)
                                .isTrue()));
    }

    @Test
    void coarserPrecisionsAreNotStricter() {
        assertThat(Tolerances.precisions()).startsWith("fp32", "fp16");
        Tolerances single = Tolerances.of("fp32");
        Tolerances half = Tolerances.of("fp16");
        for (GraphName graph : GraphName.values()) {
            assertThat(half.graph(graph.label())).isGreaterThan(single.graph(graph.label()));
        }
        assertThat(half.loop()).isGreaterThan(single.loop());
        assertThat(half.answerMargin()).isGreaterThan(single.answerMargin());
        assertThat(half.imageLargest()).isGreaterThanOrEqualTo(single.imageLargest());
    }

    @Test
    void anUnknownPrecisionIsRefused() {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> Tolerances.of("fp7"))
                .withMessageContainingAll("fp7", "fp32, fp16");
    }

    private static JsonNode file() throws IOException {
        try (InputStream in = Tolerances.class.getResourceAsStream("/io/github/unipic/conformance/tolerances.json")) {
            return new JsonMapper().readTree(in);
        }
    }
}
