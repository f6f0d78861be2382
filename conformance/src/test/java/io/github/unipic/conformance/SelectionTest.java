package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.Cancellation;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.conformance.report.CaseName;
import io.github.unipic.conformance.report.Check;
import io.github.unipic.conformance.report.ConformanceReport;
import io.github.unipic.testing.SmallModel;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The cases that a user names are run, and no others. */
class SelectionTest {
    private static final CaseName PAST = new CaseName(Area.GRAPH, "decoder_step", "past_512");
    private static final List<CaseName> CASES = List.of(
            new CaseName(Area.GRAPH, "mar_encoder", "one"),
            new CaseName(Area.GRAPH, "decoder_step", "one"),
            PAST,
            new CaseName(Area.GRAPH, "decoder_step", "past_5"));

    @ParameterizedTest
    @ValueSource(
            strings = {
                "stage",
                "decoder_step",
                "stage/decoder_step",
                "decoder_step/past_512",
                "stage/decoder_step/past_512",
                "stage/decoder_step/past_512/hidden (relative L2)",
                "determinism/decoder_step/past_512/hidden (differing values)"
            })
    void aCaseHasThese(String name) {
        assertThat(new Selection(List.of("another", name)).includes(PAST)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "loop",
                "decoder",
                "past_512",
                "decoder_step/past_5",
                "decoder_step/past_5120",
                "determinism",
                "determinism/decoder_step/past_51/hidden",
                "decoder_step/"
            })
    void andNotThese(String name) {
        assertThat(new Selection(List.of(name)).includes(PAST)).isFalse();
    }

    @Test
    void anUnknownNameIsRefusedWithWhatThereIs() {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> new Selection(List.of("mar_encoder", "decoder_stp")).requireKnown(CASES))
                .withMessage("There is no case decoder_stp; the closest come first: decoder_step, mar_encoder.");
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> new Selection(List.of("decoder_step/past_51")).requireKnown(CASES))
                .withMessageContaining("first: decoder_step/past_512, decoder_step/past_5, decoder_step/one.");
        new Selection(List.of("decoder_step", "mar_encoder/one")).requireKnown(CASES);
    }

    @Test
    void namesAreBounded() {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> new Selection(List.of("x".repeat(301))))
                .withMessageContaining("301");
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() ->
                        new Selection(Stream.generate(() -> "x").limit(101).toList()))
                .withMessageContaining("101");
    }

    /** The other graphs' cases are not in the reference either, which this run records. */
    @Test
    void onlyTheseRun() {
        List<String> progress = new ArrayList<>();
        ConformanceReport report =
                run(new Selection(List.of("text_head", "decoder_step/past_3_quiet")), new ConformanceRun.Listener() {
                    @Override
                    public void onPhase(String phase) {
                        progress.add(phase);
                    }

                    @Override
                    public void onProgress(int done, int total) {
                        progress.add(done + " of " + total);
                    }
                });
        assertThat(report.failures()).isEmpty();
        assertThat(report.subject().only()).containsExactly("text_head", "decoder_step/past_3_quiet");
        assertThat(report.checks())
                .extracting(check -> check.subject() + "/" + check.scenario())
                .containsOnly("text_head/one", "decoder_step/past_3_quiet");
        assertThat(report.checks()).extracting(Check::area).containsOnly(Area.GRAPH, Area.DETERMINISM);
        assertThat(report.placements())
                .singleElement()
                .satisfies(placement -> assertThat(placement.graph()).isEqualTo("text_head"));
        assertThat(progress)
                .startsWith("recording the reference with the CPU provider", "1 of 2", "2 of 2")
                .endsWith("checking which provider runs each node", "1 of 1");
    }

    private static ConformanceReport run(Selection selection, ConformanceRun.Listener listener) {
        return new ConformanceRun(
                        new Source.Model(SmallModel.folder(), Optional.empty()),
                        ExecutionProvider.CPU,
                        Suite.SMOKE,
                        selection,
                        false,
                        Optional.empty(),
                        Map.of(),
                        Optional.empty(),
                        Optional.empty(),
                        new Cancellation(),
                        listener)
                .run();
    }
}
