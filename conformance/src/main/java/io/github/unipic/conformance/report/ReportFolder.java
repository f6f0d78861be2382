package io.github.unipic.conformance.report;

import io.github.unipic.Image;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.OutputException;
import io.github.unipic.files.AtomicFile;
import io.github.unipic.files.StagingFolder;
import java.io.BufferedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.xml.stream.XMLStreamException;

/**
 * Writes a report to a folder: {@value #HTML} for people, {@value #JSON} for programs, {@value #JUNIT} for build
 * servers, the images, if there are any, as PNG files in {@code images}, and the crash files of lost processes in
 * {@code crashes}.
 */
public final class ReportFolder {
    /** One page that needs nothing else, to read or to print. */
    public static final String HTML = "report.html";

    /** As docs/conformance-report.schema.json describes it. */
    public static final String JSON = "report.json";

    /** JUnit XML. */
    public static final String JUNIT = "report.xml";

    private ReportFolder() {}

    /**
     * Writes a report, replacing an earlier one. All files are first written to a hidden folder and then moved, so that
     * a full disk leaves an earlier report unchanged and no incomplete file.
     *
     * @param report the report
     * @param folder created with its parents if it does not exist; other files in it stay
     * @throws InvalidRequestException if files of the same names do not belong to a report
     * @throws OutputException if something cannot be written
     */
    public static void write(ConformanceReport report, Path folder) {
        try {
            Files.createDirectories(folder);
            Path target = folder.toRealPath();
            EarlierReport earlier = EarlierReport.in(target);
            List<ReportImage> images = ReportImage.of(report);
            Map<String, String> crashes = crashes(report);
            Map<String, Image> pngs = pngs(images, report);
            List<String> names = Stream.concat(pngs.keySet().stream(), crashes.keySet().stream())
                    .toList();
            Set<Path> files = names.stream().map(target::resolve).collect(Collectors.toSet());
            files.forEach(earlier::requireOwn);
            try (StagingFolder staging = StagingFolder.beside(target.resolve("report"))) {
                writeFiles(report, images, pngs, staging.path());
                for (Map.Entry<String, String> crash : crashes.entrySet()) {
                    byte[] text = crash.getValue().getBytes(StandardCharsets.UTF_8);
                    write(staging.path().resolve(crash.getKey()), out -> out.write(text));
                }
                for (Path file : earlier.files()) {
                    if (!files.contains(file)) {
                        Files.deleteIfExists(file);
                    }
                }
                // The file that lists the others comes first: a file that it does not list looks like somebody else's.
                staging.moveFilesTo(target, List.of(JSON));
                staging.moveFilesTo(target, names);
                staging.moveFilesTo(target, List.of(JUNIT, HTML));
            }
            deleteIfEmpty(target.resolve(ReportImage.FOLDER));
            deleteIfEmpty(target.resolve(CrashLog.FOLDER));
        } catch (IOException e) {
            throw new OutputException(
                    "The report cannot be written to " + folder, e, "make room there or choose another folder");
        }
    }

    /**
     * Checks whether {@link #write} may write a report, before long work for it. Existing files are not changed.
     *
     * @param folder need not exist
     * @throws InvalidRequestException if files of the same names do not belong to a report
     * @throws OutputException if one cannot be read
     */
    public static void requireReplaceable(Path folder) {
        try {
            EarlierReport.in(folder);
        } catch (IOException e) {
            throw new OutputException(
                    "The earlier report in " + folder + " cannot be read", e, "choose another folder");
        }
    }

    /** The crash files by their names relative to the report's folder. */
    private static Map<String, String> crashes(ConformanceReport report) {
        Map<String, String> files = new LinkedHashMap<>();
        report.processes()
                .ifPresent(processes -> CrashLog.of(processes)
                        .forEach(log -> log.file()
                                .ifPresent(name -> files.put(
                                        name, log.process().crashFile().orElseThrow()))));
        return files;
    }

    private static Map<String, Image> pngs(List<ReportImage> images, ConformanceReport report) {
        Map<String, Image> files = new LinkedHashMap<>();
        images.forEach(image -> files.putAll(image.files()));
        ReportMeaning.of(report).forEach(meaning -> files.putAll(meaning.files()));
        return files;
    }

    private static void writeFiles(
            ConformanceReport report, List<ReportImage> images, Map<String, Image> pngs, Path staging)
            throws IOException {
        for (Map.Entry<String, Image> file : pngs.entrySet()) {
            // Encoded in memory, because ImageIO tries again at the end if a file cannot be written.
            ByteArrayOutputStream png = new ByteArrayOutputStream();
            ImageIO.write(file.getValue().toBufferedImage(), "png", png);
            write(staging.resolve(file.getKey()), png::writeTo);
        }
        write(staging.resolve(JSON), out -> JsonReport.write(report, images, out));
        write(staging.resolve(JUNIT), out -> writeJUnit(report, out));
        write(staging.resolve(HTML), out -> HtmlReport.write(report, images, out));
    }

    private static void write(Path file, AtomicFile.Content content) throws IOException {
        Files.createDirectories(file.getParent());
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
            content.writeTo(out);
        }
    }

    private static void writeJUnit(ConformanceReport report, OutputStream out) throws IOException {
        try {
            JUnitReport.write(report, out);
        } catch (XMLStreamException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static void deleteIfEmpty(Path folder) throws IOException {
        try {
            Files.deleteIfExists(folder);
        } catch (DirectoryNotEmptyException e) {
            // Somebody else's files stay.
        }
    }
}
