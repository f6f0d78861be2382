package io.github.unipic.model;

import io.github.unipic.ModelFormatException;
import io.github.unipic.files.StagingFolder;
import io.github.unipic.model.Manifest.FileSpec;
import io.github.unipic.model.Manifest.GraphSpec;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A folder of graphs on disk whose manifest has been read and checked. Immutable. */
public final class ModelFolder {
    private static final long MAX_MANIFEST_BYTES = 16L << 20;
    private static final String TOKENIZER = "tokenizer.json";
    private static final Set<String> GUIDANCE_SCHEDULES = Set.of("constant", "linear");

    private final Path path;
    private final Manifest manifest;

    private ModelFolder(Path path, Manifest manifest) {
        this.path = path;
        this.manifest = manifest;
    }

    /**
     * Reads the manifest and checks that every file it names is there with the right length.
     *
     * @param verifyChecksums also compare each file's SHA-256, which reads the whole folder
     * @throws ModelFormatException when anything is missing, damaged or of another version
     */
    public static ModelFolder open(Path folder, boolean verifyChecksums) {
        Path path = folder.toAbsolutePath().normalize();
        Path file = path.resolve(Manifest.FILE_NAME);
        if (!Files.isDirectory(path)) {
            String advice = StagingFolder.displaced(path)
                    .map(old ->
                            "an export that replaced it was interrupted and has left it as " + old + "; rename that")
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
                throw new ModelFormatException(file + " is larger than a manifest can be; export the model again.");
            }
            ModelFolder model = new ModelFolder(path, Manifest.parse(Files.readAllBytes(file), file.toString()));
            model.checkContents();
            model.checkFiles(verifyChecksums);
            return model;
        } catch (NullPointerException | InvalidPathException e) {
            throw new ModelFormatException(
                    file + " is damaged: it has an empty value or an impossible file name; export the model again.", e);
        } catch (IOException e) {
            throw new ModelFormatException("Cannot read the model folder " + path + ": " + e.getMessage(), e);
        }
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
        return path.resolve(TOKENIZER);
    }

    /** SHA-256 of the manifest, which holds that of every other file: what identifies the model. */
    public String digest() {
        try {
            return FileSpec.of(path.resolve(Manifest.FILE_NAME)).sha256();
        } catch (IOException e) {
            throw new ModelFormatException("Cannot read the model folder " + path + ": " + e.getMessage(), e);
        }
    }

    /** Length of all files together, in bytes. */
    public long bytes() {
        return manifest.files().values().stream().mapToLong(FileSpec::bytes).sum();
    }

    private void checkContents() {
        Manifest.Sizes s = manifest.sizes();
        int[] positive = {
            s.hidden(),
            s.layers(),
            s.kvHeads(),
            s.headDim(),
            s.vocabulary(),
            s.context(),
            s.bufferTokens(),
            s.marDim(),
            s.latentChannels(),
            s.downsampling(),
            s.nativeGrid(),
            manifest.defaults().width(),
            manifest.defaults().height(),
            manifest.defaults().iterations(),
            manifest.defaults().diffusionSteps()
        };
        for (int size : positive) {
            if (size < 1) {
                throw damaged("holds a size of " + size + ", sizes are positive");
            }
        }
        if (s.visionImage() < 0) {
            throw damaged("holds a vision image of " + s.visionImage() + " pixels");
        }
        if (!GUIDANCE_SCHEDULES.contains(manifest.defaults().guidanceSchedule())) {
            throw damaged("holds a guidance schedule that is neither constant nor linear");
        }
        List.copyOf(manifest.tokens().stop()); // refuses null
        if (!manifest.prompts().turn().contains(Manifest.Prompts.PLACE)) {
            throw damaged("holds a turn without a place for the user's words");
        }
        if (!manifest.files().containsKey(TOKENIZER)) {
            throw damaged("does not list " + TOKENIZER);
        }
        manifest.graphs().forEach((name, graph) -> {
            if (!manifest.files().containsKey(graph.file())
                    || !manifest.files().keySet().containsAll(graph.data())) {
                throw damaged("graph " + name + " refers to files that the manifest does not list");
            }
        });
    }

    private void checkFiles(boolean verifyChecksums) throws IOException {
        for (Map.Entry<String, FileSpec> entry : manifest.files().entrySet()) {
            String name = entry.getKey();
            Path file = path.resolve(name);
            if (!path.equals(file.normalize().getParent())) {
                throw damaged("names a file outside the folder: " + name);
            }
            if (!Files.isRegularFile(file)) {
                throw new ModelFormatException(file + " is missing; export or copy the model again.");
            }
            if (Files.size(file) != entry.getValue().bytes()) {
                throw new ModelFormatException(file + " has " + Files.size(file) + " bytes, expected "
                        + entry.getValue().bytes()
                        + ": it is truncated or not of this model; export or copy it again.");
            }
            if (verifyChecksums && !FileSpec.of(file).equals(entry.getValue())) {
                throw new ModelFormatException(
                        file
                                + " does not have the SHA-256 that the manifest gives: it is damaged; export or copy it again.");
            }
        }
    }

    private ModelFormatException damaged(String what) {
        return new ModelFormatException(
                path.resolve(Manifest.FILE_NAME) + " is damaged: it " + what + "; export the model again.");
    }
}
