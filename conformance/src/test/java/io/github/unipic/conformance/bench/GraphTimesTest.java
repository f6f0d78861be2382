package io.github.unipic.conformance.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.unipic.model.GraphName;
import org.junit.jupiter.api.Test;

class GraphTimesTest {
    private static final long SECOND = 1_000_000_000L;

    private long now = -3 * SECOND;
    private final GraphTimes times = new GraphTimes(() -> now);

    private void opens(GraphName graph, int from, int to) {
        now = to * SECOND;
        times.onOpen(graph, (to - from) * SECOND);
    }

    @Test
    void whatWasOpenedSideBySideCountsOnce() {
        opens(GraphName.MAR_ENCODER, 2, 4);
        opens(GraphName.MAR_DECODER, 3, 5);
        opens(GraphName.DECODER_STEP, 1, 7);
        opens(GraphName.TOKEN_SAMPLER, 9, 10);
        assertThat(times.openingSeconds()).isCloseTo(7, within(1e-9));
        assertThat(times.sessionSeconds())
                .containsEntry("mar_encoder", 2.0)
                .containsEntry("decoder_step", 6.0)
                .hasSize(4);
    }
}
