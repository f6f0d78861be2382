package io.github.unipic.conformance;

import io.github.unipic.OutputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The project's built-in checkpoints: in the published layout, with smaller sizes. */
public enum EmbeddedCheckpoint {
    /**
     * Random weights, with PyTorch's tensors for them. Its images are noise; it shows that the code computes the same
     * as PyTorch.
     */
    RANDOM("tiny"),
    /** Trained on colored shapes (samples/demo-model): the command line's built-in model. */
    TRAINED("demo");

    private static final String INDEX = "index.txt";

    private final String root;

    EmbeddedCheckpoint(String root) {
        this.root = root;
    }

    /**
     * Writes {@code folder/checkpoint} and, for random weights, {@code folder/golden}.
     *
     * @param folder created if it is missing; none of the files may exist
     * @throws OutputException when a file cannot be written
     */
    public void copyTo(Path folder) {
        try {
            for (String file : files()) {
                Path target = folder.resolve(file);
                Files.createDirectories(target.getParent());
                try (InputStream in = open(file)) {
                    Files.copy(in, target);
                }
            }
        } catch (IOException e) {
            throw new OutputException(
                    "The built-in checkpoint cannot be written to " + folder,
                    e,
                    "make room there or use another folder");
        }
    }

    /**
     * Copies one of its files into a folder.
     *
     * @param file for example {@code checkpoint/kl16.ckpt}
     * @param folder an existing folder
     * @throws IOException when the file cannot be written
     */
    public void copyFile(String file, Path folder) throws IOException {
        try (InputStream in = open(file)) {
            Files.copy(in, folder.resolve(Path.of(file).getFileName()));
        }
    }

    private List<String> files() throws IOException {
        try (InputStream in = open(INDEX)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
    }

    private InputStream open(String file) {
        InputStream in = EmbeddedCheckpoint.class.getResourceAsStream(root + "/" + file);
        if (in == null) {
            throw new IllegalStateException("Resource " + root + "/" + file + " is missing from the jar");
        }
        return in;
    }
}
