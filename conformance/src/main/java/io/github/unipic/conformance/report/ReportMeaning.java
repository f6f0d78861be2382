package io.github.unipic.conformance.report;

import io.github.unipic.Image;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A result of the trained model with the names of its images' files in a report's folder.
 *
 * @param stem the beginning of the files' names, unique among these results
 */
record ReportMeaning(MeaningResult result, String stem) {
    static List<ReportMeaning> of(ConformanceReport report) {
        FileStems stems = new FileStems();
        return report.meaning().stream()
                .map(result -> new ReportMeaning(
                        result,
                        stems.of(result.name().subject() + " " + result.name().scenario())))
                .toList();
    }

    Optional<String> givenFile() {
        return result.given().map(image -> ReportImage.FOLDER + "/" + stem + "-given.png");
    }

    Optional<String> madeFile() {
        return result.made().map(image -> ReportImage.FOLDER + "/" + stem + "-made.png");
    }

    /** The images by the names of their files, relative to the report's folder. */
    Map<String, Image> files() {
        Map<String, Image> files = new LinkedHashMap<>();
        givenFile().ifPresent(file -> files.put(file, result.given().orElseThrow()));
        madeFile().ifPresent(file -> files.put(file, result.made().orElseThrow()));
        return files;
    }
}
