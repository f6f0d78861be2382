package io.github.unipic.conformance.report;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.unipic.InvalidRequestException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The files that a report may replace in its folder: an earlier report's three files, and the images and crash files
 * that it lists.
 *
 * @param files images and crash files
 */
record EarlierReport(Path folder, Set<Path> files) {
    /** Texts at the beginning of the formats that are not parsed. */
    private static final Map<String, String> MARKS =
            Map.of(ReportFolder.JUNIT, "name=\"unipic conformance\"", ReportFolder.HTML, "<title>UniPic conformance:");

    private static final int MARKED_BYTES = 4096;
    private static final long MAX_BYTES = 256L << 20;
    private static final String IMAGE =
            ReportImage.FOLDER + "/[A-Za-z0-9_-]+-(reference|actual|difference|given|made)\\.png";
    private static final String CRASH = CrashLog.FOLDER + "/crash-[0-9]+\\.log";
    private static final JsonMapper JSON_MAPPER = new JsonMapper();

    /**
     * Finds the earlier report in a folder.
     *
     * @param folder need not exist
     * @throws InvalidRequestException if a file has the name of a report's file but is not one
     * @throws IOException if one cannot be read
     */
    static EarlierReport in(Path folder) throws IOException {
        for (Map.Entry<String, String> mark : MARKS.entrySet()) {
            Path file = folder.resolve(mark.getKey());
            if (isContent(file) && !start(file).contains(mark.getValue())) {
                throw foreign(file);
            }
        }
        Path json = folder.resolve(ReportFolder.JSON);
        return new EarlierReport(folder, isContent(json) ? files(folder, json) : Set.of());
    }

    /** Refuses to replace a file that does not belong to a report. */
    void requireOwn(Path file) {
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS) && !files.contains(file)) {
            throw foreign(file);
        }
    }

    /** Whether a file has content: an empty one may be replaced. */
    private static boolean isContent(Path file) throws IOException {
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        if (!Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS)) {
            throw foreign(file);
        }
        return Files.size(file) > 0;
    }

    private static String start(Path file) throws IOException {
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(MARKED_BYTES), StandardCharsets.UTF_8);
        }
    }

    private static Set<Path> files(Path folder, Path json) throws IOException {
        // The start is checked first, because another program's file may be of any size.
        if (!startsAsReport(json) || Files.size(json) > MAX_BYTES) {
            throw foreign(json);
        }
        Set<Path> files = new HashSet<>();
        try {
            JsonNode report = JSON_MAPPER.readTree(json.toFile());
            for (JsonNode listed :
                    List.of(report.path("images"), report.path("meaning"), report.at("/processes/lost"))) {
                for (JsonNode entry : listed) {
                    for (JsonNode file : entry) {
                        if (file.isTextual()
                                && (file.textValue().matches(IMAGE)
                                        || file.textValue().matches(CRASH))) {
                            files.add(folder.resolve(file.textValue()));
                        }
                    }
                }
            }
        } catch (JsonProcessingException e) {
            throw foreign(json);
        }
        return files;
    }

    private static boolean startsAsReport(Path json) throws IOException {
        try (InputStream in = Files.newInputStream(json);
                JsonParser parser = JSON_MAPPER.createParser(in)) {
            return parser.nextToken() == JsonToken.START_OBJECT
                    && "format_version".equals(parser.nextFieldName())
                    && parser.nextToken() == JsonToken.VALUE_NUMBER_INT
                    && "passed".equals(parser.nextFieldName());
        } catch (JsonProcessingException e) {
            return false;
        }
    }

    private static InvalidRequestException foreign(Path file) {
        return new InvalidRequestException(
                file + " exists and does not belong to a conformance report, so it is not replaced;"
                        + " move it away or choose another folder");
    }
}
