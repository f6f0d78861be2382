package io.github.unipic.conformance.report;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;

/** Checks that are reported together; at least one. */
record CheckGroup(String title, List<Check> checks) {
    private static final Comparator<Check> WORST_LAST =
            Comparator.comparing((Check check) -> !check.passed()).thenComparingDouble(Check::ratio);

    /** One group for each area that has checks, in the order of {@link Area}. */
    static List<CheckGroup> byArea(List<Check> checks) {
        return by(check -> check.area().label(), checks);
    }

    /** One group for each subject of each area, titled {@code area/subject}. */
    static List<CheckGroup> bySubject(List<Check> checks) {
        return by(check -> check.area().label() + "/" + check.subject(), checks);
    }

    private static List<CheckGroup> by(Function<Check, String> title, List<Check> checks) {
        Map<Area, Map<String, List<Check>>> groups = new TreeMap<>();
        for (Check check : checks) {
            groups.computeIfAbsent(check.area(), area -> new LinkedHashMap<>())
                    .computeIfAbsent(title.apply(check), name -> new ArrayList<>())
                    .add(check);
        }
        return groups.values().stream()
                .flatMap(area -> area.entrySet().stream())
                .map(group -> new CheckGroup(group.getKey(), List.copyOf(group.getValue())))
                .toList();
    }

    Area area() {
        return checks.get(0).area();
    }

    List<Check> failures() {
        return checks.stream().filter(check -> !check.passed()).toList();
    }

    boolean passed() {
        return failures().isEmpty();
    }

    /** The check that is furthest beyond its limit or, where all pass, nearest to it. */
    Check worst() {
        return checks.stream().max(WORST_LAST).orElseThrow();
    }

    /** Statistics of the checks that have some. */
    List<ErrorStatistics> errors() {
        return checks.stream().flatMap(check -> check.errors().stream()).toList();
    }
}
