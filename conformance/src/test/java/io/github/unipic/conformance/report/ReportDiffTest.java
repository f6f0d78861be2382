package io.github.unipic.conformance.report;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.conformance.report.Placement.Fallback;
import io.github.unipic.conformance.report.ReportDiff.Change;
import io.github.unipic.conformance.report.ReportDiff.Kind;
import io.github.unipic.conformance.report.ReportDiff.Setting;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ReportDiffTest {
    private static final CaseName CASE = new CaseName(Area.GRAPH, "decoder_step", "one");
    private static final String NAME = "stage/decoder_step/one/hidden (relative L2)";

    @Test
    void aReportIsNotWorseThanItself() {
        for (ConformanceReport report : List.of(
                SampleReports.passing(), SampleReports.failing(), SampleReports.large(), SampleReports.empty())) {
            ReportDiff diff = ReportDiff.between(report, report, 1.5);
            assertThat(diff.settings()).isEmpty();
            assertThat(diff.changes()).isEmpty();
            assertThat(diff.unchanged()).isEqualTo(report.checks().size());
            assertThat(diff.isWorse()).isFalse();
        }
    }

    @Test
    void aCheckChanges() {
        assertThat(kind(1e-6, 3e-5)).isEqualTo(Kind.NEWLY_FAILING);
        assertThat(kind(1e-6, Double.NaN)).isEqualTo(Kind.NEWLY_FAILING);
        assertThat(kind(3e-5, 1e-6)).isEqualTo(Kind.NEWLY_PASSING);
        // The limit is 2e-5.
        assertThat(kind(1e-6, 1e-5)).isEqualTo(Kind.WORSE);
        assertThat(kind(3e-5, 7e-5)).as("fails twice").isEqualTo(Kind.WORSE);
        assertThat(kind(3e-5, Double.NaN)).isEqualTo(Kind.WORSE);
        assertThat(kind(1e-5, 1e-6)).isEqualTo(Kind.BETTER);
        assertThat(kind(Double.NaN, 3e-5)).isEqualTo(Kind.BETTER);
    }

    @Test
    void roundingIsNoChange() {
        assertThat(between(1e-5, 1.9e-5).changes()).isEmpty();
        assertThat(between(1e-8, 1.9e-6).changes())
                .as("below a tenth of the limit")
                .isEmpty();
        assertThat(between(0, 1e-7).changes()).isEmpty();
        assertThat(between(Double.NaN, Double.NaN).changes()).isEmpty();
    }

    @Test
    void whatBecameWorseIsWorse() {
        assertThat(between(1e-6, 1e-5).isWorse()).isTrue();
        assertThat(between(1e-5, 1e-6).isWorse()).isFalse();
        assertThat(Stream.of(Kind.values()).filter(Kind::isWorse))
                .containsExactly(Kind.NEWLY_FAILING, Kind.MISSING, Kind.WORSE, Kind.SLOWER, Kind.MORE_ON_THE_CPU);
    }

    @Test
    void checksComeAndGo() {
        ConformanceReport none = report(List.of());
        ConformanceReport passing = report(List.of(hidden(1e-6)));
        assertThat(only(passing, none)).isEqualTo(new Change(Kind.MISSING, NAME, 1e-6, Double.NaN));
        assertThat(only(none, passing)).isEqualTo(new Change(Kind.ADDED, NAME, Double.NaN, 1e-6));
        assertThat(only(none, report(List.of(hidden(1)))).kind()).isEqualTo(Kind.NEWLY_FAILING);
    }

    /** A case that does not run fails as a whole, and its checks are not missing. */
    @Test
    void aCaseThatDoesNotRunIsOneChange() {
        ConformanceReport runs = report(List.of(hidden(1e-6)));
        ConformanceReport crashes = report(List.of(Check.didNotRun(CASE, "it crashed")));
        assertThat(only(runs, crashes))
                .satisfies(change -> assertThat(change.kind()).isEqualTo(Kind.NEWLY_FAILING))
                .satisfies(change -> assertThat(change.name()).isEqualTo("stage/decoder_step/one/run (completed)"));
        assertThat(only(crashes, runs).kind()).isEqualTo(Kind.NEWLY_PASSING);
        assertThat(between(crashes, crashes).changes()).isEmpty();
    }

    @Test
    void whatWasNotAskedForIsNotMissing() {
        ConformanceReport full = report(List.of(hidden(1e-6), other()));
        ConformanceReport part = with(full, List.of(hidden(1e-6)), List.of("decoder_step/one"));
        ReportDiff diff = between(full, part);
        assertThat(diff.isWorse()).isFalse();
        assertThat(diff.changes())
                .singleElement()
                .satisfies(change -> assertThat(change.kind()).isEqualTo(Kind.LEFT_OUT));
        assertThat(diff.settings()).containsExactly(new Setting("only", "all cases", "decoder_step/one"));
    }

    @Test
    void timesAreComparedByGraphInTheCasesOfBoth() {
        ConformanceReport before = timed(new Timing("a", "x", 10), new Timing("a", "y", 30), new Timing("b", "x", .1));
        ConformanceReport after = timed(new Timing("a", "y", 60), new Timing("a", "z", 1), new Timing("b", "x", .9));
        assertThat(only(before, after)).isEqualTo(new Change(Kind.SLOWER, "a (1 case)", 30, 60));
        assertThat(only(after, before)).isEqualTo(new Change(Kind.FASTER, "a (1 case)", 60, 30));
        assertThat(ReportDiff.between(before, after, 2.1).changes()).isEmpty();
    }

    @Test
    void nodesLeftToTheCpuAreCounted() {
        ConformanceReport before = placed(new Fallback("Gather", 3, false));
        ConformanceReport after = placed(new Fallback("Gather", 9, false), new Fallback("Attention", 2, true));
        assertThat(only(before, after)).isEqualTo(new Change(Kind.MORE_ON_THE_CPU, "decoder_step", 0, 2));
        assertThat(only(after, before).kind()).isEqualTo(Kind.LESS_ON_THE_CPU);
    }

    @Test
    void theTerminalShowsTheLargestFirst() throws IOException {
        ConformanceReport before = SampleReports.passing();
        ConformanceReport after = SampleReports.failing();
        List<String> lines = lines(ReportDiff.between(before, after, 1.5), 3);
        assertThat(lines.get(0)).isEqualTo("WORSE  6 newly failing, 36 unchanged");
        assertThat(lines)
                .contains("settings that differ", "  label site             Lab 3", "                      -> none")
                .anyMatch(line -> line.matches("newly failing +before +after"))
                .anyMatch(line -> line.matches("  stage/decoder_step/past_512/hidden \\(relative L2\\) +none +none"))
                .contains("  and 3 more; --all lists them");
        assertThat(lines(ReportDiff.between(before, after, 1.5), 100)).noneMatch(line -> line.contains("more;"));
        assertThat(lines(ReportDiff.between(before, before, 1.5), 3)).containsExactly("NOTHING WORSE  36 unchanged");
    }

    @Test
    void textFromOutsideCannotDriveTheTerminal() throws IOException {
        List<String> lines = lines(ReportDiff.between(SampleReports.passing(), SampleReports.hostile(), 1.5), 100);
        assertThat(lines).allMatch(line -> line.length() <= 100);
        assertThat(String.join("\n", lines)).doesNotContain("\u001b", "\u0000", "\u202e");
    }

    private static List<String> lines(ReportDiff diff, int most) throws IOException {
        StringBuilder out = new StringBuilder();
        TerminalDiff.write(diff, most, out);
        return out.toString().lines().toList();
    }

    private static Kind kind(double before, double after) {
        return only(report(List.of(hidden(before))), report(List.of(hidden(after))))
                .kind();
    }

    private static ReportDiff between(double before, double after) {
        return between(report(List.of(hidden(before))), report(List.of(hidden(after))));
    }

    private static ReportDiff between(ConformanceReport before, ConformanceReport after) {
        return ReportDiff.between(before, after, 1.5);
    }

    private static Change only(ConformanceReport before, ConformanceReport after) {
        List<Change> changes = between(before, after).changes();
        assertThat(changes).hasSize(1);
        return changes.get(0);
    }

    private static Check hidden(double error) {
        return new Check(
                Area.GRAPH,
                "decoder_step",
                "one",
                "hidden",
                "relative L2",
                error,
                2e-5,
                Optional.empty(),
                Optional.empty());
    }

    private static Check other() {
        return new Check(
                Area.GRAPH, "text_head", "one", "logits", "relative L2", 0, 2e-5, Optional.empty(), Optional.empty());
    }

    private static ConformanceReport report(List<Check> checks) {
        return with(SampleReports.passing(), checks, List.of());
    }

    private static ConformanceReport with(ConformanceReport like, List<Check> checks, List<String> only) {
        Subject subject = like.subject();
        return make(
                like,
                new Subject(
                        subject.model(),
                        subject.modelDigest(),
                        subject.precision(),
                        subject.provider(),
                        Map.of(),
                        subject.suite(),
                        only,
                        subject.strict(),
                        subject.reference(),
                        subject.referenceDigest(),
                        subject.seed()),
                checks,
                List.of(),
                List.of());
    }

    private static ConformanceReport timed(Timing... timings) {
        ConformanceReport like = SampleReports.passing();
        return make(like, like.subject(), List.of(), List.of(), List.of(timings));
    }

    private static ConformanceReport placed(Fallback... fallbacks) {
        ConformanceReport like = SampleReports.passing();
        Placement placement = new Placement("decoder_step", List.of(), List.of(fallbacks));
        return make(like, like.subject(), List.of(), List.of(placement), List.of());
    }

    private static ConformanceReport make(
            ConformanceReport like,
            Subject subject,
            List<Check> checks,
            List<Placement> placements,
            List<Timing> timings) {
        return new ConformanceReport(
                like.started(),
                like.elapsed(),
                like.environment(),
                subject,
                checks,
                placements,
                timings,
                List.of(),
                List.of(),
                List.of(),
                Optional.empty());
    }
}
