package io.github.unipic.conformance.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * What differs between two reports, such as of two drivers or two releases.
 *
 * @param settings that differ: model, provider, machine, software
 * @param changes of the results, by kind and then by size
 * @param unchanged number of checks that are neither better nor worse
 */
public record ReportDiff(List<Setting> settings, List<Change> changes, int unchanged) {
    /** An error is another one if it is so many times as large. */
    private static final double ERROR_FACTOR = 2;

    /** Smaller errors than this part of the limit are rounding, whatever they were before. */
    private static final double ROUNDING = 0.1;

    /** Smaller differences of times are noise. */
    private static final double LEAST_MILLISECONDS = 1;

    /** Copies the lists. */
    public ReportDiff {
        settings = List.copyOf(settings);
        changes = List.copyOf(changes);
    }

    /**
     * A setting that differs.
     *
     * @param name for people
     * @param before its value in the first report
     * @param after its value in the second
     */
    public record Setting(String name, String before, String after) {}

    /** A kind of change. */
    public enum Kind {
        /** A check that fails, and passed or was not made. */
        NEWLY_FAILING("newly failing", true),
        /** A check that was not made again. */
        MISSING("missing", true),
        /** An error that is at least twice as large and not small. */
        WORSE("worse", true),
        /** A graph that takes longer. */
        SLOWER("slower", true),
        /** A graph of which the CPU runs more of the computing nodes in place of the provider. */
        MORE_ON_THE_CPU("more nodes left to the CPU", true),
        /** A check that passes, and failed. */
        NEWLY_PASSING("newly passing", false),
        /** An error that is at most half as large. */
        BETTER("better", false),
        /** A graph that takes less time. */
        FASTER("faster", false),
        /** A graph of which the CPU runs fewer nodes. */
        LESS_ON_THE_CPU("fewer nodes left to the CPU", false),
        /** A check that passes and was not made before. */
        ADDED("added", false),
        /** A check that the second run was told to leave out, by its suite or its selection. */
        LEFT_OUT("left out on purpose", false);

        private final String text;
        private final boolean worse;

        Kind(String text, boolean worse) {
            this.text = text;
            this.worse = worse;
        }

        /**
         * Its name for people.
         *
         * @return such as {@code newly failing}
         */
        public String text() {
            return text;
        }

        /**
         * Whether it is a change for the worse.
         *
         * @return whether the second report is then worse
         */
        public boolean isWorse() {
            return worse;
        }
    }

    /**
     * One change.
     *
     * @param kind of change
     * @param name of the check or graph
     * @param before value in the first report: an error, milliseconds, or nodes; NaN if there is none
     * @param after value in the second
     */
    public record Change(Kind kind, String name, double before, double after) {
        /** How much larger or smaller, at least 1; infinite if there is no number. */
        double factor() {
            double factor = Math.max(after / before, before / after);
            return Double.isNaN(factor) ? Double.POSITIVE_INFINITY : factor;
        }
    }

    /**
     * Compares two reports.
     *
     * @param before the first
     * @param after the second
     * @param slower a graph is slower if it takes at least so many times as long, and faster the other way round; more
     *     than 1
     * @return what differs
     */
    public static ReportDiff between(ConformanceReport before, ConformanceReport after, double slower) {
        List<Change> changes = new ArrayList<>();
        int unchanged = checks(before, after, changes);
        times(before, after, slower, changes);
        placements(before, after, changes);
        changes.sort(Comparator.comparing(Change::kind)
                .thenComparing(Comparator.comparingDouble(Change::factor).reversed()));
        return new ReportDiff(settings(before, after), changes, unchanged);
    }

    /**
     * Whether anything became worse.
     *
     * @return whether there is a change for the worse
     */
    public boolean isWorse() {
        return changes.stream().anyMatch(change -> change.kind().isWorse());
    }

    /**
     * The changes of a kind.
     *
     * @param kind of change
     * @return the largest first
     */
    public List<Change> of(Kind kind) {
        return changes.stream().filter(change -> change.kind() == kind).toList();
    }

    /** @return the number of checks that did not change */
    private static int checks(ConformanceReport before, ConformanceReport after, List<Change> changes) {
        Map<String, Check> was = byName(before);
        Map<String, Check> is = byName(after);
        Set<String> lostBefore = lost(before);
        Set<String> lostAfter = lost(after);
        Set<String> run = after.checks().stream().map(ReportDiff::address).collect(Collectors.toSet());
        int unchanged = 0;
        for (Check now : after.checks()) {
            Check then = was.get(now.name());
            if (then == null) {
                if (!now.passed()) {
                    changes.add(new Change(Kind.NEWLY_FAILING, now.name(), Double.NaN, now.value()));
                } else if (!lostBefore.contains(address(now))) {
                    changes.add(new Change(Kind.ADDED, now.name(), Double.NaN, now.value()));
                }
            } else if (then.passed() != now.passed()) {
                Kind kind = now.passed() ? Kind.NEWLY_PASSING : Kind.NEWLY_FAILING;
                changes.add(new Change(kind, now.name(), then.value(), now.value()));
            } else if (isLarger(now, then)) {
                changes.add(new Change(Kind.WORSE, now.name(), then.value(), now.value()));
            } else if (isLarger(then, now)) {
                changes.add(new Change(Kind.BETTER, now.name(), then.value(), now.value()));
            } else {
                unchanged++;
            }
        }
        for (Check then : before.checks()) {
            String address = address(then);
            if (is.containsKey(then.name()) || lostAfter.contains(address)) {
                continue; // A case that did not run fails by itself, in place of its checks.
            }
            if (lostBefore.contains(address) && run.contains(address)) {
                changes.add(new Change(Kind.NEWLY_PASSING, then.name(), then.value(), 0));
            } else {
                Kind kind = leavesOut(before.subject(), after.subject()) ? Kind.LEFT_OUT : Kind.MISSING;
                changes.add(new Change(kind, then.name(), then.value(), Double.NaN));
            }
        }
        return unchanged;
    }

