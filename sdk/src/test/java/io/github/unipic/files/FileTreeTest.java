package io.github.unipic.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class FileTreeTest {
    @TempDir
    private Path folder;

    @Test
    void aFolderGoesWithAllThatIsInIt() throws IOException {
        Path tree = Files.createDirectories(folder.resolve("tree/a/b"));
        Files.createFile(tree.resolve("file"));
        Files.createFile(folder.resolve("tree/file"));
        Path other = Files.createFile(folder.resolve("other"));
        FileTree.delete(folder.resolve("tree"));
        assertThat(folder).isDirectoryNotContaining("glob:**/tree");
        assertThat(other).exists();
    }

    @Test
    void aFileGoesAndWhatIsNotThereIsFine() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        FileTree.delete(file);
        assertThat(file).doesNotExist();
        FileTree.delete(file);
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void whatALinkLeadsToStays() throws IOException {
        Path kept = Files.createDirectory(folder.resolve("kept"));
        Files.createFile(kept.resolve("file"));
        Path tree = Files.createDirectory(folder.resolve("tree"));
        Files.createSymbolicLink(tree.resolve("link"), kept);
        FileTree.delete(tree);
        assertThat(tree).doesNotExist();
        assertThat(kept.resolve("file")).exists();
    }
}
