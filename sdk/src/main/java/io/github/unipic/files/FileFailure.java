package io.github.unipic.files;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.ReadOnlyFileSystemException;

/** Says why reading or writing failed. */
public final class FileFailure {
    private FileFailure() {}

    /**
     * The reason in words, without the path: users do not know the path of a temporary file.
     *
     * @return such as {@code No space left on device}
     */
    public static String reason(Exception failure) {
        if (failure instanceof NoSuchFileException) {
            return "there is no such file or folder";
        } else if (failure instanceof AccessDeniedException) {
            return "permission denied";
        } else if (failure instanceof FileAlreadyExistsException) {
            return "a file of that name exists";
        } else if (failure instanceof DirectoryNotEmptyException) {
            return "the folder is not empty";
        } else if (failure instanceof NotDirectoryException) {
            return "it is not a folder";
        } else if (failure instanceof ReadOnlyFileSystemException) {
            return "the file system is read-only";
        } else if (failure instanceof FileSystemException system && system.getReason() != null) {
            return system.getReason();
        } else if (failure instanceof IOException && failure.getMessage() != null) {
            return failure.getMessage();
        }
        return failure.toString();
    }
}
