package io.github.unipic.conformance.report;

import io.github.unipic.Image;
import io.github.unipic.conformance.report.PageImage.Reduction;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.stream.Collectors;

/**
 * Writes a report as one page to read and to print. The page contains its style sheet, charts and images and needs
 * neither network nor scripts; its content security policy forbids both.
 */
final class HtmlReport {
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyy-MM-dd HH:mm 'UTC'", Locale.ROOT).withZone(ZoneOffset.UTC);
    private static final int MOST_FAILURES_LISTED = 8;
    private static final String USUAL_METRIC = "relative L2";

    private final ConformanceReport report;
    private final List<ReportImage> images;
    private final List<CheckGroup> subjects;
    private final Html html = new Html();

    private HtmlReport(ConformanceReport report, List<ReportImage> images) {
        this.report = report;
        this.images = images;
        this.subjects = CheckGroup.bySubject(report.checks());
    }

    /**
     * Writes a report in UTF-8.
     *
     * @param report the report
     * @param images of the report
     * @param out left open
     * @throws IOException if writing fails
     */
    static void write(ConformanceReport report, List<ReportImage> images, OutputStream out) throws IOException {
        String css;
        try (InputStream in = HtmlReport.class.getResourceAsStream("report.css")) {
            css = new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
        out.write(new HtmlReport(report, images).page(css).getBytes(StandardCharsets.UTF_8));
    }

    private String page(String css) {
        html.element("html", () -> html.element("head", () -> head(css)).element("body", this::body), "lang", "en");
        return html.toString();
    }

    private void head(String css) {
        html.single("meta", "charset", "utf-8")
                .single(
                        "meta",
                        "http-equiv",
                        "Content-Security-Policy",
                        "content",
                        "default-src 'none'; img-src data:; style-src 'unsafe-inline'")
                .single("meta", "name", "viewport", "content", "width=device-width, initial-scale=1")
                .single("meta", "name", "color-scheme", "content", "light dark")
                .element(
                        "title",
                        "UniPic conformance: " + Verdict.of(report).word() + " on "
                                + report.subject().provider())
                .style(css);
    }

    private void body() {
        html.element("header", this::verdict);
        html.element("main", () -> {
            section("tested", "What was tested", this::tested);
            section("summary", "Summary", this::summary);
            section("environment", "Machine and software", this::environment);
            if (!report.failures().isEmpty()) {
                section("failures", "Failures", this::failures);
            }
            report.processes()
                    .map(Processes::lost)
                    .filter(lost -> !lost.isEmpty())
                    .ifPresent(lost -> section("lost", "Lost processes", this::lost));
            if (!report.meaning().isEmpty()) {
                section("meaning", "What the trained model generates and says", this::meaning);
            }
            section("results", "Results", this::results);
            if (!report.placements().isEmpty()) {
                section("placement", "Placement", this::placement);
            }
            if (!report.timings().isEmpty()) {
                section("timings", "Timings", this::timings);
            }
            if (!images.isEmpty()) {
                section("images", "Images", this::images);
            }
            if (!report.skipped().isEmpty()) {
                section("skipped", "Skipped", this::skipped);
            }
        });
        html.element(
                "footer",
                "Format " + ConformanceReport.FORMAT_VERSION + ". The same for programs: " + ReportFolder.JSON
                        + "; for build servers: " + ReportFolder.JUNIT + ".");
    }

    private void section(String id, String title, Runnable content) {
        html.element(
                "section",
                () -> {
                    html.element("h2", title, "id", id);
                    content.run();
                },
                "aria-labelledby",
                id);
    }

    private void verdict() {
        Verdict verdict = Verdict.of(report);
        html.element("p", "UniPic conformance report", "class", "kicker");
        html.element(
                "div",
                () -> {
                    html.element("span", report.passed() ? "\u2713" : "\u2717", "class", "mark", "aria-hidden", "true");
                    html.element("div", () -> {
                        html.element("h1", verdict.word());
                        html.element("p", verdict.sentence());
                        if (!report.skipped().isEmpty()) {
                            html.element("p", () -> {
                                html.text(
                                        Figures.count(report.skipped().size(), "comparison") + " could not be made: ");
                                html.element("a", "see Skipped", "href", "#skipped")
                                        .text(".");
                            });
                        }
                    });
                },
                "class",
                "verdict " + (report.passed() ? "passed" : "failed"));
    }

    private void tested() {
        Subject subject = report.subject();
        facts(() -> {
            fact("Model", subject.model());
            fact("Provider", subject.provider() + options(subject.providerOptions()));
            fact("Precision", subject.precision());
            fact("Suite", subject.suite());
            if (!subject.only().isEmpty()) {
                fact("Of it only", String.join(", ", subject.only()));
            }
            fact("Computing on the CPU instead", subject.strict() ? "is a failure (strict)" : "is allowed");
            fact("Reference", subject.reference());
            subject.referenceDigest().ifPresent(digest -> fact("Reference's SHA-256", digest));
            subject.seed().ifPresent(seed -> fact("Seed of the inputs", Long.toString(seed)));
            fact("When", TIME.format(report.started()) + ", took " + Figures.duration(report.elapsed()));
            fact(
                    "Processes",
                    report.processes().map(HtmlReport::processes).orElse("the cases ran in the kit's own process"));
            fact("Manifest's SHA-256", subject.modelDigest());
        });
    }

    private void environment() {
        Environment environment = report.environment();
        facts(() -> {
            fact("Devices", String.join("; ", environment.devices()));
            fact("Driver", environment.driver());
            fact("Processor", environment.processor());
            fact("Memory", Figures.bytes(environment.memoryBytes()));
            fact("Operating system", environment.operatingSystem());
            fact("ONNX Runtime", environment.onnxRuntime());
            fact("Built with", String.join(", ", environment.providers()));
            fact("Java", environment.java());
            fact("Conformance kit", environment.kit());
        });
        if (!environment.labels().isEmpty()) {
            html.element("h3", "Labels by the tester");
            facts(() -> environment.labels().forEach(this::fact));
        }
    }

    private void facts(Runnable content) {
        html.element("dl", content, "class", "facts");
    }

    private void fact(String name, String value) {
        html.element("div", () -> html.element("dt", name).element("dd", value.isEmpty() ? "unknown" : value));
    }

    private static String options(Map<String, String> options) {
        return options.isEmpty()
                ? ""
                : options.entrySet().stream()
                        .map(option -> option.getKey() + "=" + option.getValue())
                        .collect(Collectors.joining(", ", " (", ")"));
    }

    private void summary() {
        List<CheckGroup> areas = CheckGroup.byArea(report.checks());
        if (areas.isEmpty()) {
            html.element("p", "No check was made.");
            return;
        }
        table(
                "Checks by area",
                List.of("Area", "Checks#", "Failed#", "Worst#", "Limit#", "Of limit", "Worst in"),
                () -> areas.forEach(this::summaryRow));
        legend();
    }

    private void summaryRow(CheckGroup area) {
        Check worst = area.worst();
        html.element("tr", () -> {
            html.element(
                    "th", () -> html.text(title(area.title())).element("small", about(area.area())), "scope", "row");
            number(Figures.count(area.checks().size()));
            outcome(area.failures().size());
            number(Figures.value(worst));
            number(Figures.limit(worst));
            ofLimit(worst);
            html.element("td", worst.subject() + " / " + worst.scenario() + " / " + worst.tensor(), "class", "where");
        });
    }

    private void outcome(int failures) {
        html.element(
                "td",
                failures == 0 ? "0" : "\u2717 " + Figures.count(failures),
                "class",
                failures == 0 ? "number" : "number bad");
    }

    private static String about(Area area) {
        return switch (area) {
            case PREPROCESSING -> "photos framed and resized, text to tokens";
            case GRAPH -> "each graph alone, with the reference's inputs";
            case LOOP -> "whole images, generated or edited";
            case UNDERSTANDING -> "answers about images";
            case DETERMINISM -> "the same request twice";
            case CONCURRENCY -> "requests at once";
            case PLACEMENT -> "which provider runs each node";
            case MEANING -> "what the trained model's images show";
        };
    }

    private void legend() {
        html.element(
                "p",
                "Bars show a value as a part of its limit on a log scale, from 1/10,000 to 100 times;"
                        + " the line marks the limit. A longer bar by one sixth is ten times the error."
                        + " The relative L2 error is the norm of the difference over the norm of the reference.",
                "class",
                "legend");
    }

    private void failures() {
        html.element(
                "p", "In order of dependency: the first failures often explain the later ones.", "class", "legend");
        for (CheckGroup subject : subjects) {
            if (!subject.passed()) {
                html.element("div", () -> failuresOf(subject), "class", "failure");
            }
        }
    }

    private void failuresOf(CheckGroup subject) {
        List<Check> failures = subject.failures();
        html.element("h3", title(subject.title()));
        html.element(
                "p",
                Figures.count(failures.size()) + " of "
                        + Figures.count(subject.checks().size(), "check") + " failed",
                "class",
                "bad");
        Map<String, List<Check>> byMeaning = new LinkedHashMap<>();
        for (Check check : failures) {
            byMeaning
                    .computeIfAbsent(Meaning.of(check), meaning -> new ArrayList<>())
                    .add(check);
        }
        byMeaning.forEach((meaning, checks) -> {
            html.element("p", meaning);
            html.element("ul", () -> {
                checks.stream().limit(MOST_FAILURES_LISTED).forEach(this::failure);
                int rest = checks.size() - MOST_FAILURES_LISTED;
                if (rest > 0) {
                    html.element("li", "and " + Figures.count(rest) + " more in the table below");
                }
            });
        });
    }

    private void failure(Check check) {
        html.element("li", () -> {
            html.element("b", check.scenario() + " / " + check.tensor());
            if (check.isWithoutResult()) {
                html.text(": " + check.note().orElse(check.metric()));
                return;
            }
            html.text(": " + check.metric() + " " + Figures.of(check.value()) + ", limit " + Figures.of(check.limit()));
            check.errors()
                    .filter(errors -> errors.nans() + errors.infinities() > 0)
                    .ifPresent(errors -> html.text("; " + notFinite(errors) + " of " + Figures.count(errors.values())));
            check.note().ifPresent(note -> html.text(". " + note));
        });
    }

    private static String notFinite(ErrorStatistics errors) {
        return Figures.count(errors.nans()) + " NaN, " + Figures.count(errors.infinities()) + " infinite";
    }

    private static String processes(Processes processes) {
        String lost = processes.lost().isEmpty() ? "" : ", " + processes.lost().size() + " lost";
        return processes.count() + lost + "; limits " + processes.caseLimit().toSeconds() + " s for a case, "
                + Figures.bytes(processes.memoryLimitBytes()) + " for a process";
    }

    private void lost() {
        Processes processes = report.processes().orElseThrow();
        html.element(
                "p",
                "Each ended before its work was done. The case that was running has failed, and another process went"
                        + " on with the next case.",
                "class",
                "legend");
        for (CrashLog log : CrashLog.of(processes)) {
            html.element("div", () -> lost(log), "class", "failure");
        }
    }

    private void lost(CrashLog log) {
        LostProcess process = log.process();
        html.element("h3", process.lastCase());
        html.element("p", process.reason(), "class", "bad");
        log.file().ifPresent(file -> {
            html.element("p", "The head of Java's crash file, which is " + file + " beside this page:");
            html.preformatted(process.crashHead());
        });
        html.element("p", process.output().isEmpty() ? "It printed nothing." : "The last lines that it printed:");
        if (!process.output().isEmpty()) {
            html.preformatted(process.output());
        }
    }

    private void meaning() {
        html.element(
                "p",
                "A person would say whether these are right; so does the kit, which recognizes the few colors, shapes and"
                        + " places that this model knows. The model itself sometimes gets an attribute wrong, so an image"
                        + " with one wrong attribute passes.",
                "class",
                "legend");
        report.meaning().stream()
                .collect(Collectors.groupingBy(
                        result -> result.name().subject(), LinkedHashMap::new, Collectors.toList()))
                .forEach(this::meaning);
    }

    private void meaning(String subject, List<MeaningResult> results) {
        long wrong = results.stream().filter(result -> !result.isRight()).count();
        html.element("h3", () -> {
            html.text(subject + ": ");
            html.element(
                    "span",
                    Figures.count(results.size() - wrong) + " of " + Figures.count(results.size()) + " right",
                    "class",
                    wrong == 0 ? "good" : "some-wrong");
        });
        html.element(
                "div",
                () -> results.stream()
                        .sorted(Comparator.comparing(MeaningResult::isRight))
                        .forEach(this::meaning),
                "class",
                "meanings");
    }

    private void meaning(MeaningResult result) {
        html.element(
                "figure",
                () -> {
                    html.element(
                            "div",
                            () -> {
                                result.given().ifPresent(given -> shown("Given: " + result.request(), given));
                                result.made().ifPresent(made -> shown("Made: " + result.found(), made));
                            },
                            "class",
                            "shown");
                    html.element("figcaption", () -> {
                        html.element("b", result.request());
                        html.element(
                                "p",
                                (result.isRight() ? "\u2713 " : "\u2717 ") + result.found(),
                                "class",
                                result.isRight() ? "good" : "bad");
                        if (!result.isRight()) {
                            html.element("p", "Wanted: " + result.wanted());
                        }
                    });
                },
                "class",
                result.isRight() ? "meaning" : "meaning wrong");
    }

    private void shown(String text, Image image) {
        html.single("img", "src", PageImage.address(image, Reduction.MEAN), "alt", text);
    }

    private void results() {
        if (subjects.isEmpty()) {
            html.element("p", "No check was made.");
        }
        for (CheckGroup subject : subjects) {
            String[] open = subject.passed() ? new String[0] : new String[] {"open", ""};
            html.element("details", () -> resultsOf(subject), open);
        }
    }

    private void resultsOf(CheckGroup subject) {
        Check worst = subject.worst();
        int failures = subject.failures().size();
        html.element("summary", () -> {
            html.element("h3", title(subject.title()));
            html.element(
                    "span",
                    failures == 0
                            ? "\u2713 " + Figures.count(subject.checks().size()) + " passed"
                            : "\u2717 " + failures + " of "
                                    + Figures.count(subject.checks().size()) + " failed",
                    "class",
                    failures == 0 ? "good" : "bad");
            html.element(
                    "span",
                    () -> {
                        html.text(
                                worst.isWithoutResult()
                                        ? "worst has no result"
                                        : "worst " + Figures.ratio(worst) + (worst.passed() ? " of limit " : " "));
                        bar(worst);
                    },
                    "class",
                    "worst");
        });
        List<ErrorStatistics> errors = subject.errors();
        if (errors.stream().anyMatch(each -> each.histogram().stream().anyMatch(count -> count > 0))) {
            histogram(subject, errors);
        }
        List<String> columns = new ArrayList<>(List.of("Scenario", "Tensor", "Result", "Error#", "Limit#", "Of limit"));
        if (!errors.isEmpty()) {
            columns.addAll(List.of("Cosine#", "Largest#", "NaN / Inf#"));
        }
        table(subject.title(), columns, () -> failedFirst(subject).forEach(check -> result(check, !errors.isEmpty())));
    }

    private static List<Check> failedFirst(CheckGroup subject) {
        return subject.checks().stream()
                .sorted(Comparator.comparing(Check::passed))
                .toList();
    }

    private void histogram(CheckGroup subject, List<ErrorStatistics> errors) {
        html.element(
                "figure",
                () -> {
                    Charts.histogram(html, errors, commonLimit(subject));
                    html.element(
                            "figcaption",
                            "Differences of single values by size, in units of the reference's root mean square. Shares in"
                                    + " percent; heights are logarithmic. The dashed line is the relative L2 limit.");
                },
                "class",
                "errors");
    }

    /** The limit of the checks on relative L2 errors, if it is the same for all. */
    private static OptionalDouble commonLimit(CheckGroup subject) {
        double[] limits = subject.checks().stream()
                .filter(check -> check.metric().equals(USUAL_METRIC))
                .mapToDouble(Check::limit)
                .distinct()
                .toArray();
        return limits.length == 1 ? OptionalDouble.of(limits[0]) : OptionalDouble.empty();
    }

    private void result(Check check, boolean withErrors) {
        String[] failed = check.passed() ? new String[0] : new String[] {"class", "failed"};
        html.element(
                "tr",
                () -> {
                    html.element("th", check.scenario(), "scope", "row");
                    html.element("td", () -> {
                        html.text(check.tensor());
                        if (!check.metric().equals(USUAL_METRIC)) {
                            html.element("small", check.metric());
                        }
                        check.note().ifPresent(note -> html.element("small", note));
                    });
                    html.element(
                            "td",
                            check.passed() ? "\u2713 pass" : "\u2717 fail",
                            "class",
                            check.passed() ? "good" : "bad");
                    number(Figures.value(check));
                    number(Figures.limit(check));
                    ofLimit(check);
                    if (withErrors) {
                        number(check.errors()
                                .map(errors -> Figures.cosine(errors.cosine()))
                                .orElse(""));
                        number(check.errors()
                                .map(errors -> Figures.of(errors.largest()))
                                .orElse(""));
                        number(check.errors()
                                .map(errors -> errors.nans() + " / " + errors.infinities())
                                .orElse(""));
                    }
                },
                failed);
    }

    private void ofLimit(Check check) {
        html.element(
                "td",
                () -> {
                    bar(check);
                    html.element("span", Figures.ratio(check));
                },
                "class",
                "of-limit");
    }

    /** A check without a result has no length to show. */
    private void bar(Check check) {
        if (!check.isWithoutResult()) {
            Charts.bar(html, check);
        }
    }

    private void placement() {
        html.element(
                "p",
                (timed()
                                ? "Nodes of the optimized graphs and the time spent in them, from ONNX Runtime's profile"
                                        + " of one run."
                                : "Nodes of the graphs, as ONNX Runtime assigns them to providers when it opens a graph.")
                        + " Computing shapes and positions stays on the CPU by design.",
                "class",
                "legend");
        table(
                "Placement by graph and provider",
                timed()
                        ? List.of("Graph", "Provider", "Nodes#", "Of nodes#", "Time#", "Of time#", "Left to the CPU")
                        : List.of("Graph", "Provider", "Nodes#", "Of nodes#", "Left to the CPU"),
                () -> report.placements().forEach(this::placementOf));
    }

    /** Whether placements have times. */
    private boolean timed() {
        return report.placements().stream()
                .anyMatch(placement -> placement.milliseconds().isPresent());
    }

    private void placementOf(Placement placement) {
        String rows = Integer.toString(Math.max(1, placement.shares().size()));
        html.element("tr", () -> {
            html.element("th", placement.graph(), "scope", "rowgroup", "rowspan", rows);
            if (placement.shares().isEmpty()) {
                html.element("td", "no nodes", "colspan", timed() ? "5" : "3");
            } else {
                share(placement, placement.shares().get(0));
            }
            html.element("td", () -> fallbacks(placement.fallbacks()), "class", "where", "rowspan", rows);
        });
        placement.shares().stream().skip(1).forEach(share -> html.element("tr", () -> share(placement, share)));
    }

    private void share(Placement placement, Placement.Share share) {
        html.element("td", share.name());
        number(Figures.count(share.nodes()));
        number(Figures.percent(share.nodes(), placement.nodes()));
        if (timed()) {
            number(
                    share.milliseconds().isPresent()
                            ? Figures.milliseconds(share.milliseconds().getAsDouble())
                            : "");
            number(Figures.percent(
                    share.milliseconds().orElse(0), placement.milliseconds().orElse(0)));
        }
    }

    private void fallbacks(List<Placement.Fallback> fallbacks) {
        if (fallbacks.isEmpty()) {
            html.text("none");
        }
        fallbacks("computing", true, fallbacks);
        fallbacks("bookkeeping", false, fallbacks);
    }

    private void fallbacks(String kind, boolean computes, List<Placement.Fallback> fallbacks) {
        String operators = fallbacks.stream()
                .filter(fallback -> fallback.computes() == computes)
                .map(fallback -> fallback.operator() + " \u00d7 " + fallback.nodes())
                .collect(Collectors.joining(", "));
        if (!operators.isEmpty()) {
            html.element(
                    "div", () -> html.element(computes ? "b" : "span", kind).text(": " + operators));
        }
    }

    private void timings() {
        html.element("p", "The second run of two. For comparison only; no check depends on it.", "class", "legend");
        html.element("details", () -> {
            html.element(
                    "summary",
                    () -> html.element("h3", Figures.count(report.timings().size(), "run")));
            table(
                    "Timings by graph",
                    List.of("Graph", "Scenario", "Time#"),
                    () -> report.timings()
                            .forEach(timing -> html.element("tr", () -> {
                                html.element("th", timing.graph(), "scope", "row");
                                html.element("td", timing.scenario());
                                number(Figures.milliseconds(timing.milliseconds()));
                            })));
        });
    }

    private void images() {
        images.forEach(this::image);
    }

    private void image(ReportImage image) {
        ImagePair pair = image.pair();
        html.element("h3", pair.name());
        html.element("p", Figures.decibels(pair.psnr()), "class", "legend");
        html.element(
                "div",
                () -> {
                    image("Reference", PageImage.address(pair.reference(), Reduction.MEAN));
                    image("This machine", PageImage.address(pair.actual(), Reduction.MEAN));
                    image.difference()
                            .ifPresentOrElse(
                                    difference -> image(
                                            caption(difference),
                                            PageImage.address(difference.image(), Reduction.LARGEST)),
                                    () -> html.element("p", "No difference: the sizes differ.", "class", "bad"));
                },
                "class",
                "images");
    }

    private static String caption(Difference difference) {
        return difference.largest() == 0
                ? "Difference: none"
                : "Difference \u00d7 " + difference.factor() + "; the largest is " + Figures.count(difference.largest())
                        + " of 255";
    }

    private void image(String caption, String address) {
        html.element(
                "figure",
                () -> html.single("img", "src", address, "alt", caption).element("figcaption", caption));
    }

    private void skipped() {
        html.element("p", "Not compared, and not part of the verdict.", "class", "legend");
        html.element("ul", () -> report.skipped().forEach(line -> html.element("li", line)));
    }

    /** A table that scrolls on narrow screens. A column whose heading ends in '#' contains numbers. */
    private void table(String caption, List<String> columns, Runnable rows) {
        html.element(
                "div",
                () -> html.element("table", () -> {
                    html.element("caption", caption);
                    html.element("thead", () -> html.element("tr", () -> columns.forEach(this::heading)));
                    html.element("tbody", rows);
                }),
                "class",
                "scroll",
                "role",
                "region",
                "aria-label",
                caption,
                "tabindex",
                "0");
    }

    private void heading(String column) {
        boolean number = column.endsWith("#");
        html.element("th", column.replace("#", ""), "scope", "col", "class", number ? "number" : "text");
    }

    private void number(String text) {
        html.element("td", text, "class", "number");
    }

    private static String title(String group) {
        return group.replaceFirst("/", " / ");
    }
}
