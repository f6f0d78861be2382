package io.github.unipic.runtime;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.github.unipic.InferenceException;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.JarURLConnection;
import java.net.URL;
import java.net.URLConnection;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Libraries in a jar on the class path, and the folder into which they are unpacked for the system to load. Each file
 * there is compared with the jar's length and CRC-32 before it is used, and unpacked anew where it differs. Files are
 * moved into place whole, so that several processes may do it at once.
 */
final class UnpackedLibraries {
    private static final Duration ABANDONED = Duration.ofDays(1);
    private static final int BUFFER = 1 << 20;
    private static final String PART = ".part";

    private final ClassLoader classPath;
    private final String resources;
    private final Path folder;

    /**
     * @param resources the folder within the jar
     * @param folder made when needed; each selection of files gets its own in it
     */
    UnpackedLibraries(ClassLoader classPath, String resources, Path folder) {
        this.classPath = classPath;
        this.resources = resources;
        this.folder = folder;
    }

    /** A file as the jar has it. */
    private record Packed(String name, URL url, long size, long crc) {
        boolean isAt(Path file) throws IOException {
            return Files.isRegularFile(file) && Files.size(file) == size && crcOf(file) == crc;
        }
    }

    boolean has(String name) {
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
     * Makes sure that the files are there.
     *
     * @param names that the class path {@link #has}
     * @return the folder with all of them, of these very versions
     * @throws InferenceException when they cannot be written
     */
    Path unpack(List<String> names) {
        List<Packed> files =
                names.stream().map(name -> find(name).orElseThrow()).toList();
        CRC32 version = new CRC32();
        files.forEach(file -> version.update((file.name() + file.crc()).getBytes(UTF_8)));
        Path place = folder.resolve(HexFormat.of().toHexDigits(version.getValue(), 8));
        try {
            Files.createDirectories(place);
            List<Packed> missing = new ArrayList<>();
            for (Packed file : files) {
                if (!file.isAt(place.resolve(file.name()))) {
                    missing.add(file);
                }
            }
            if (!missing.isEmpty()) {
                logger().info(
                                "Unpacking {} MB of libraries into {}, once",
                                missing.stream().mapToLong(Packed::size).sum() >> 20,
                                place);
                deleteAbandoned(place);
                for (Packed file : missing) {
                    unpack(file, place.resolve(file.name()));
                }
            }
            return place;
        } catch (IOException e) {
            throw new InferenceException(
                    "Libraries cannot be unpacked into " + place + ": " + e.getMessage()
                            + "; make room there, or have another cache folder (XDG_CACHE_HOME, LOCALAPPDATA).",
                    e);
        }
    }

    private static void unpack(Packed file, Path target) throws IOException {
        Path part = Files.createTempFile(target.getParent(), file.name(), PART);
        try {
            CRC32 crc = new CRC32();
            URLConnection connection = file.url().openConnection();
            connection.setUseCaches(false);
            try (InputStream in = new CheckedInputStream(connection.getInputStream(), crc);
                    OutputStream out = Files.newOutputStream(part)) {
                in.transferTo(out);
            }
            if (crc.getValue() != file.crc()) {
                throw new IOException("the jar's " + file.name() + " is damaged");
            }
            try {
                Files.move(part, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
            } catch (FileSystemException e) {
                // Windows: another process was first and has it loaded.
                if (!file.isAt(target)) {
                    throw e;
                }
            }
        } finally {
            Files.deleteIfExists(part);
        }
    }

    /** What processes that were killed have left. */
    private static void deleteAbandoned(Path place) throws IOException {
        Instant limit = Instant.now().minus(ABANDONED);
        try (Stream<Path> files = Files.list(place)) {
            for (Path file :
                    files.filter(path -> path.toString().endsWith(PART)).toList()) {
                try {
                    if (Files.getLastModifiedTime(file).toInstant().isBefore(limit)) {
                        Files.deleteIfExists(file);
                    }
                } catch (NoSuchFileException e) {
                    // Another process was just writing it, and has finished.
                }
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
