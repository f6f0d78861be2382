package io.github.unipic.programs;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.github.unipic.testing.Program;
import java.io.IOException;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import javax.tools.JavaCompiler;
import javax.tools.StandardJavaFileManager;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ModuleRulesTest {
    static List<Path> programs() throws IOException {
        return Program.all();
    }

    @ParameterizedTest
    @MethodSource("programs")
    void aProgramIsShortAndItsFirstLinesSayHowToRunIt(Path program) throws IOException {
        List<String> lines = Files.readAllLines(program);
        assertThat(lines).hasSizeLessThanOrEqualTo(40);
        assertThat(lines.get(0)).startsWith("// ").endsWith(":");
        assertThat(lines.get(1)).startsWith("//   java -cp unipic.jar " + program.getFileName() + " unipic-1.5b");
    }

    /** What a newcomer sees of the library is its public API. */
    @Test
    void theProgramsUseTheRootPackageOnlyAndCompileWithoutWarnings(@TempDir Path classes) throws IOException {
        JavaCompiler compiler = ToolProvider.getSystemJavaCompiler();
        StringWriter messages = new StringWriter();
        try (StandardJavaFileManager files = compiler.getStandardFileManager(null, null, null)) {
            List<String> options =
                    List.of("-Xlint:all", "-Werror", "--release", "17", "-proc:none", "-d", classes.toString());
            boolean compiled = compiler.getTask(
                            messages, files, null, options, null, files.getJavaFileObjectsFromPaths(Program.all()))
                    .call();
            assertThat(compiled).as(messages.toString()).isTrue();
        }
        classes()
                .should()
                .onlyDependOnClassesThat()
                .resideInAnyPackage("", "java..", "io.github.unipic")
                .check(new ClassFileImporter().importPath(classes));
    }
}
