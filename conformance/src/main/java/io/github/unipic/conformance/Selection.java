package io.github.unipic.conformance;

import io.github.unipic.InvalidRequestException;
import io.github.unipic.conformance.report.CaseName;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/**
 * Which cases of a suite run.
 *
 * @param names of graphs or tasks, {@code decoder_step}; of their cases, {@code decoder_step/past_512}; or of checks,
 *     as reports have them; none for all cases
 */
public record Selection(List<String> names) {
    /** Every case. */
    public static final Selection ALL = new Selection(List.of());

    private static final int MOST_NAMES = 100;
    private static final int LONGEST_NAME = 300;
    private static final int MOST_LISTED = 30;

    /**
     * Checks the names' number and length.
     *
     * @param names at most 100, of at most 300 characters each
     * @throws InvalidRequestException when there are more, or one is blank or longer
     */
    public Selection {
        names = List.copyOf(names);
        if (names.size() > MOST_NAMES) {
            throw new InvalidRequestException(
                    "There are " + names.size() + " names of cases; give at most " + MOST_NAMES + ".");
        }
        for (String name : names) {
            if (name.isBlank() || name.length() > LONGEST_NAME) {
                throw new InvalidRequestException(
                        "A name of a case has " + name.length() + " characters; give 1 to " + LONGEST_NAME + ".");
            }
        }
    }

    /**
     * Whether every case runs.
     *
     * @return whether there are no names
     */
    public boolean isAll() {
        return names.isEmpty();
    }

    /**
     * Whether a case runs.
     *
     * @param one the case
     * @return whether there are no names, or one of them is this case's
     */
    public boolean includes(CaseName one) {
        return isAll() || names.stream().anyMatch(name -> matches(name, one));
    }

    private static boolean matches(String name, CaseName one) {
        String own = own(one);
        return covers(name, one.toString())
                || covers(name, own)
                // A graph's cases check determinism too.
                || name.startsWith("determinism/" + own + "/");
    }

    /** An address, its beginning, or the name of one of its checks. */
    private static boolean covers(String name, String address) {
        return address.equals(name) || address.startsWith(name + "/") || name.startsWith(address + "/");
    }

    /** The address without its area. */
    private static String own(CaseName one) {
        return one.subject() + "/" + one.scenario();
    }

    /**
     * Checks that each name is that of a case.
     *
     * @param cases of the suite
     * @throws InvalidRequestException when one is not; the message lists what there is, names like it first
     */
    public void requireKnown(List<CaseName> cases) {
        for (String name : names) {
            if (cases.stream().noneMatch(one -> matches(name, one))) {
                throw unknown(name, cases);
            }
        }
    }

    private static InvalidRequestException unknown(String name, List<CaseName> cases) {
        List<String> within = cases.stream()
                .filter(one -> name.startsWith(one.subject() + "/"))
                .map(Selection::own)
                .toList();
        Stream<String> candidates = within.isEmpty() ? cases.stream().map(CaseName::subject) : within.stream();
        List<String> known = candidates
                .distinct()
                .sorted(Comparator.comparingInt(one -> distance(name, one)))
                .toList();
        int rest = known.size() - MOST_LISTED;
        return new InvalidRequestException("There is no case " + name + "; the closest come first: "
                + String.join(", ", known.subList(0, Math.min(MOST_LISTED, known.size())))
                + (rest > 0 ? ", and " + rest + " more" : "") + ".");
    }

    /** Levenshtein's: how many letters must be inserted, removed or replaced. */
    private static int distance(String a, String b) {
        int[] before = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) {
            before[j] = j;
        }
        for (int i = 1; i <= a.length(); i++) {
            int[] row = new int[b.length() + 1];
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = before[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, 1 + Math.min(row[j - 1], before[j]));
            }
            before = row;
        }
        return before[b.length()];
    }
}
