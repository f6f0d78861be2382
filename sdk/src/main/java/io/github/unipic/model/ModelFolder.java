package io.github.unipic.model;

import io.github.unipic.ModelFormatException;
import io.github.unipic.files.Sha256;
import io.github.unipic.files.StagingFolder;
import io.github.unipic.model.Manifest.FileSpec;
import io.github.unipic.model.Manifest.GraphSpec;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A folder of graphs on disk whose manifest has been read and checked. Immutable. {@link #requireUnchanged} checks that
 * the folder has not been replaced; call it after reading files.
 */
public final class ModelFolder {
    private static final long MAX_MANIFEST_BYTES = 4L << 20;

    /** A graph has at most a few hundred kilobytes, the published model's tokenizer 7 MB. */
    private static final long MAX_SMALL_BYTES = 256L << 20;

    private final Path path;
    private final Manifest manifest;
    private final String digest;

    private ModelFolder(Path path, Manifest manifest, String digest) {
        this.path = path;
        this.manifest = manifest;
        this.digest = digest;
    }

    /**
     * Reads the manifest and checks that every listed file exists with the right length, and that all files except the
     * weights have the right SHA-256.
     *
     * @param verifyChecksums whether to check the SHA-256 of the weights too, which reads the whole folder
     * @throws ModelFormatException when anything is missing, damaged or of another version
     */
    public static ModelFolder open(Path folder, boolean verifyChecksums) {
        Path path = folder.toAbsolutePath().normalize();
        Path file = path.resolve(Manifest.FILE_NAME);
        if (!Files.isDirectory(path)) {
            String advice = StagingFolder.displaced(path)
                    .map(old -> "an export was interrupted while replacing it; rename " + old + " to restore it")
                    .orElse("make one with `unipic export`");
            throw new ModelFormatException("There is no model folder " + path + "; " + advice + ".");
        }
        if (!Files.isRegularFile(file)) {
            throw new ModelFormatException(path + " has no " + Manifest.FILE_NAME
                    + ", so it is not an exported model; make one with `unipic export --checkpoint " + path
                    + " --out FOLDER` if it is a checkpoint.");
        }
        try {
            if (Files.size(file) > MAX_MANIFEST_BYTES) {
                throw new ModelFormatException(file + " is too large for a manifest; export the model again.");
            }
            byte[] json = Files.readAllBytes(file);
            Manifest manifest = Manifest.parse(json, file.toString());
            ModelFolder model = new ModelFolder(path, manifest, Sha256.of(json));
            model.checkFiles(verifyChecksums);
            return model;
        } catch (IOException e) {
            throw unreadable(path, e);
        }
    }

    private static ModelFormatException unreadable(Path path, IOException e) {
        return new ModelFormatException(
                "The model folder " + path + " cannot be read (" + e
                        + "); check that it exists and that you may read it.",
                e);
    }

    public Path path() {
        return path;
    }

    public Manifest manifest() {
        return manifest;
    }

    public boolean has(GraphName graph) {
        return manifest.graphs().containsKey(graph.label());
    }

    /** The graph's file. */
    public Path file(GraphName graph) {
        return path.resolve(spec(graph).file());
    }

    /** @throws ModelFormatException when the folder has no such graph */
    public GraphSpec spec(GraphName graph) {
        GraphSpec spec = manifest.graphs().get(graph.label());
        if (spec == null) {
            throw new ModelFormatException("The model in " + path + " has no graph " + graph.label()
                    + ", which this task needs; export a checkpoint that contains that part.");
        }
        return spec;
    }

    public Path tokenizer() {
        return path.resolve(ManifestRules.TOKENIZER);
    }

    /** SHA-256 of the manifest, which contains that of every other file. It identifies the model. */
    public String digest() {
        return digest;
    }

    /**
     * Checks that the folder has not been replaced, so that all files read before this call belong to this model.
     *
     * @throws ModelFormatException when the folder has changed since it was opened, or is gone
     */
    public void requireUnchanged() {
        boolean same;
        try {
            same = FileSpec.of(path.resolve(Manifest.FILE_NAME)).sha256().equals(digest);
        } catch (NoSuchFileException e) {
            same = false;
        } catch (IOException e) {
            throw unreadable(path, e);
        }
        if (!same) {
            throw new ModelFormatException(
                    "The model folder " + path + " has changed since it was loaded, or is gone; load it again.");
        }
    }

    /** Length of all files together, in bytes. */
    public long bytes() {
        return manifest.files().values().stream().mapToLong(FileSpec::bytes).sum();
    }

    private void checkFiles(boolean verifyChecksums) throws IOException {
        Set<String> weights = manifest.graphs().values().stream()
                .flatMap(graph -> graph.data().stream())
                .collect(Collectors.toSet());
        for (Map.Entry<String, FileSpec> entry : manifest.files().entrySet()) {
            checkSize(path.resolve(entry.getKey()), entry.getValue(), weights.contains(entry.getKey()));
        }
        Optional<String> damaged = firstDamaged(name -> verifyChecksums || !weights.contains(name));
        if (damaged.isPresent()) {
            throw new ModelFormatException(path.resolve(damaged.get())
                    + " does not have the SHA-256 that the manifest gives: it is damaged or not of this model; export"
                    + " or copy it again.");
        }
    }

    /** In parallel, because Java computes the SHA-256 of one file on one core. */
    private Optional<String> firstDamaged(Predicate<String> checked) throws IOException {
        try {
            return manifest.files().entrySet().parallelStream()
                    .filter(entry -> checked.test(entry.getKey()))
                    .filter(entry -> isDamaged(path.resolve(entry.getKey()), entry.getValue()))
                    .map(Map.Entry::getKey)
                    .findFirst();
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static void checkSize(Path file, FileSpec expected, boolean weights) throws IOException {
        if (!Files.isRegularFile(file)) {
            throw new ModelFormatException(file + " is missing; export or copy the model again.");
        }
        if (Files.size(file) != expected.bytes()) {
            throw new ModelFormatException(file + " has " + Files.size(file) + " bytes, expected " + expected.bytes()
                    + ": it is truncated or not of this model; export or copy it again.");
        }
        if (!weights && expected.bytes() > MAX_SMALL_BYTES) {
            throw new ModelFormatException(file + " has " + expected.bytes() + " bytes, but only weights have more"
                    + " than " + MAX_SMALL_BYTES + "; export the model again.");
        }
    }

    private static boolean isDamaged(Path file, FileSpec expected) {
        try {
            return !FileSpec.of(file).equals(expected);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
