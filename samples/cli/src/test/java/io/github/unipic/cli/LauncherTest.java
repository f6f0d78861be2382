package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Instant;
import java.util.Arrays;
import java.util.List;
import java.util.jar.Attributes;
import java.util.jar.JarOutputStream;
import java.util.jar.Manifest;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The script {@code unipic}, in source trees that are already built. */
@DisabledOnOs(OS.WINDOWS)
class LauncherTest {
    @TempDir
    private Path folder;

    /** A tree whose one jar leads to this test's classes, and only that. */
    private Path tree(String name) throws IOException {
        Path tree = Files.createDirectory(folder.resolve(name));
        Files.copy(Path.of("..", "..", "unipic"), tree.resolve("unipic"));
        Path target = Files.createDirectories(tree.resolve(Path.of("samples", "cli", "target")));
        Manifest manifest = new Manifest();
        manifest.getMainAttributes().put(Attributes.Name.MANIFEST_VERSION, "1.0");
        manifest.getMainAttributes()
                .put(
                        Attributes.Name.CLASS_PATH,
                        Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                                .map(entry -> new File(entry).toURI().toString())
                                .collect(Collectors.joining(" ")));
        try (OutputStream jar = Files.newOutputStream(target.resolve("unipic-cli.jar"))) {
            new JarOutputStream(jar, manifest).close();
        }
        Files.writeString(
                target.resolve("classpath"),
                Files.createFile(folder.resolve("other.jar")).toString());
        return tree;
    }

    private CommandLineProcess launcher() {
        // An own Java, as there may be none on the path.
        return new CommandLineProcess(folder)
                .environment("JAVA_HOME", System.getProperty("java.home"))
                // With an own choice about class data sharing, the launcher makes no archive.
                .environment("UNIPIC_JAVA_OPTS", "-Xshare:auto -XX:TieredStopAtLevel=1 -XX:+UseSerialGC");
    }

    @ParameterizedTest
    @ValueSource(strings = {"a b", "a:b", "a*[x]?", "it's \"it\"", "a\nb", "-a", "$a `b` \\c"})
    void runsFromAnyFolder(String name) throws Exception {
        CommandLineRun run = launcher()
                // Java loads the main class, or fails, and runs nothing.
                .environment("UNIPIC_JAVA_OPTS", "-Xshare:auto --dry-run")
                .program("bash", tree(name).resolve("unipic").toString())
                .run("--version");
        assertThat(run.err()).isEmpty();
        assertThat(run.exitCode()).isZero();
    }

    /** A command line has at most 8191 characters on Windows, and the class path thousands. */
    @Test
    void onWindowsTheClassPathIsInTheEnvironment() throws IOException {
        List<String> script = Files.readAllLines(Path.of("..", "..", "unipic.cmd"));
        assertThat(script).anyMatch(line -> line.endsWith("do set \"CLASSPATH=%target%\\unipic-cli.jar;%%p\""));
        assertThat(script)
                .filteredOn(line -> line.contains(UniPicCommand.class.getName()))
                .singleElement()
                .asString()
                .doesNotContain("-cp", "jar");
    }

