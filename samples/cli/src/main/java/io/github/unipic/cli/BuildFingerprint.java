package io.github.unipic.cli;

import io.github.unipic.UniPic;
import io.github.unipic.conformance.EmbeddedCheckpoint;
import io.github.unipic.export.Exporter;
import io.github.unipic.files.Sha256;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.stream.Stream;
import java.util.zip.CRC32;
import java.util.zip.ZipFile;

/**
 * A short text that changes whenever anything changes that the exported built-in model depends on.
 *
 * <p>A version number is not enough: the exporter changes between releases. So this digests the names and CRC-32s of
 * all classes and resources of the SDK (the manifest's format), the exporter (the graphs) and the conformance module
 * (the checkpoint). It may change without need, which costs one export of a few seconds, but it never misses a change.
 * The directory of a jar already has the CRC-32s, so even a jar of hundreds of megabytes takes milliseconds.
 */
final class BuildFingerprint {
    private static final String OURS = "io/github/unipic/";

    private BuildFingerprint() {}

    static String ofUniPic() {
        return of(Stream.of(UniPic.class, Exporter.class, EmbeddedCheckpoint.class)
                .map(BuildFingerprint::source)
                .distinct()
                .toList());
    }

    /** @param sources jars or folders of classes */
    static String of(List<Path> sources) {
        SortedMap<String, Long> checksums = new TreeMap<>();
        for (Path source : sources) {
            try {
                if (Files.isDirectory(source)) {
                    addFolder(source, checksums);
                } else {
                    addJar(source, checksums);
                }
            } catch (IOException e) {
                throw new UncheckedIOException("the program's own file " + source + " cannot be read", e);
            }
        }
        StringBuilder list = new StringBuilder();
        checksums.forEach(
                (name, crc) -> list.append(name).append('\0').append(crc).append('\n'));
        return Sha256.of(list.toString().getBytes(StandardCharsets.UTF_8)).substring(0, 12);
    }

    private static void addFolder(Path folder, SortedMap<String, Long> checksums) throws IOException {
        try (Stream<Path> files = Files.walk(folder).filter(Files::isRegularFile)) {
            for (Path file : files.toList()) {
                String name = folder.relativize(file).toString().replace('\\', '/');
                if (name.startsWith(OURS)) {
                    CRC32 crc = new CRC32();
                    crc.update(Files.readAllBytes(file));
                    checksums.put(name, crc.getValue());
                }
            }
        }
    }

    private static void addJar(Path jar, SortedMap<String, Long> checksums) throws IOException {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            zip.stream()
                    .filter(entry -> !entry.isDirectory() && entry.getName().startsWith(OURS))
                    .forEach(entry -> checksums.put(entry.getName(), entry.getCrc()));
        }
    }

    private static Path source(Class<?> type) {
        try {
            return Path.of(
                    type.getProtectionDomain().getCodeSource().getLocation().toURI());
        } catch (URISyntaxException e) {
            throw new IllegalStateException(e);
        }
    }
}
