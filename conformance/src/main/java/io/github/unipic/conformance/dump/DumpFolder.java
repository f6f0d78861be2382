package io.github.unipic.conformance.dump;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.conformance.ConformanceException;
import io.github.unipic.conformance.report.CaseName;
import io.github.unipic.conformance.report.Environment;
import io.github.unipic.conformance.report.Subject;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.stream.Stream;

/**
 * A folder of cases that failed: {@code cases/SUBJECT/SCENARIO} with tensors as .npy files and case.json,
 * {@code graphs}, run.py, which runs a case's graph, and README.md, which explains all.
 */
public record DumpFolder(Path path) {
    static final JsonMapper JSON = new JsonMapper();

    private static final String MARK = "dump.json";
    private static final String FORMAT = "unipic-conformance-dump";
    private static final String README = "README.md";
    private static final String SCRIPT = "run.py";
    private static final String CASES = "cases";
    private static final String GRAPHS = "graphs";
    private static final long LARGEST_MARK = 1 << 20;

    /** Names of files that a dump has in its folders. */
    private static final String OWN = ".*\\.(npy|onnx|data)|" + CaseDump.DESCRIPTION;

    /**
     * Checks that there is no folder, an empty one, or an earlier dump.
     *
     * @throws InvalidRequestException when there is something else
     * @throws ConformanceException when it cannot be read
     */
    public void requireReplaceable() {
        try {
            if (Files.exists(path, LinkOption.NOFOLLOW_LINKS) && !isEmpty() && !isDump()) {
                throw new InvalidRequestException(path + " exists and is no earlier dump, so nothing is written there;"
                        + " move it away or choose another folder.");
            }
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    private boolean isEmpty() throws IOException {
        if (!Files.isDirectory(path)) {
            return false;
        }
        try (Stream<Path> content = Files.list(path)) {
            return content.findAny().isEmpty();
        }
    }

    private boolean isDump() throws IOException {
        Path mark = path.resolve(MARK);
        if (!Files.isRegularFile(mark) || Files.size(mark) > LARGEST_MARK) {
            return false;
        }
        try {
            JsonNode json = JSON.readTree(mark.toFile());
            return json != null && json.path("format").asText().equals(FORMAT);
        } catch (JsonProcessingException e) {
            return false;
        }
    }

    /**
     * Begins the dump of a run. An earlier one is deleted; other files stay.
     *
     * @throws InvalidRequestException as {@link #requireReplaceable}
     * @throws ConformanceException when it cannot be written
     */
    public void begin(Subject subject, Environment environment) {
        requireReplaceable();
        try {
            Files.createDirectories(path);
            deleteOwn(path.resolve(CASES));
            deleteOwn(path.resolve(GRAPHS));
            ObjectNode mark = JSON.createObjectNode()
                    .put("format", FORMAT)
                    .put("format_version", 1)
                    .put("model", subject.model())
                    .put("model_digest", subject.modelDigest())
                    .put("precision", subject.precision())
                    .put("provider", subject.provider())
                    .put("reference", subject.reference())
                    .put("onnx_runtime", environment.onnxRuntime())
                    .put("kit", environment.kit());
            mark.set("provider_options", JSON.valueToTree(subject.providerOptions()));
            JSON.writerWithDefaultPrettyPrinter().writeValue(path.resolve(MARK).toFile(), mark);
            copy(README);
            copy(SCRIPT);
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    private void copy(String resource) throws IOException {
        try (InputStream in = DumpFolder.class.getResourceAsStream(resource)) {
            Files.write(path.resolve(resource), in.readAllBytes());
        }
    }

    private static void deleteOwn(Path folder) throws IOException {
        if (!Files.isDirectory(folder, LinkOption.NOFOLLOW_LINKS)) {
            return;
        }
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                if (file.getFileName().toString().matches(OWN)) {
                    Files.delete(file);
                }
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path emptied, IOException failure) throws IOException {
                try {
                    Files.delete(emptied);
                } catch (DirectoryNotEmptyException e) {
                    // Somebody else's files stay.
                }
                return FileVisitResult.CONTINUE;
            }
        });
    }

    /**
     * Begins the dump of a case, before it runs, so that what it needs is there if it crashes the process.
     *
     * @throws ConformanceException when it cannot be written
     */
    public CaseDump begin(CaseName one) {
        try {
            Path folder = path.resolve(CASES).resolve(fileName(one.subject())).resolve(fileName(one.scenario()));
            deleteOwn(folder);
            return new CaseDump(one, Files.createDirectories(folder), path.resolve(GRAPHS));
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    /**
     * Ends the dump of a run: without a case it needs no graphs.
     *
     * @throws ConformanceException when it cannot be written
     */
    public void end() {
        if (cases() == 0) {
            try {
                deleteOwn(path.resolve(CASES));
                deleteOwn(path.resolve(GRAPHS));
            } catch (IOException e) {
                throw unusable(e);
            }
        }
    }

    private long cases() {
        Path cases = path.resolve(CASES);
        if (!Files.isDirectory(cases)) {
            return 0;
        }
        try (Stream<Path> files = Files.walk(cases)) {
            return files.filter(file -> file.endsWith(CaseDump.DESCRIPTION)).count();
        } catch (IOException e) {
            throw unusable(e);
        }
    }

    static String fileName(String name) {
        return name.replaceAll("[^A-Za-z0-9_.-]", "_");
    }

    private ConformanceException unusable(IOException e) {
        return new ConformanceException(
                "The dump in " + path + " cannot be written or read: " + e
                        + "; make room there or choose another folder.",
                e);
    }
}
