package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Test;

/** The distributed jars hold other authors' libraries, whose licenses must come with them. */
class ThirdPartyTest {
    private static final Pattern LICENSE = Pattern.compile("(?i)(META-INF/)?(LICEN[SC]E|COPYING)([.-][^/]*)?");

    /** Used by tests alone, or by ./unipic alone (-Pcuda). */
    private static final Pattern NOT_DISTRIBUTED = Pattern.compile(
            "/(org/junit|org/assertj|org/opentest4j|org/apiguardian|org/jspecify|net/bytebuddy|com/tngtech|org/bytedeco)/");

    @Test
    void everyLibrarysLicenseIsInItsJarOrInTheFileOfTheOthers() throws IOException {
        List<String> without = new ArrayList<>();
        for (Path jar : libraries()) {
            if (!hasLicense(jar)) {
                // REPOSITORY/GROUP/ARTIFACT/VERSION/FILE
                without.add(jar.getParent().getParent().getFileName().toString());
            }
        }
        String file = Files.readString(Path.of("..", "..", "THIRD-PARTY"));
        assertThat(without)
                .contains("picocli", "protobuf-java")
                .as("named in THIRD-PARTY, with license and copyright notice")
                .allMatch(artifact -> Pattern.compile("\\w:" + Pattern.quote(artifact) + "[,\\s]")
                        .matcher(file)
                        .find());
    }

    private static List<Path> libraries() {
        return Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .filter(entry -> entry.endsWith(".jar"))
                .filter(entry ->
                        !NOT_DISTRIBUTED.matcher(entry.replace('\\', '/')).find())
                .map(Path::of)
                .filter(jar -> !jar.getFileName().toString().startsWith("unipic-"))
                .collect(Collectors.toList());
    }

    private static boolean hasLicense(Path jar) throws IOException {
        try (ZipFile zip = new ZipFile(jar.toFile())) {
            return zip.stream()
                    .anyMatch(entry -> LICENSE.matcher(entry.getName()).matches());
        }
    }
}
