package io.github.unipic.batch;

import io.github.unipic.InvalidRequestException;
import io.github.unipic.files.FileFailure;
import io.github.unipic.files.Sha256;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** The SHA-256 of the files that entries start from. Each file is read once. Thread-safe. */
final class SourceHashes {
    private final Map<Path, String> known = new ConcurrentHashMap<>();

    /**
     * The hashes of a task's sources.
     *
     * @return in their order
     * @throws InvalidRequestException if one cannot be read
     */
    List<String> of(BatchTask task) {
        return task.sources().stream()
                .map(file -> known.computeIfAbsent(file, SourceHashes::hash))
                .toList();
    }

    private static String hash(Path file) {
        if (!Files.isRegularFile(file)) {
            throw new InvalidRequestException("there is no file " + file + "; check the name");
        }
        Sha256 sha256 = new Sha256();
        try (InputStream in = Files.newInputStream(file);
                OutputStream out = sha256.through(OutputStream.nullOutputStream())) {
            in.transferTo(out);
        } catch (IOException e) {
            throw new InvalidRequestException(file + " cannot be read (" + FileFailure.reason(e) + ")", e);
        }
        return sha256.hex();
    }
}
