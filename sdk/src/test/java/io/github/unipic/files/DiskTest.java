package io.github.unipic.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

class DiskTest {
    @TempDir
    private Path folder;

    @Test
    void tellsDisksApart() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        assertThat(Disk.isSame(file, folder)).isTrue();
        assertThat(Disk.isSame(folder, folder.resolve("none"))).isTrue();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void aMountPointIsOnAnotherDiskThanItsParent() {
        assertThat(Disk.isSame(Path.of("/proc"), Path.of("/"))).isFalse();
    }
}
