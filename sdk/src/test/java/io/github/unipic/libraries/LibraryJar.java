package io.github.unipic.libraries;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;

/** A jar with substitutes for libraries, and a class path with only this jar. */
public record LibraryJar(Path file, URLClassLoader classPath) implements AutoCloseable {
    static final String RESOURCES = "maker/linux";

    public static LibraryJar write(Path file, Map<String, String> libraries) throws IOException {
        return writeIn(RESOURCES, file, libraries);
    }

    /** @param folder of the libraries within the jar */
    static LibraryJar writeIn(String folder, Path file, Map<String, String> libraries) throws IOException {
        try (JarOutputStream out = new JarOutputStream(Files.newOutputStream(file))) {
            for (Map.Entry<String, String> library : libraries.entrySet()) {
                out.putNextEntry(new JarEntry(folder + "/" + library.getKey()));
                out.write(library.getValue().getBytes(UTF_8));
                out.closeEntry();
            }
        }
        return new LibraryJar(file, new URLClassLoader(new URL[] {file.toUri().toURL()}, null));
    }

    /** Unpacks into {@code unpacked} in the first of these folders that is usable. */
    public UnpackedLibraries in(Path... bases) {
        return new UnpackedLibraries(classPath, RESOURCES, List.of(bases), "unpacked");
    }

    @Override
    public void close() throws IOException {
        classPath.close();
    }
}
