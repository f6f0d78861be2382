package io.github.unipic.conformance.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.Image;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.OutputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ReportFolderTest {
    @TempDir
    private Path temporary;

    private static List<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.walk(folder)) {
            return files.filter(Files::isRegularFile)
                    .map(file -> folder.relativize(file).toString().replace('\\', '/'))
                    .sorted()
                    .toList();
        }
    }

    @Test
    void writesThreeFormsAndTheImages() throws IOException {
        Path folder = temporary.resolve("a/b");

        ReportFolder.write(SampleReports.passing(), folder);

        assertThat(names(folder))
                .containsExactly(
                        "images/describe_by_mar_a_red_circle-given.png",
                        "images/edit_0__make_the_circle_green-given.png",
                        "images/edit_0__make_the_circle_green-made.png",
                        "images/edit_chelsea-actual.png",
                        "images/edit_chelsea-difference.png",
                        "images/edit_chelsea-reference.png",
                        "images/generate_a_red_circle-made.png",
                        "images/t2i_1024-actual.png",
                        "images/t2i_1024-difference.png",
                        "images/t2i_1024-reference.png",
                        "images/t2i_native-actual.png",
                        "images/t2i_native-difference.png",
                        "images/t2i_native-reference.png",
                        "report.html",
                        "report.json",
                        "report.xml");
        ImagePair first = SampleReports.passing().images().get(0);
        assertThat(Image.read(folder.resolve("images/t2i_native-actual.png")).rgb())
                .isEqualTo(first.actual().rgb());
    }

    @Test
    void askingWhetherAReportMayBeReplacedChangesNothing() throws IOException {
        ReportFolder.requireReplaceable(temporary.resolve("none"));
        assertThat(temporary.resolve("none")).doesNotExist();
        ReportFolder.write(SampleReports.passing(), temporary);
        Map<String, String> before = contents();
        ReportFolder.requireReplaceable(temporary);
        assertThat(contents()).isEqualTo(before);
    }

    @Test
    void takesThePlaceOfAnEarlierReportAndLeavesOtherFiles() throws IOException {
        ReportFolder.write(SampleReports.passing(), temporary);
        Files.writeString(temporary.resolve("notes.txt"), "mine");

        ReportFolder.write(SampleReports.large(), temporary);

        assertThat(names(temporary)).containsExactly("notes.txt", "report.html", "report.json", "report.xml");
        assertThat(temporary.resolve("report.html")).content().contains("30 of 1,500 checks failed");
    }

    @Test
    void filesThatAreNoReportsAreNotReplaced() throws IOException {
        Files.createDirectories(temporary.resolve("report.json/mine"));
        refused("report.json");
        Files.delete(temporary.resolve("report.json/mine"));
        Files.delete(temporary.resolve("report.json"));
        for (String foreign : List.of(
                "{\"passed\": true}",
                "{\"format_version\": 1, \"kind\": \"invoice\"}",
                "[1, 2",
                "my notes",
                "{\"format_version\": 1, \"passed\": tr")) {
            Files.writeString(temporary.resolve("report.json"), foreign);
            refused("report.json");
        }
        Files.delete(temporary.resolve("report.json"));
        Files.writeString(temporary.resolve("report.xml"), "<testsuites name=\"another tool\"/>");
        refused("report.xml");
        Files.delete(temporary.resolve("report.xml"));
        Files.writeString(temporary.resolve("report.html"), "<html><title>Sales</title></html>");
        refused("report.html");
    }

    @Test
    void imagesOfThatNameThatNoReportListsStay() throws IOException {
        Path image = Files.createDirectory(temporary.resolve("images")).resolve("t2i_native-actual.png");
        Files.writeString(image, "mine");
        assertThatThrownBy(() -> ReportFolder.write(SampleReports.passing(), temporary))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageContaining("t2i_native-actual.png");
        assertThat(names(temporary)).containsExactly("images/t2i_native-actual.png");
        Files.move(image, image.resolveSibling("cat-reference.png"));
        ReportFolder.write(SampleReports.passing(), temporary);
        ReportFolder.write(SampleReports.large(), temporary);
        assertThat(names(temporary))
                .containsExactly("images/cat-reference.png", "report.html", "report.json", "report.xml");
    }

    private void refused(String file) throws IOException {
        Map<String, String> before = contents();
        for (ThrowingCallable use : List.<ThrowingCallable>of(
                () -> ReportFolder.write(SampleReports.passing(), temporary),
                () -> ReportFolder.requireReplaceable(temporary))) {
            assertThatThrownBy(use)
                    .isInstanceOf(InvalidRequestException.class)
                    .message()
                    .contains(temporary.resolve(file).toString(), "does not belong to a conformance report")
                    .hasLineCount(1);
            assertThat(contents()).isEqualTo(before);
        }
    }

    private Map<String, String> contents() throws IOException {
        Map<String, String> contents = new TreeMap<>();
        for (String name : names(temporary)) {
            contents.put(name, Files.readString(temporary.resolve(name), StandardCharsets.ISO_8859_1));
        }
        return contents;
    }

    @Test
    void aFileInPlaceOfTheFolderIsAnErrorThatNamesIt() throws IOException {
        Path file = Files.writeString(temporary.resolve("file"), "mine");

        assertThatThrownBy(() -> ReportFolder.write(SampleReports.large(), file))
                .isInstanceOf(OutputException.class)
                .message()
                .contains(file.toString())
                .hasLineCount(1);

        assertThat(file).hasContent("mine");
    }

    @Test
    void namesOfImagesStayInTheFolderAndApart() {
        Image image = SampleReports.gradient(4, 4, 0);
        ConformanceReport empty = SampleReports.empty();
        ConformanceReport report = new ConformanceReport(
                empty.started(),
                empty.elapsed(),
                empty.environment(),
                empty.subject(),
                List.of(),
                List.of(),
                List.of(),
                Stream.of("../../a", "______a", "______A", "x".repeat(300))
                        .map(name -> new ImagePair(name, image, image))
                        .toList(),
                List.of(),
                List.of(),
                Optional.empty());

        ReportFolder.write(report, temporary);

        assertThat(ReportImage.of(report))
                .extracting(ReportImage::stem)
                .containsExactly("______a", "______a_2", "______A_3", "x".repeat(80));
        assertThat(temporary.resolve("images")).isDirectoryContaining("glob:**/______A_3-actual.png");
    }
}
