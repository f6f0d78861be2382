package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.stream.Stream;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** The archive of classes that the script {@code unipic} makes, with a small program in place of unipic's. */
@DisabledOnOs(OS.WINDOWS)
@Timeout(120)
class ClassArchiveTest {
    private static final String PROGRAM = """
            package io.github.unipic.cli;
            class UniPicCommand {
                public static void main(String[] args) { System.out.println("ran"); }
            }
            class TypicalUse {
                public static void main(String[] args) throws Exception {
                    UniPicCommand.main(args);
                    %s
                }
            }
            """;

    /** Where a class that is in an archive comes from. */
    private static final String SHARED = "source: shared objects file";

    @TempDir
    private static Path programs;

    @TempDir
    private Path folder;

    private Path tree;
    private Path target;

    @BeforeEach
    void build() throws IOException {
        // Java 17 shares nothing from a folder with a space in its path.
        tree = folder.resolve("tree");
        target = Files.createDirectories(tree.resolve(Path.of("samples", "cli", "target")));
        Files.copy(Path.of("..", "..", "unipic"), tree.resolve("unipic"));
        buildProgram("");
        Path other = target.resolve("other.jar");
        try (OutputStream file = Files.newOutputStream(other);
                JarOutputStream jar = new JarOutputStream(file)) {
            jar.putNextEntry(new JarEntry("any.txt"));
        }
        Files.writeString(target.resolve("classpath"), other.toString());
        // As after a build some time ago.
        try (Stream<Path> files = Files.list(target)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Files.setLastModifiedTime(file, FileTime.from(Instant.now().minusSeconds(60)));
            }
        }
    }

    /** @param further of the typical use */
    private void buildProgram(String further) throws IOException {
        try (OutputStream file = Files.newOutputStream(target.resolve("unipic-cli.jar"));
                JarOutputStream jar = new JarOutputStream(file)) {
            for (Path compiled : compiled(further)) {
                jar.putNextEntry(new JarEntry("io/github/unipic/cli/" + compiled.getFileName()));
                Files.copy(compiled, jar);
            }
        }
    }

    /** The program's classes; each program is compiled once. */
    private static List<Path> compiled(String further) throws IOException {
        Path classes = programs.resolve(Integer.toHexString(further.hashCode()));
        if (!Files.exists(classes)) {
            Path source = Files.writeString(programs.resolve("Program.java"), PROGRAM.formatted(further));
            assertThat(ToolProvider.getSystemJavaCompiler()
                            .run(null, null, null, "-d", classes.toString(), source.toString()))
                    .isZero();
        }
        try (Stream<Path> files = Files.walk(classes)) {
            return files.filter(Files::isRegularFile).toList();
        }
    }

    private CommandLineProcess launcher() throws IOException {
        return new CommandLineProcess(folder)
                .environment("JAVA_HOME", System.getProperty("java.home"))
                .program("bash", tree.resolve("unipic").toString());
    }

    /** Runs it, and sees to it that it prints what the program prints and nothing else. */
    private void runs() throws Exception {
        CommandLineRun run = launcher().run();
        assertThat(run.err()).isEmpty();
        assertThat(run.out()).isEqualTo("ran" + System.lineSeparator());
        assertThat(run.exitCode()).isZero();
    }

    /** Whether it loads the program's class from the archive. */
    private boolean shares() throws Exception {
        String log = launcher()
                .environment("UNIPIC_JAVA_OPTS", "-Xlog:class+load")
                .run()
                .out();
        assertThat(log).contains(UniPicCommand.class.getName());
        return log.lines()
                .anyMatch(line -> line.contains(UniPicCommand.class.getName() + " ") && line.contains(SHARED));
    }

    private List<Path> archives() throws IOException {
        try (Stream<Path> files = Files.list(target)) {
            return files.filter(file -> file.getFileName().toString().matches("classes-\\d+\\.jsa"))
                    .toList();
        }
    }

    /** The archive, once it was made in the background. */
    private Path archive() throws Exception {
        Optional<Path> archive = Optional.empty();
        while (archive.isEmpty()) {
            Thread.sleep(20);
            archive = archives().stream().findFirst();
        }
        // What it was made in.
        while (!leftovers().isEmpty()) {
            Thread.sleep(20);
        }
        return archive.get();
    }

    private List<Path> leftovers() throws IOException {
        try (Stream<Path> files = Files.list(target)) {
            return files.filter(file -> file.getFileName().toString().matches("\\.classes-.{6}"))
                    .toList();
        }
    }

    /** What a killed one has left goes, and what another one makes now does not. */
    @Test
    void isMadeOnceAndUsedAndLeftoversAreDeleted() throws Exception {
        Path old = Files.createDirectory(target.resolve(".classes-killed"));
        Files.write(old.resolve("jsa"), new byte[] {1});
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minusSeconds(7200)));
        Path current = Files.createDirectory(target.resolve(".classes-current"));
        usersOwnOptionsWin();
        runs();
        Path archive = archive();
        assertThat(old).doesNotExist();
        assertThat(current).exists();
        FileTime made = Files.getLastModifiedTime(archive);
        assertThat(archive).isNotEmptyFile();
        assertThat(shares()).isTrue();
        runs();
        usersOwnOptionsWin();
        assertThat(archives()).containsExactly(archive);
        assertThat(leftovers()).isEmpty();
        assertThat(Files.getLastModifiedTime(archive)).isEqualTo(made);
    }

    private void usersOwnOptionsWin() throws Exception {
        CommandLineRun run = launcher()
                .environment("UNIPIC_JAVA_OPTS", "-Xshare:off -Xlog:class+load")
                .run();
        assertThat(run.out()).contains(UniPicCommand.class.getName()).doesNotContain(SHARED);
    }

    @Test
    void isReplacedAfterAnotherBuild() throws Exception {
        runs();
        Path archive = archive();
        FileTime made = Files.getLastModifiedTime(archive);
        buildProgram("Class.forName(\"java.util.zip.CRC32C\");");
        Files.setLastModifiedTime(target.resolve("unipic-cli.jar"), FileTime.fromMillis(made.toMillis() + 1000));
        runs();
        while (Files.getLastModifiedTime(archive).equals(made)) {
            Thread.sleep(20);
        }
        assertThat(archive()).isNotEmptyFile();
        // The new archive is older than the jar whose time is in the future.
        Files.setLastModifiedTime(archive, FileTime.fromMillis(made.toMillis() + 100_000));
        assertThat(shares()).isTrue();
    }

    /** It is not tried again at each command. */
    @Test
    void oneThatCannotBeMadeDoesNoHarm() throws Exception {
        buildProgram("System.exit(1);");
        Files.setLastModifiedTime(
                target.resolve("unipic-cli.jar"), FileTime.from(Instant.now().minusSeconds(60)));
        runs();
        Path archive = archive();
        assertThat(archive).isEmptyFile();
        FileTime tried = Files.getLastModifiedTime(archive);
        runs();
        assertThat(leftovers()).isEmpty();
        assertThat(Files.getLastModifiedTime(archive)).isEqualTo(tried);
        // But some day it is.
        Files.setLastModifiedTime(archive, FileTime.from(tried.toInstant().minusSeconds(200_000)));
        Files.setLastModifiedTime(
                target.resolve("unipic-cli.jar"),
                FileTime.from(tried.toInstant().minusSeconds(300_000)));
        Files.setLastModifiedTime(
                target.resolve("other.jar"), FileTime.from(tried.toInstant().minusSeconds(300_000)));
        runs();
        while (Files.getLastModifiedTime(archive).toInstant().isBefore(tried.toInstant())) {
            Thread.sleep(20);
        }
        archive();
    }

    @Test
    void aFolderThatCannotBeWrittenDoesNoHarm() throws Exception {
        assertThat(target.toFile().setWritable(false)).isTrue();
        try {
            runs();
            runs();
        } finally {
            assertThat(target.toFile().setWritable(true)).isTrue();
        }
    }

    @Test
    void severalMayStartAtOnceAndOneThatJavaCannotUseIsIgnored() throws Exception {
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            ProcessBuilder builder =
                    new ProcessBuilder("bash", tree.resolve("unipic").toString());
            builder.environment().keySet().removeIf(name -> name.startsWith("UNIPIC_"));
            builder.environment().put("JAVA_HOME", System.getProperty("java.home"));
            processes.add(builder.redirectErrorStream(true).start());
        }
        for (Process process : processes) {
            assertThat(process.inputReader().lines()).containsExactly("ran");
            assertThat(process.waitFor()).isZero();
        }
        Path archive = archive();
        assertThat(archive).isNotEmptyFile();
        assertThat(archives()).hasSize(1);
        assertThat(shares()).isTrue();

        byte[] content = Files.readAllBytes(archive);
        Files.delete(archive);
        for (byte[] damaged : new byte[][] {{}, {1, 2, 3}, Arrays.copyOf(content, content.length / 2)}) {
            Files.write(archive, damaged);
            runs();
            assertThat(archive).hasBinaryContent(damaged);
        }
    }

    /** The real one: without these classes an archive is of little use. Its child process leaves the list alone. */
    @Test
    void typicalUseLoadsWhatCommandsNeed() throws Exception {
        Path list = folder.resolve("list");
        CommandLineRun run = new CommandLineProcess(folder)
                .java(TypicalUse.class, "-XX:DumpLoadedClassList=" + list)
                .run();
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(Files.readAllLines(list).stream().map(line -> line.split(" ")[0]))
                .contains(
                        "ai/onnxruntime/OrtSession",
                        "io/github/unipic/cli/GenerateCommand",
                        "io/github/unipic/cli/ServeCommand",
                        "org/eclipse/jetty/server/Server",
                        "io/github/unipic/conformance/ChildProcess",
                        "io/github/unipic/conformance/Child",
                        "io/github/unipic/conformance/cases/GraphCase",
                        "io/github/unipic/conformance/report/HtmlReport");
    }
}