    /** With it, {@code cd} goes where it would not otherwise, and prints where that is. */
    @Test
    void cdpathDoesNotMatter() throws Exception {
        tree("here");
        Files.createDirectories(folder.resolve("elsewhere").resolve("here"));
        CommandLineRun run = launcher()
                .environment("JAVA_HOME", javaThatEchoes("$@").toString())
                .environment("CDPATH", folder.resolve("elsewhere") + ":.")
                .in(folder)
                .program("bash", "here/unipic")
                .run("--version");
        assertThat(run.err()).isEmpty();
        assertThat(run.outLines()).singleElement().asString().endsWith(UniPicCommand.class.getName() + " --version");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "pom.xml",
                "sdk/pom.xml",
                "sdk/src/main/java/A.java",
                "samples/pom.xml",
                "samples/cli/pom.xml",
                "samples/cli/src/main/java/A.java"
            })
    void buildsWhenASourceIsNewer(String source) throws Exception {
        Path tree = tree("here");
        source(tree, source, 60);
        CommandLineRun run = withMaven(tree, "echo \"$@\"");
        assertThat(run.err()).startsWith("unipic: building, as the sources have changed");
        assertThat(tree.resolve("samples/cli/target/build.log")).content().contains("package");
        assertThat(run.out()).contains(UniPicCommand.class.getName() + " --version");
        assertThat(run.exitCode()).isZero();
    }

    /** One by hand may have options of its own, such as -Pcuda, which the launcher's would undo. */
    @Test
    void aBuildByHandCounts() throws Exception {
        Path tree = tree("here");
        source(tree, "sdk/src/main/java/A.java", 60);
        assertThat(withMaven(tree, "true").err()).contains("building");
        source(tree, "sdk/src/main/java/A.java", 120);
        Files.setLastModifiedTime(
                tree.resolve("samples/cli/target/classpath"),
                FileTime.from(Instant.now().plusSeconds(180)));
        assertThat(withMaven(tree, "true").err()).isEmpty();
    }

    @Test
    void whatChangesDuringABuildIsBuiltByTheNext() throws Exception {
        Path tree = tree("here");
        Path file = source(tree, "sdk/src/main/java/A.java", 60);
        String maven = "sleep 0.02; touch '" + file + "'; sleep 0.02; touch '"
                + tree.resolve("samples/cli/target/classpath") + "'";
        assertThat(withMaven(tree, maven).err()).contains("building");
        assertThat(withMaven(tree, "true").err()).contains("building");
    }

    private static Path source(Path tree, String path, int secondsFromNow) throws IOException {
        Path file = tree.resolve(path);
        Files.createDirectories(file.getParent());
        Files.writeString(file, "");
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().plusSeconds(secondsFromNow)));
        return file;
    }

    private CommandLineRun withMaven(Path tree, String maven) throws Exception {
        Path programs = Files.createDirectories(folder.resolve("programs"));
        script(programs.resolve("mvn"), maven);
        return launcher()
                .environment("JAVA_HOME", javaThatEchoes("$@").toString())
                .environment("PATH", programs + ":" + System.getenv("PATH"))
                .program("bash", tree.resolve("unipic").toString())
                .run("--version");
    }

    @ParameterizedTest
    @CsvSource({
        "generate, true",
        "info, true",
        "--version, true",
        "describe, false",
        "serve, false",
        "batch, false",
        "conformance run --suite full, false",
        "conformance run --only text_head, true"
    })
    void onlyCommandsThatEndSoonDoWithoutJavasSecondCompiler(String command, boolean without) throws Exception {
        CommandLineRun run = launcher()
                .environment("JAVA_HOME", javaThatEchoes("$@").toString())
                .environment("UNIPIC_JAVA_OPTS", "-Xshare:auto -XX:TieredStopAtLevel=4")
                .program("bash", tree("here").resolve("unipic").toString())
                .run(command.split(" "));
        assertThat(run.err()).isEmpty();
        assertThat(run.out().contains("-XX:TieredStopAtLevel=1 ")).isEqualTo(without);
        // What the user asks for comes last and counts.
        assertThat(run.out()).matches("(?s).*-XX:TieredStopAtLevel=4 -cp .*" + command + "\\n");
    }

    /** A JDK 17 whose Java prints a text of the shell's, such as its arguments. */
    private Path javaThatEchoes(String text) throws IOException {
        Path jdk = folder.resolve("jdk");
        Files.createDirectories(jdk.resolve("bin"));
        Files.writeString(jdk.resolve("release"), "JAVA_VERSION=\"17.0.1\"\n");
        script(jdk.resolve("bin/java"), "echo \"" + text + "\"");
        return jdk;
    }

    private static void script(Path file, String line) throws IOException {
        Files.writeString(file, "#!/bin/sh\n" + line + "\n");
        assertThat(file.toFile().setExecutable(true)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"POSIX", "xx_XX.UTF-8"})
    void localesThatLackLettersAreReplaced(String locale) throws Exception {
        CommandLineRun run = launcher()
                .environment("JAVA_HOME", javaThatEchoes("$LC_ALL").toString())
                .environment("LC_ALL", locale)
                .program("bash", tree("here").resolve("unipic").toString())
                .run("--version");
        assertThat(run.outLines()).containsExactly("C.UTF-8");
    }

    @Test
    void readsAllLetters() throws Exception {
        Path script = Files.writeString(
                folder.resolve("run.sh"),
                "LC_ALL=POSIX exec bash " + tree("here").resolve("unipic") + " info --model mod\u00e8le");
        CommandLineRun run = launcher().program("sh", script.toString()).run();
        assertThat(run.err()).contains("There is no model folder", "/mod\u00e8le;");
    }
}
