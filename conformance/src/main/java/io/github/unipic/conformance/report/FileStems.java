package io.github.unipic.conformance.report;

import java.util.HashSet;
import java.util.Locale;
import java.util.Set;

/** Beginnings of files' names, from names of cases: ASCII letters, digits, '_' and '-', each once. */
final class FileStems {
    private static final int LONGEST = 80;

    private final Set<String> taken = new HashSet<>();

    String of(String name) {
        String safe = name.replaceAll("[^A-Za-z0-9_-]", "_");
        String stem = safe.substring(0, Math.min(safe.length(), LONGEST));
        String unique = stem;
        // Some file systems do not distinguish upper and lower case.
        for (int i = 2; !taken.add(unique.toLowerCase(Locale.ROOT)); i++) {
            unique = stem + "_" + i;
        }
        return unique;
    }
}
