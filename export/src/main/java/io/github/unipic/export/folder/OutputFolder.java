package io.github.unipic.export.folder;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.unipic.OutputException;
import io.github.unipic.export.ExportException;
import io.github.unipic.files.Disk;
import io.github.unipic.files.Sha256;
import io.github.unipic.files.StagingFolder;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.Manifest.FileSpec;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** A model folder being written, which {@link #commit} moves into place. Without a commit, nothing of it remains. */
public final class OutputFolder implements AutoCloseable {
    private static final int BUFFER_BYTES = 1 << 20;
    private static final long MAX_MANIFEST_BYTES = 16L << 20;

    /** Files that file managers leave in any folder that they show. */
    private static final Set<String> FILE_MANAGER_FILES = Set.of(".DS_Store", "Thumbs.db", "desktop.ini");

    private final Path target;
    private final boolean overwrite;
    private final StagingFolder staging;

    /** Writes the content of a file. */
    @FunctionalInterface
    public interface Content {
        void writeTo(OutputStream out) throws IOException;
    }

    private OutputFolder(Path target, boolean overwrite, StagingFolder staging) {
        this.target = target;
        this.overwrite = overwrite;
        this.staging = staging;
    }

    /** @throws ExportException when the target is there and may not, or as a mount point cannot, be replaced */
    public static OutputFolder create(Path output, boolean overwrite) throws IOException {
        Path absolute = output.toAbsolutePath().normalize();
        // What a link leads to is replaced, not the link.
        Path target = Files.exists(absolute) ? absolute.toRealPath() : absolute;
        Path parent = target.getParent();
        if (parent == null) {
            throw new ExportException(output + " cannot be an output folder; name a folder below it.");
        }
        if (Files.exists(target) && !Disk.isSame(target, parent)) { // it could not be moved aside in the end
            throw new ExportException(target + " is a mount point, which cannot be replaced; name a folder below it.");
        }
        requireFree(target, overwrite);
        Files.createDirectories(parent);
        OutputFolder folder = new OutputFolder(target, overwrite, StagingFolder.beside(target));
        try {
            // A model that an interrupted export had moved aside may have been restored.
            requireFree(target, overwrite);
        } catch (ExportException | IOException e) {
            folder.close();
            throw e;
        }
        return folder;
    }

    private static void requireFree(Path target, boolean overwrite) throws IOException {
        if (!Files.exists(target, LinkOption.NOFOLLOW_LINKS)
                || Files.isDirectory(target) && list(target).isEmpty()) {
            return;
        }
        if (!overwrite) {
            throw new ExportException(target + " is there already; use --force to replace a model, or another folder.");
        }
        Set<String> files = filesOfModel(target);
        if (files.isEmpty()) {
            throw new ExportException(target + " is not an exported model, so it is not replaced; use another folder.");
        }
        for (Path path : list(target)) {
            String name = path.getFileName().toString();
            boolean ofModel = files.contains(name) && Files.isRegularFile(path, LinkOption.NOFOLLOW_LINKS);
            if (!ofModel && !FILE_MANAGER_FILES.contains(name)) {
                throw new ExportException(target + " is not replaced, since it also holds " + name
                        + ", which is not of the model; move that away, or use another folder.");
            }
        }
    }

    /** The files that its manifest lists, of any format version, and the manifest; empty without a manifest of ours. */
    private static Set<String> filesOfModel(Path target) throws IOException {
        Path manifest = target.resolve(Manifest.FILE_NAME);
        if (!Files.isRegularFile(manifest) || Files.size(manifest) > MAX_MANIFEST_BYTES) {
            return Set.of();
        }
        try {
            JsonNode root = new JsonMapper().readTree(Files.readAllBytes(manifest));
            if (!root.path("format_version").isInt() || !root.path("files").isObject()) {
                return Set.of();
            }
            Set<String> files = new HashSet<>(Set.of(Manifest.FILE_NAME));
            root.path("files").fieldNames().forEachRemaining(files::add);
            return files;
        } catch (JsonProcessingException e) {
            return Set.of();
        }
    }

    private static List<Path> list(Path folder) throws IOException {
        try (Stream<Path> children = Files.list(folder)) {
            return children.toList();
        }
    }

    /** @throws OutputException when the disk has less room than {@code bytes} */
    public void requireSpace(long bytes) throws IOException {
        long usable = Disk.room(staging.path());
        if (usable < bytes) {
            throw new OutputException("The export needs " + (bytes >> 20) + " MiB but the disk of " + target + " has "
                    + (usable >> 20) + " MiB left; free some, or use another disk.");
        }
    }

    /** Writes a file and gives its length and digest. */
    public FileSpec write(String file, Content content) throws IOException {
        Sha256 sha256 = new Sha256();
        Path path = staging.path().resolve(file);
        try (OutputStream out = new BufferedOutputStream(
                sha256.through(Files.newOutputStream(path, StandardOpenOption.CREATE_NEW)), BUFFER_BYTES)) {
            content.writeTo(out);
        }
        return new FileSpec(Files.size(path), sha256.hex());
    }

    /**
     * Moves the finished folder into place.
     *
     * @throws ExportException when something was put there since
     */
    public void commit() throws IOException {
        requireFree(target, overwrite);
        staging.commit();
    }

    @Override
    public void close() {
        staging.close();
    }
}
