package io.github.unipic.conformance.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.Image;
import io.github.unipic.conformance.ConformanceException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
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
    void writesThreeFormsAndThePictures() throws IOException {
        Path folder = temporary.resolve("a/b");

        ReportFolder.write(SampleReports.passing(), folder);

        assertThat(names(folder))
                .containsExactly(
                        "pictures/edit_chelsea-actual.png",
                        "pictures/edit_chelsea-difference.png",
                        "pictures/edit_chelsea-reference.png",
                        "pictures/t2i_1024-actual.png",
                        "pictures/t2i_1024-difference.png",
                        "pictures/t2i_1024-reference.png",
                        "pictures/t2i_native-actual.png",
                        "pictures/t2i_native-difference.png",
                        "pictures/t2i_native-reference.png",
                        "report.html",
                        "report.json",
                        "report.xml");
        PicturePair first = SampleReports.passing().pictures().get(0);
        assertThat(Image.read(folder.resolve("pictures/t2i_native-actual.png")).rgb())
                .isEqualTo(first.actual().rgb());
    }

    @Test
    void anEarlierReportIsRemovedAndNothingElse() throws IOException {
        ReportFolder.remove(temporary.resolve("none"));
        ReportFolder.write(SampleReports.passing(), temporary);
        Files.writeString(temporary.resolve("pictures/mine.png"), "mine");

        ReportFolder.remove(temporary);

        assertThat(names(temporary)).containsExactly("pictures/mine.png");
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
    void aFailedWriteLeavesNothingBehindAndSaysWhereInOneLine() throws IOException {
        Path occupied = Files.createDirectories(temporary.resolve("report.json/mine"));

        assertThatThrownBy(() -> ReportFolder.write(SampleReports.large(), temporary))
                .isInstanceOf(ConformanceException.class)
                .message()
                .contains(temporary.toString())
                .hasLineCount(1);

        assertThat(occupied).exists();
        assertThat(names(temporary)).isEmpty();
    }

    /** So that a full disk does not leave an empty file where there was a report. */
    @Test
    void theJsonFileAloneIsReplacedWholeOrNotAtAll() throws IOException {
        Path file = Files.writeString(temporary.resolve("report.json"), "earlier");
        Path sameFile = Files.createLink(temporary.resolve("link"), file);

        ReportFolder.writeJson(SampleReports.passing(), file);

        assertThat(file).content().contains("\"passed\"");
        assertThat(sameFile).hasContent("earlier");
        assertThat(names(temporary)).containsExactly("link", "report.json");
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aDeviceIsWrittenToAndNotReplaced() {
        Path full = Path.of("/dev/full");

        assertThatThrownBy(() -> ReportFolder.writeJson(SampleReports.passing(), full))
                .isInstanceOf(ConformanceException.class)
                .hasMessageContaining("No space left on device");

        assertThat(full)
                .exists()
                .satisfies(device -> assertThat(Files.isRegularFile(device)).isFalse());
    }

    @Test
    void aFileInPlaceOfTheFolderIsAnErrorThatNamesIt() throws IOException {
        Path file = Files.writeString(temporary.resolve("file"), "mine");

        assertThatThrownBy(() -> ReportFolder.write(SampleReports.large(), file))
                .isInstanceOf(ConformanceException.class)
                .hasMessageContaining(file.toString());

        assertThat(file).hasContent("mine");
    }

    @Test
    void namesOfPicturesStayInTheFolderAndApart() {
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
                        .map(name -> new PicturePair(name, image, image))
                        .toList(),
                List.of());

        ReportFolder.write(report, temporary);

        assertThat(ReportPicture.of(report))
                .extracting(ReportPicture::stem)
                .containsExactly("______a", "______a_2", "______A_3", "x".repeat(80));
        assertThat(temporary.resolve("pictures")).isDirectoryContaining("glob:**/______A_3-actual.png");
    }
}
