package io.github.unipic.conformance.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.github.unipic.model.GraphName;
import org.junit.jupiter.api.Test;

class StageTimesTest {
    @Test
    void whatWasOpenedSideBySideCountsOnce() {
        StageTimes times = new StageTimes();
        long second = 1_000_000_000L;
        // All end now: the longest has the others within it.
        times.onOpen(GraphName.MAR_ENCODER, 2 * second);
        times.onOpen(GraphName.DECODER_STEP, 5 * second);
        times.onOpen(GraphName.MAR_DECODER, 3 * second);
        assertThat(times.openingSeconds()).isCloseTo(5, within(0.5));
        assertThat(times.sessionSeconds()).containsOnlyKeys("mar_encoder", "decoder_step", "mar_decoder");
    }

    @Test
    void whatWasOpenedAfterEachOtherAddsUp() throws InterruptedException {
        StageTimes times = new StageTimes();
        times.onOpen(GraphName.MAR_ENCODER, 40_000_000L);
        Thread.sleep(200);
        times.onOpen(GraphName.DECODER_STEP, 40_000_000L);
        assertThat(times.openingSeconds()).isCloseTo(0.08, within(1e-6));
    }
}
