package io.github.unipic.fuzz;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** Code that reads input from outside. Used by one thread. */
public interface FuzzTarget {
    /** What the target is called on the command line; its corpus is the resource folder {@code /fuzz/NAME}. */
    String name();

    /** How many mutations a build tries. */
    int mutations();

    /** How inputs are changed so that the changes reach deep. */
    Mutator mutator();

    /**
     * Puts the files that the code reads into a folder.
     *
     * @param folder empty, or with the files of another input, all of which must be replaced that depend on the input
     */
    void prepare(byte[] input, Path folder) throws IOException;

    /**
     * Lets the code read the input, and use all that came of it.
     *
     * @param folder as {@link #prepare} left it
     */
    void read(byte[] input, Path folder) throws IOException;

    /** The names in the folder that {@link #read} may write. */
    default Set<String> written() {
        return Set.of();
    }

    /** Valid inputs, and those that went wrong once. */
    default List<byte[]> corpus() throws IOException {
        return resources("/fuzz/" + name(), "");
    }

    /** The files of a resource folder whose names end in a certain way, in the order of their names. */
    static List<byte[]> resources(String folder, String ending) throws IOException {
        URL url = FuzzTarget.class.getResource(folder);
        if (url == null) {
            return List.of();
        }
        try (Stream<Path> files = Files.list(Path.of(url.toURI()))) {
            return files.filter(
                            file -> Files.isRegularFile(file) && file.toString().endsWith(ending))
                    .sorted()
                    .map(FuzzTarget::bytes)
                    .toList();
        } catch (URISyntaxException e) {
            throw new IOException(e);
        }
    }

    private static byte[] bytes(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
