package io.github.unipic.export.checkpoint;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * The layout of Hugging Face's cache: a folder {@code models--OWNER--NAME} for each repository, in it {@code blobs}
 * named by their hash, {@code snapshots/COMMIT} with links to them, and {@code refs} that hold a branch's commit.
 */
public final class HubCacheLayout {
    private static final String REPOSITORY = "models--";
    private static final Pattern REPOSITORY_NAME = Pattern.compile("models--(?:.+--)?(.+)");
    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
    private static final String SNAPSHOTS = "snapshots";

    private HubCacheLayout() {}

    /**
     * The folder with a checkpoint's files: where the folder of a repository in the cache is given, its snapshot.
     *
     * @param folder any
     * @return the snapshot of the branch main, or the only one; else the folder as it is
     */
    public static Path checkpoint(Path folder) {
        return isRepository(folder)
                ? snapshot(folder, "main").or(() -> onlySnapshot(folder)).orElse(folder)
                : folder;
    }

    /** The snapshot of a revision in the cache, if there is one. */
    public static Optional<Path> snapshot(Path cache, String repository, String revision) {
        return snapshot(repository(cache, repository), revision);
    }

    /**
     * A file of a repository, if the cache has it: the blob of this hash or, where links are not possible (Windows),
     * the file in the snapshot itself.
     *
     * @param path in the repository; one that leads nowhere else
     */
    public static Optional<Path> file(Path cache, String repository, String commit, String path, String hash) {
        Path folder = repository(cache, repository);
        return Stream.of(
                        folder.resolve("blobs").resolve(hash),
                        folder.resolve(SNAPSHOTS).resolve(commit).resolve(path))
                .filter(Files::isRegularFile)
                .findFirst();
    }

    /** What a checkpoint's folder is called; a snapshot in the cache is called like its repository. */
    public static String name(Path checkpoint) {
        Path absolute = checkpoint.toAbsolutePath().normalize();
        for (Path folder = absolute; folder != null && folder.getFileName() != null; folder = folder.getParent()) {
            Matcher repository = REPOSITORY_NAME.matcher(folder.getFileName().toString());
            boolean snapshot = folder.equals(absolute) || absolute.getParent().equals(folder.resolve(SNAPSHOTS));
            if (snapshot && repository.matches()) {
                return repository.group(1);
            }
        }
        return String.valueOf(absolute.getFileName());
    }

    private static boolean isRepository(Path folder) {
        Path name = folder.toAbsolutePath().normalize().getFileName();
        return name != null && name.toString().startsWith(REPOSITORY) && Files.isDirectory(folder.resolve(SNAPSHOTS));
    }

    private static Path repository(Path cache, String repository) {
        return cache.resolve(REPOSITORY + repository.replace("/", "--"));
    }

    private static Optional<Path> snapshot(Path repository, String revision) {
        String commit = revision;
        Path ref = repository.resolve("refs").resolve(revision).normalize();
        try {
            if (ref.startsWith(repository) && Files.isRegularFile(ref) && Files.size(ref) < 100) {
                commit = Files.readString(ref).strip();
            }
        } catch (IOException e) {
            return Optional.empty();
        }
        return Optional.of(commit)
                .filter(text -> COMMIT.matcher(text).matches())
                .map(text -> repository.resolve(SNAPSHOTS).resolve(text))
                .filter(Files::isDirectory);
    }

    private static Optional<Path> onlySnapshot(Path repository) {
        try (Stream<Path> children = Files.list(repository.resolve(SNAPSHOTS))) {
            List<Path> snapshots = children.filter(Files::isDirectory).toList();
            return snapshots.size() == 1 ? Optional.of(snapshots.get(0)) : Optional.empty();
        } catch (IOException e) {
            return Optional.empty();
        }
    }
}
