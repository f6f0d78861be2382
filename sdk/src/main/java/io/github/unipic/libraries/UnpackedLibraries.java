package io.github.unipic.libraries;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.unipic.InferenceException;
import io.github.unipic.files.AtomicFile;
import io.github.unipic.files.FileFailure;
import java.io.IOException;
import java.io.InputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Collectors;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Unpacks native libraries from a jar on the class path into a folder from which the system loads them. Each file's
 * length and CRC-32 are compared with the jar's before use; a file that differs or is not this user's own is unpacked
 * again. Complete files are moved to their final names, so that several processes may unpack at once. Folders of other
 * versions are removed when no process has used them for a long time.
 */
public final class UnpackedLibraries {
    private static final int BUFFER = 1 << 20;

    private final ClassLoader classPath;
    private final String resources;
    private final List<Path> bases;
    private final String name;

    /**
     * @param resources the folder within the jar
     * @param bases folders of this user; the first that is usable is used, and created when needed
     * @param name of the folder within the base; each selection of files gets its own folder in it
     */
    UnpackedLibraries(ClassLoader classPath, String resources, List<Path> bases, String name) {
        this.classPath = classPath;
        this.resources = resources;
        this.bases = bases;
        this.name = name;
    }

    /** A file in the jar. */
    private record Packed(String name, URL url, long size, long crc) {
        boolean isIn(PrivateFolder folder) throws IOException {
            Path file = folder.path().resolve(name);
            return folder.owns(file) && Files.size(file) == size && crcOf(file) == crc;
        }
    }

    /** Whether the jar has a file. */
    public boolean has(String name) {
        return find(name).isPresent();
    }

    private Optional<Packed> find(String name) {
        URL url = classPath.getResource(resources + "/" + name);
        if (url == null) {
            return Optional.empty();
        }
        try {
            if (!(url.openConnection() instanceof JarURLConnection connection)) {
                return Optional.empty();
            }
            connection.setUseCaches(false);
            try (JarFile jar = connection.getJarFile()) {
                JarEntry entry = jar.getJarEntry(connection.getEntryName());
                return Optional.of(new Packed(name, url, entry.getSize(), entry.getCrc()));
            }
        } catch (IOException e) {
            throw new InferenceException("The class path's " + url + " cannot be read: " + e.getMessage() + ".", e);
        }
    }

    /**
     * Unpacks files that are not unpacked yet.
     *
     * @param names of files that the class path {@link #has}
     * @return the folder with all of them, in the jar's version
     * @throws InferenceException when they cannot be written
     */
    public Path unpack(List<String> names) {
        return unpack(names, names);
    }

    /**
     * As {@link #unpack(List)}, for some of the files that share a folder.
     *
     * @param all the files that may be unpacked into the folder; their versions determine its name
     * @param names of those to unpack
     * @return the folder
     * @throws InferenceException when they cannot be written
     */
    public Path unpack(List<String> all, List<String> names) {
        CRC32 version = new CRC32();
        all.stream().map(this::packed).forEach(file -> version.update((file.name() + file.crc()).getBytes(UTF_8)));
        Path subfolder = Path.of(HexFormat.of().toHexDigits((int) version.getValue()));
        List<Packed> files = names.stream().map(this::packed).toList();
        List<IOException> obstacles = new ArrayList<>();
        for (Path base : bases) {
            try {
                Path versions = PrivateFolder.in(base, Path.of(name)).path();
                FolderUse.begin(versions.resolve(subfolder));
                PrivateFolder folder = PrivateFolder.in(versions, subfolder);
                unpack(files, folder);
                FolderUse.removeUnused(versions);
                return folder.path();
            } catch (IOException e) {
                obstacles.add(e);
            }
        }
        InferenceException failure = new InferenceException(
                "Libraries cannot be unpacked into " + join(bases) + ": "
                        + join(obstacles.stream()
                                .map(UnpackedLibraries::describe)
                                .toList())
                        + "; set UNIPIC_CACHE to a folder of your own with enough space, not mounted noexec.",
                obstacles.get(0));
        obstacles.stream().skip(1).forEach(failure::addSuppressed);
        throw failure;
    }

    private static String describe(IOException obstacle) {
        String file = obstacle instanceof FileSystemException e && e.getFile() != null ? e.getFile() + ": " : "";
        return file + FileFailure.reason(obstacle);
    }

    private static String join(List<?> list) {
        return list.stream().map(Object::toString).collect(Collectors.joining(" or "));
    }

    private Packed packed(String file) {
        return find(file).orElseThrow();
    }

    private static void unpack(List<Packed> files, PrivateFolder folder) throws IOException {
        List<Packed> missing = new ArrayList<>();
        for (Packed file : files) {
            if (!file.isIn(folder)) {
                missing.add(file);
            }
        }
        if (missing.isEmpty()) {
            return;
        }
        long bytes = missing.stream().mapToLong(Packed::size).sum();
        logger().info("Unpacking {} MB of libraries into {}, once", bytes >> 20, folder.path());
        for (Packed file : missing) {
            unpack(file, folder);
        }
    }

    private static void unpack(Packed file, PrivateFolder folder) throws IOException {
        Path target = folder.path().resolve(file.name());
        if (Files.isSymbolicLink(target)) {
            Files.delete(target); // AtomicFile would replace the link's target
        }
        CRC32 crc = new CRC32();
        URLConnection connection = file.url().openConnection();
        connection.setUseCaches(false);
        try (InputStream in = new CheckedInputStream(connection.getInputStream(), crc)) {
            AtomicFile.write(target, out -> {
                in.transferTo(out);
                if (crc.getValue() != file.crc()) {
                    throw new IOException("the jar's " + file.name() + " is damaged");
                }
            });
            folder.closeToOthers(target);
        } catch (FileSystemException e) {
            // On Windows another process may have unpacked and loaded it already.
            if (!file.isIn(folder)) {
                throw e;
            }
        }
    }

    private static long crcOf(Path file) throws IOException {
        CRC32 crc = new CRC32();
        byte[] buffer = new byte[BUFFER];
        try (InputStream in = Files.newInputStream(file)) {
            for (int read = in.read(buffer); read >= 0; read = in.read(buffer)) {
                crc.update(buffer, 0, read);
            }
        }
        return crc.getValue();
    }

    private static Logger logger() {
        return LoggerFactory.getLogger(UnpackedLibraries.class);
    }
}
