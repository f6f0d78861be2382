package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import ai.onnx.proto.OnnxMl.ModelProto;
import io.github.unipic.export.Flavor;
import io.github.unipic.files.FileTree;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.Manifest.FileSpec;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.testing.Folders;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The sdk's test model is, byte for byte except for the exporter's version, what the exporter writes from the embedded
 * checkpoint. {@code -Dunipic.smallModel=write} writes it again.
 */
class SmallModelTest {
    private static final Path SMALL_MODEL =
            Path.of("..", "sdk", "src", "test", "resources", "io", "github", "unipic", "testing", "small-model");

    private static final String REFRESH = "mvn -pl conformance -am test -Dtest=SmallModelTest"
            + " -Dsurefire.failIfNoSpecifiedTests=false -Dunipic.smallModel=write";

    @Test
    void isWhatTheExporterWrites(@TempDir Path folder) throws IOException {
        Path exported = folder.resolve("model");
        SmallCheckpoint.export(SmallCheckpoint.folder(), exported, Flavor.PORTABLE);
        leaveOutTheVersion(exported);
        if (System.getProperty("unipic.smallModel", "").equals("write")) {
            FileTree.delete(SMALL_MODEL);
            Folders.copy(exported, SMALL_MODEL);
        }
        assertThat(changed(exported))
                .as("files of the sdk's test model that differ from what the exporter writes now; to refresh them: "
                        + REFRESH)
                .isEmpty();
    }

    /** The names of files that differ, or that only one of the folders has. */
    private static Set<String> changed(Path exported) throws IOException {
        Set<String> names = names(exported);
        names.addAll(names(SMALL_MODEL));
        Set<String> changed = new TreeSet<>();
        for (String name : names) {
            Path one = exported.resolve(name);
            Path other = SMALL_MODEL.resolve(name);
            if (Files.notExists(one) || Files.notExists(other) || Files.mismatch(one, other) >= 0) {
                changed.add(name);
            }
        }
        return changed;
    }

    private static Set<String> names(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).collect(Collectors.toCollection(TreeSet::new));
        }
    }

    /** The graphs and the manifest name it. */
    private static void leaveOutTheVersion(Path model) throws IOException {
        Manifest manifest = ModelFolder.open(model, false).manifest();
        TreeMap<String, FileSpec> files = new TreeMap<>(manifest.files());
        for (String name : manifest.files().keySet()) {
            if (name.endsWith(".onnx")) {
                Path file = model.resolve(name);
                ModelProto.Builder graph = ModelProto.parseFrom(Files.readAllBytes(file)).toBuilder();
                Files.write(file, graph.clearProducerVersion().build().toByteArray());
                files.put(name, FileSpec.of(file));
            }
        }
        Manifest versionless = new Manifest(
                manifest.formatVersion(),
                manifest.name(),
                "unipic-export",
                manifest.sizes(),
                manifest.diffusion(),
                manifest.tokens(),
                manifest.prompts(),
                manifest.defaults(),
                manifest.graphs(),
                files);
        Files.write(model.resolve(Manifest.FILE_NAME), versionless.toJson());
    }
}
