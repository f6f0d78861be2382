package io.github.unipic.conformance;

import io.github.unipic.OutputException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The small checkpoint that comes with the project: random weights in the published layout, sizes cut down, and
 * PyTorch's tensors for it. Its images are noise; what it proves is that the code computes what PyTorch computes.
 */
public final class EmbeddedCheckpoint {
    private static final String ROOT = "tiny/";
    private static final String INDEX = "tiny/index.txt";

    private EmbeddedCheckpoint() {}

    /** Writes {@code folder/checkpoint} and {@code folder/golden}. */
    public static void copyTo(Path folder) {
        try {
            for (String file : files()) {
                Path target = folder.resolve(file);
                Files.createDirectories(target.getParent());
                try (InputStream in = open(ROOT + file)) {
                    Files.copy(in, target);
                }
            }
        } catch (IOException e) {
            throw new OutputException(
                    "The small checkpoint cannot be written to " + folder, e, "make room there or use another folder");
        }
    }

    /** Copies one of its files, for example {@code checkpoint/kl16.ckpt}, into a folder that is there. */
    public static void copyFile(String file, Path folder) throws IOException {
        try (InputStream in = open(ROOT + file)) {
            Files.copy(in, folder.resolve(Path.of(file).getFileName()));
        }
    }

    private static List<String> files() throws IOException {
        try (InputStream in = open(INDEX)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList();
        }
    }

    private static InputStream open(String resource) {
        InputStream in = EmbeddedCheckpoint.class.getResourceAsStream(resource);
        if (in == null) {
            throw new IllegalStateException("Resource " + resource + " is missing from the jar");
        }
        return in;
    }
}
