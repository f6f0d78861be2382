package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BuildFingerprintTest {
    @TempDir
    private Path folder;

    @Test
    void changesWithAnyOfOurFilesAndWithNoOther() throws IOException {
        Path ours = Files.createDirectories(folder.resolve("io/github/unipic/export"));
        Files.writeString(ours.resolve("Exporter.class"), "first");
        Files.writeString(folder.resolve("other"), "x");
        String first = of(folder);
        Files.writeString(folder.resolve("other"), "y");
        assertThat(of(folder)).isEqualTo(first).matches("[0-9a-f]{12}");

        Files.writeString(ours.resolve("Exporter.class"), "second");
        String second = of(folder);
        assertThat(second).isNotEqualTo(first);
        Files.move(ours.resolve("Exporter.class"), ours.resolve("Renamed.class"));
        assertThat(of(folder)).isNotIn(first, second);
    }

    @Test
    void isTheSameForAJarAsForTheFolderItWasMadeFrom() throws IOException {
        Path ours = Files.createDirectories(folder.resolve("classes/io/github/unipic/export"));
        Files.writeString(ours.resolve("Exporter.class"), "code");
        Path jar = folder.resolve("export.jar");
        try (OutputStream file = Files.newOutputStream(jar);
                ZipOutputStream zip = new ZipOutputStream(file)) {
            zip.putNextEntry(new ZipEntry("io/github/unipic/export/"));
            zip.putNextEntry(new ZipEntry("io/github/unipic/export/Exporter.class"));
            zip.write("code".getBytes(java.nio.charset.StandardCharsets.UTF_8));
        }
        assertThat(of(jar)).isEqualTo(of(folder.resolve("classes")));
    }

    @Test
    void thisBuildHasOne() {
        assertThat(BuildFingerprint.ofUniPic()).isNotEqualTo(of()).isEqualTo(BuildFingerprint.ofUniPic());
    }

    private static String of(Path... sources) {
        return BuildFingerprint.of(List.of(sources));
    }
}
