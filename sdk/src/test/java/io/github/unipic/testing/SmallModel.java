package io.github.unipic.testing;

import io.github.unipic.ExecutionProvider;
import io.github.unipic.UniPic;
import io.github.unipic.files.FileTree;
import io.github.unipic.runtime.RuntimeOptions;
import io.github.unipic.runtime.RuntimeOptions.Memory;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * The model that tests run: the float32 export of the conformance kit's small checkpoint. Its images are noise and its
 * answers gibberish, but they are the same each time.
 */
public final class SmallModel {
    private static final String NAME = "small-model";
    private static final Path FOLDER = onDisk();

    private SmallModel() {}

    /** The model folder; tests must not change it. */
    public static Path folder() {
        return FOLDER;
    }

    /** Of the facade: one thread of the CPU, since more of them mostly wait for each other in a model of this size. */
    public static UniPic.Builder builder() {
        return UniPic.builder(FOLDER).threads(1);
    }

    /** As of {@link #builder()}, for an engine. */
    public static RuntimeOptions options() {
        return options(Memory.DEFAULTS);
    }

    /** One thread of the CPU, and what is kept in memory. */
    public static RuntimeOptions options(Memory memory) {
        return new RuntimeOptions(OptionalInt.of(1), ExecutionProvider.CPU, Optional.empty(), memory);
    }

    /** Where the class is: in a folder the model lies beside it, from a jar it is unpacked for this process. */
    private static Path onDisk() {
        try {
            Path classes = Path.of(SmallModel.class
                    .getProtectionDomain()
                    .getCodeSource()
                    .getLocation()
                    .toURI());
            String inside = SmallModel.class.getPackageName().replace('.', '/') + "/" + NAME;
            if (Files.isDirectory(classes)) {
                return classes.resolve(inside);
            }
            Path temporary = Files.createTempDirectory("unipic-" + NAME + "-");
            Runtime.getRuntime().addShutdownHook(new Thread(() -> delete(temporary)));
            try (FileSystem jar = FileSystems.newFileSystem(classes)) {
                return Folders.copy(jar.getPath(inside), temporary.resolve(NAME));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }

    private static void delete(Path folder) {
        try {
            FileTree.delete(folder);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
