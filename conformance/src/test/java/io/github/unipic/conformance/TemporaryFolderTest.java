package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatNoException;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class TemporaryFolderTest {
    @Test
    void itIsRemovedWithAllThatIsInIt() throws IOException {
        Path path;
        try (TemporaryFolder folder = TemporaryFolder.create()) {
            path = folder.path();
            Files.createFile(Files.createDirectory(path.resolve("a")).resolve("b"));
        }
        assertThat(path).doesNotExist();
    }

    /** A run's report is worth more. Nobody, not even root, removes what is in this folder of the system's. */
    @Test
    @EnabledOnOs(OS.LINUX)
    void thatItCannotBeRemovedIsNoError() {
        TemporaryFolder folder =
                new TemporaryFolder(Path.of("/proc/" + ProcessHandle.current().pid() + "/fdinfo"));
        assertThatNoException().isThrownBy(folder::close);
        assertThat(folder.path()).isNotEmptyDirectory();
    }
}
