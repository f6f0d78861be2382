package io.github.unipic.conformance.report;

import io.github.unipic.Image;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A pair of pictures with the names of their files in a report's folder.
 *
 * @param pair the pictures
 * @param difference empty if their sizes differ
 * @param stem what the names of the three files begin with; no other pair of the report has it
 */
record ReportPicture(PicturePair pair, Optional<Difference> difference, String stem) {
    /** The folder of the pictures, below the report's. */
    static final String FOLDER = "pictures";

    private static final int LONGEST_STEM = 80;

    /** Compares and names all pairs of a report. Names hold ASCII letters, digits, '_' and '-' only. */
    static List<ReportPicture> of(ConformanceReport report) {
        List<ReportPicture> pictures = new ArrayList<>();
        Set<String> taken = new HashSet<>();
        for (PicturePair pair : report.pictures()) {
            String name = pair.name().replaceAll("[^A-Za-z0-9_-]", "_");
            String stem = name.substring(0, Math.min(name.length(), LONGEST_STEM));
            String unique = stem;
            // Some file systems do not tell upper from lower case.
            for (int i = 2; !taken.add(unique.toLowerCase(Locale.ROOT)); i++) {
                unique = stem + "_" + i;
            }
            pictures.add(new ReportPicture(pair, Difference.between(pair.reference(), pair.actual()), unique));
        }
        return pictures;
    }

    String referenceFile() {
        return FOLDER + "/" + stem + "-reference.png";
    }

    String actualFile() {
        return FOLDER + "/" + stem + "-actual.png";
    }

    String differenceFile() {
        return FOLDER + "/" + stem + "-difference.png";
    }

    /** The pictures by the names of their files, relative to the report's folder. */
    Map<String, Image> files() {
        Map<String, Image> files = new LinkedHashMap<>();
        files.put(referenceFile(), pair.reference());
        files.put(actualFile(), pair.actual());
        difference.ifPresent(difference -> files.put(differenceFile(), difference.image()));
        return files;
    }
}
