package io.github.unipic.conformance.report;

import io.github.unipic.Image;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

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

    /** Compares and names all pairs of a report. */
    static List<ReportImage> of(ConformanceReport report) {
        List<ReportImage> images = new ArrayList<>();
        FileStems stems = new FileStems();
        for (ImagePair pair : report.images()) {
            images.add(
                    new ReportImage(pair, Difference.between(pair.reference(), pair.actual()), stems.of(pair.name())));
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
