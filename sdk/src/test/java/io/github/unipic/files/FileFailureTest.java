package io.github.unipic.files;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.ReadOnlyFileSystemException;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FileFailureTest {
    @Test
    void theReasonIsInWordsAndWithoutThePath() {
        String path = "/tmp/.unipic-1.tmp";
        Map<Exception, String> reasons = Map.of(
                new NoSuchFileException(path), "there is no such file or folder",
                new AccessDeniedException(path), "permission denied",
                new FileAlreadyExistsException(path), "a file of that name exists",
                new DirectoryNotEmptyException(path), "the folder is not empty",
                new NotDirectoryException(path), "it is not a folder",
                new ReadOnlyFileSystemException(), "the file system is read-only",
                new FileSystemException(path, null, "No space left on device"), "No space left on device",
                new IOException("Input/output error"), "Input/output error",
                new EOFException(), "java.io.EOFException",
                new UncheckedIOException(new IOException("disk")),
                        "java.io.UncheckedIOException: java.io.IOException: disk");
        reasons.forEach(
                (failure, reason) -> assertThat(FileFailure.reason(failure)).isEqualTo(reason));
    }

    @Test
    void whereOnlyThePathIsKnownItIsGiven() {
        assertThat(FileFailure.reason(new FileSystemException("/tmp/a"))).isEqualTo("/tmp/a");
    }
}
