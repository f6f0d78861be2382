package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class GuidanceScheduleTest {
    @Test
    void constantStays() {
        assertThat(GuidanceSchedule.CONSTANT.at(3, 16, 14)).isEqualTo(3);
        assertThat(GuidanceSchedule.CONSTANT.at(3, 16, 1)).isEqualTo(3);
    }

    @Test
    void linearFollowsTheTokensDone() {
        assertThat(GuidanceSchedule.LINEAR.at(4.5, 24, 24)).isEqualTo(1);
        assertThat(GuidanceSchedule.LINEAR.at(4.5, 24, 22)).isCloseTo(1 + 3.5 * 2 / 24, within(1e-15));
        assertThat(GuidanceSchedule.LINEAR.at(4.5, 24, 1)).isCloseTo(1 + 3.5 * 23 / 24, within(1e-15));
    }

    @Test
    void noGuidanceStaysNone() {
        assertThat(GuidanceSchedule.LINEAR.at(1, 24, 7)).isEqualTo(1);
    }
}
