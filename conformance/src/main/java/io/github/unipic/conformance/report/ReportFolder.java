package io.github.unipic.conformance.report;

import io.github.unipic.Image;
import io.github.unipic.conformance.ConformanceException;
import io.github.unipic.image.AtomicFile;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.UUID;
import java.util.stream.Stream;
import javax.imageio.ImageIO;
import javax.xml.stream.XMLStreamException;

/**
 * Writes a report to a folder: {@value #HTML} for people, {@value #JSON} for programs, {@value #JUNIT} for build
 * servers, and the pictures, if there are any, as PNG files in {@code pictures}.
 */
public final class ReportFolder {
    /** One page that needs nothing else, to read or to print. */
    public static final String HTML = "report.html";

    /** As docs/conformance-report.schema.json describes it. */
    public static final String JSON = "report.json";

    /** JUnit XML. */
    public static final String JUNIT = "report.xml";

    private static final List<String> FILES = List.of(JSON, JUNIT, HTML);
    private static final String PICTURE_FILES = ".*-(reference|actual|difference)\\.png";

    private ReportFolder() {}

    /**
     * Writes a report, in place of an earlier one, whose pictures are removed. Everything is written to a hidden folder
     * beside first and then moved into place, so that a full disk leaves an earlier report as it was, and no half file.
     *
     * @param report the report
     * @param folder made if it does not exist, with those above it; other files in it stay
     * @throws ConformanceException if something cannot be written
     */
    public static void write(ConformanceReport report, Path folder) {
        try {
            Files.createDirectories(folder);
            Path staging = folder.resolve(".report-" + UUID.randomUUID());
            try {
                writeFiles(report, staging);
                moveInto(folder, staging);
            } finally {
                delete(staging);
            }
        } catch (IOException e) {
            throw new ConformanceException(
                    "The report cannot be written to " + folder + " (" + Printable.of(e.toString())
                            + "); make room there or choose another folder.",
                    e);
        }
    }

    /**
     * Writes report.json alone, without pictures, in place of an earlier file, which stays as it is where this fails.
     *
     * @throws ConformanceException if it cannot be written
     */
    public static void writeJson(ConformanceReport report, Path file) {
        try {
            AtomicFile.write(file, out -> JsonReport.write(report, List.of(), out));
        } catch (IOException e) {
            throw new ConformanceException(
                    "The report cannot be written to " + file + " (" + Printable.of(e.toString())
                            + "); make room there or name another file.",
                    e);
        }
    }

    /**
     * Removes an earlier report, so that none stands for a run that does not come to one.
     *
     * @param folder that may not exist; other files in it stay
     * @throws ConformanceException if something cannot be removed
     */
    public static void remove(Path folder) {
        try {
            for (String file : FILES) {
                Files.deleteIfExists(folder.resolve(file));
            }
            Path pictures = folder.resolve(ReportPicture.FOLDER);
            if (Files.isDirectory(pictures)) {
                deletePictures(pictures, Set.of());
            }
        } catch (IOException e) {
            throw new ConformanceException(
                    "The earlier report in " + folder + " cannot be removed (" + Printable.of(e.toString())
                            + "); choose another folder.",
                    e);
        }
    }

    private static void writeFiles(ConformanceReport report, Path staging) throws IOException {
        List<ReportPicture> pictures = ReportPicture.of(report);
        Files.createDirectory(staging);
        Files.createDirectory(staging.resolve(ReportPicture.FOLDER));
        for (ReportPicture picture : pictures) {
            for (Map.Entry<String, Image> file : picture.files().entrySet()) {
                write(
                        staging.resolve(file.getKey()),
                        out -> ImageIO.write(file.getValue().toBufferedImage(), "png", out));
            }
        }
        write(staging.resolve(JSON), out -> JsonReport.write(report, pictures, out));
        write(staging.resolve(JUNIT), out -> writeJUnit(report, out));
        write(staging.resolve(HTML), out -> HtmlReport.write(report, pictures, out));
    }

    private static void writeJUnit(ConformanceReport report, OutputStream out) throws IOException {
        try {
            JUnitReport.write(report, out);
        } catch (XMLStreamException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    private static void write(Path file, Content content) throws IOException {
        try (OutputStream out = new BufferedOutputStream(Files.newOutputStream(file))) {
            content.writeTo(out);
        }
    }

    private static void moveInto(Path folder, Path staging) throws IOException {
        Path pictures = Files.createDirectories(folder.resolve(ReportPicture.FOLDER));
        Set<Path> made = new HashSet<>();
        for (Path file : files(staging.resolve(ReportPicture.FOLDER))) {
            made.add(Files.move(file, pictures.resolve(file.getFileName()), StandardCopyOption.REPLACE_EXISTING));
        }
        for (String file : FILES) {
            Files.move(staging.resolve(file), folder.resolve(file), StandardCopyOption.REPLACE_EXISTING);
        }
        deletePictures(pictures, made);
    }

    private static void deletePictures(Path pictures, Set<Path> kept) throws IOException {
        for (Path file : files(pictures)) {
            if (file.getFileName().toString().matches(PICTURE_FILES) && !kept.contains(file)) {
                Files.delete(file);
            }
        }
        if (files(pictures).isEmpty()) {
            Files.delete(pictures);
        }
    }

    private static List<Path> files(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    private static void delete(Path staging) throws IOException {
        if (!Files.exists(staging)) {
            return;
        }
        try (Stream<Path> files = Files.walk(staging)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
