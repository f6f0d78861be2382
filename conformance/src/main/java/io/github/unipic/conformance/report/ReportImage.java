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
 * A pair of images with the names of their files in a report's folder.
 *
 * @param pair the images
 * @param difference empty if their sizes differ
 * @param stem the beginning of the three files' names, unique in the report
 */
record ReportImage(ImagePair pair, Optional<Difference> difference, String stem) {
    /** The folder of the images, below the report's. */
    static final String FOLDER = "images";

    private static final int LONGEST_STEM = 80;

    /** Compares and names all pairs of a report. Names contain only ASCII letters, digits, '_' and '-'. */
    static List<ReportImage> of(ConformanceReport report) {
        List<ReportImage> images = new ArrayList<>();
        Set<String> taken = new HashSet<>();
        for (ImagePair pair : report.images()) {
            String name = pair.name().replaceAll("[^A-Za-z0-9_-]", "_");
            String stem = name.substring(0, Math.min(name.length(), LONGEST_STEM));
            String unique = stem;
            // Some file systems do not distinguish upper and lower case.
            for (int i = 2; !taken.add(unique.toLowerCase(Locale.ROOT)); i++) {
                unique = stem + "_" + i;
            }
            images.add(new ReportImage(pair, Difference.between(pair.reference(), pair.actual()), unique));
        }
        return images;
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

    /** The images by the names of their files, relative to the report's folder. */
    Map<String, Image> files() {
        Map<String, Image> files = new LinkedHashMap<>();
        files.put(referenceFile(), pair.reference());
        files.put(actualFile(), pair.actual());
        difference.ifPresent(difference -> files.put(differenceFile(), difference.image()));
        return files;
    }
}