    private static Map<String, Check> byName(ConformanceReport report) {
        return report.checks().stream().collect(Collectors.toMap(Check::name, Function.identity()));
    }

    /** The cases that did not run to their ends. */
    private static Set<String> lost(ConformanceReport report) {
        return report.checks().stream()
                .filter(Check::isOfRun)
                .map(ReportDiff::address)
                .collect(Collectors.toSet());
    }

    private static String address(Check check) {
        return new CaseName(check.area(), check.subject(), check.scenario()).toString();
    }

    private static boolean leavesOut(Subject before, Subject after) {
        return !after.only().isEmpty()
                || before.suite().equals("full") && !after.suite().equals("full");
    }

    private static boolean isLarger(Check a, Check b) {
        return error(a) > error(b) && error(a) >= ERROR_FACTOR * error(b) && a.ratio() >= ROUNDING;
    }

    private static double error(Check check) {
        return Double.isNaN(check.value()) ? Double.POSITIVE_INFINITY : check.value();
    }

    /** Compares each graph's time in the cases that both have. */
    private static void times(ConformanceReport before, ConformanceReport after, double slower, List<Change> changes) {
        Map<String, Map<String, Double>> was = times(before);
        times(after).forEach((graph, scenarios) -> {
            Map<String, Double> then = was.getOrDefault(graph, Map.of());
            Set<String> common = new HashSet<>(scenarios.keySet());
            common.retainAll(then.keySet());
            double first = common.stream().mapToDouble(then::get).sum();
            double second = common.stream().mapToDouble(scenarios::get).sum();
            if (Math.abs(second - first) >= LEAST_MILLISECONDS) {
                String name = graph + " (" + Figures.count(common.size(), "case") + ")";
                if (second >= slower * first) {
                    changes.add(new Change(Kind.SLOWER, name, first, second));
                } else if (first >= slower * second) {
                    changes.add(new Change(Kind.FASTER, name, first, second));
                }
            }
        });
    }

    private static Map<String, Map<String, Double>> times(ConformanceReport report) {
        Map<String, Map<String, Double>> times = new LinkedHashMap<>();
        for (Timing timing : report.timings()) {
            times.computeIfAbsent(timing.graph(), graph -> new LinkedHashMap<>())
                    .put(timing.scenario(), timing.milliseconds());
        }
        return times;
    }

    private static void placements(ConformanceReport before, ConformanceReport after, List<Change> changes) {
        Map<String, Long> was = computingOnTheCpu(before);
        computingOnTheCpu(after).forEach((graph, nodes) -> {
            long then = was.getOrDefault(graph, nodes);
            if (nodes != then) {
                Kind kind = nodes > then ? Kind.MORE_ON_THE_CPU : Kind.LESS_ON_THE_CPU;
                changes.add(new Change(kind, graph, then, nodes));
            }
        });
    }

    private static Map<String, Long> computingOnTheCpu(ConformanceReport report) {
        Map<String, Long> nodes = new LinkedHashMap<>();
        for (Placement placement : report.placements()) {
            nodes.merge(
                    placement.graph(),
                    placement.fallbacks().stream()
                            .filter(Placement.Fallback::computes)
                            .mapToLong(Placement.Fallback::nodes)
                            .sum(),
                    Long::sum);
        }
        return nodes;
    }

    private static List<Setting> settings(ConformanceReport before, ConformanceReport after) {
        Map<String, String> was = settings(before);
        Map<String, String> is = settings(after);
        List<Setting> differing = new ArrayList<>();
        Set<String> names = new LinkedHashSet<>(was.keySet());
        names.addAll(is.keySet());
        for (String name : names) {
            if (!Objects.equals(was.get(name), is.get(name))) {
                differing.add(new Setting(name, was.getOrDefault(name, "none"), is.getOrDefault(name, "none")));
            }
        }
        return differing;
    }

    private static Map<String, String> settings(ConformanceReport report) {
        Subject subject = report.subject();
        Environment machine = report.environment();
        Map<String, String> settings = new LinkedHashMap<>();
        settings.put("model", subject.model());
        settings.put("manifest's SHA-256", subject.modelDigest());
        settings.put("precision", subject.precision());
        settings.put("provider", subject.provider());
        subject.providerOptions().forEach((key, value) -> settings.put("provider option " + key, value));
        settings.put("driver", machine.driver());
        settings.put("ONNX Runtime", machine.onnxRuntime());
        settings.put("built with", String.join(", ", machine.providers()));
        settings.put("devices", String.join("; ", machine.devices()));
        settings.put("processor", machine.processor());
        settings.put("memory", Figures.bytes(machine.memoryBytes()));
        settings.put("operating system", machine.operatingSystem());
        settings.put("Java", machine.java());
        settings.put("kit", machine.kit());
        settings.put("suite", subject.suite());
        settings.put("only", subject.only().isEmpty() ? "all cases" : String.join(", ", subject.only()));
        settings.put("strict", Boolean.toString(subject.strict()));
        settings.put("reference", subject.reference());
        settings.put("reference's SHA-256", subject.referenceDigest().orElse("none"));
        settings.put(
                "seed",
                subject.seed().isPresent() ? Long.toString(subject.seed().getAsLong()) : "none");
        machine.labels().forEach((key, value) -> settings.put("label " + key, value));
        return settings;
    }
}
