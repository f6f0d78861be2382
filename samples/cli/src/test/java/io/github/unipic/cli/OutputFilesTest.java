package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class OutputFilesTest {
    @TempDir
    private Path folder;

    @Test
    void oneImageHasTheNameGiven() throws IOException {
        Path fox = Files.createFile(folder.resolve("fox.PNG"));
        assertThat(OutputFiles.named(folder.resolve("fox.png"), 1).file(0, 7)).isEqualTo(folder.resolve("fox.png"));
        assertThat(OutputFiles.named(fox, 1).file(0, 7).getParent()).isEqualTo(folder);
    }

    @Test
    void severalImagesAreNumberedFromOne() {
        OutputFiles files = OutputFiles.named(folder.resolve("red.fox.png"), 2);
        assertThat(files.file(0, 7)).isEqualTo(folder.resolve("red.fox-1.png"));
        assertThat(files.file(1, 8)).isEqualTo(folder.resolve("red.fox-2.png"));
    }

    @Test
    void withoutANameTheSeedIsTheNameAndNothingIsReplaced() throws IOException {
        OutputFiles files = OutputFiles.bySeed(folder, 2);
        assertThat(files.file(0, 7)).isEqualTo(folder.resolve("unipic-7.png"));
        Files.createFile(folder.resolve("unipic-7.png"));
        assertThat(files.file(0, 7)).isEqualTo(folder.resolve("unipic-7-2.png"));
        Files.createFile(folder.resolve("unipic-7-2.png"));
        assertThat(files.file(0, 7)).isEqualTo(folder.resolve("unipic-7-3.png"));
        assertThat(files.file(1, 8)).isEqualTo(folder.resolve("unipic-8.png"));
    }

    /** Without its dots a path may lead elsewhere, where a folder is a link. */
    @Test
    void namesAreShownInTheFolderAsItWasGiven() {
        Path absolute = folder.resolve("..").resolve(folder.getFileName());
        Path relative = Path.of("")
                .toAbsolutePath()
                .relativize(folder)
                .resolve(Path.of(".."))
                .resolve(folder.getFileName());
        for (Path given : List.of(absolute, relative)) {
            OutputFiles named = OutputFiles.named(given.resolve("fox.png"), 2);
            assertThat(named.display(named.file(1, 7)))
                    .isEqualTo(given.resolve("fox-2.png").toString());
            OutputFiles bySeed = OutputFiles.bySeed(given, 1);
            assertThat(bySeed.display(bySeed.file(0, 7)))
                    .isEqualTo(given.resolve("unipic-7.png").toString());
        }
        OutputFiles here = OutputFiles.named(Path.of("no-such-fox.png"), 1);
        assertThat(here.display(here.file(0, 7))).isEqualTo("no-such-fox.png");
    }

    @Test
    void aNumberedNameThatIsAFolderIsRefused() throws IOException {
        Files.createDirectory(folder.resolve("fox-2.png"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OutputFiles.named(folder.resolve("fox.png"), 2))
                .withMessageContaining("fox-2.png");
    }

    @Test
    void aFileIsNoFolder() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OutputFiles.named(file.resolve("fox.png"), 1))
                .withMessageContaining("is a file");
    }

    /** The longest that fits, but not with a number. */
    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aNameThatIsTooLongWithItsNumberIsRefused() {
        Path longest = folder.resolve("x".repeat(251) + ".png");
        OutputFiles.named(longest, 1);
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OutputFiles.named(longest, 2))
                .withMessageContaining("x-1.png");
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aLinkThatLeadsNowhereIsRefused() throws IOException {
        Path link = Files.createSymbolicLink(folder.resolve("fox.png"), folder.resolve("missing"));
        assertThatIllegalArgumentException()
                .isThrownBy(() -> OutputFiles.named(link, 1))
                .withMessageContaining("there is no such file");
    }
}
