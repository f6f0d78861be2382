package io.github.unipic.runtime.provider;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.sun.jna.NativeLibrary;
import io.github.unipic.InferenceException;
import io.github.unipic.libraries.LibraryJar;
import io.github.unipic.runtime.provider.NvidiaLibraries.Group;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The source of libraries, with a substitute for the system's loader. */
class NvidiaLibrariesTest {
    private static final Group GROUP =
            new Group("Abacus 1", List.of("liba.so", "libb.so"), List.of("libextra.so", "libnever.so"), "abacus-1");
    private static final Map<String, String> JAR = Map.of("liba.so", "a", "libb.so", "b", "libextra.so", "extra");

    @TempDir
    private Path temporary;

    /** What is loaded now, in order. */
    private final List<String> open = new ArrayList<>();

    private NvidiaLibraries.Loader system(Set<String> has) {
        return library -> {
            if (!Path.of(library).isAbsolute() && !has.contains(library)) {
                throw new UnsatisfiedLinkError(library + ": cannot open shared object file");
            }
            open.add(library);
            return () -> open.remove(library);
        };
    }

    private NvidiaLibraries libraries(Set<String> system, LibraryJar jar) {
        return new NvidiaLibraries(system(system), jar.in(temporary.resolve("cache")));
    }

    @Test
    void thoseOfTheSystemWin() throws IOException {
        try (LibraryJar jar = LibraryJar.write(temporary.resolve("a.jar"), JAR)) {
            assertThat(libraries(Set.of("liba.so", "libb.so"), jar).load(GROUP)).isEmpty();
            assertThat(open).containsExactly("liba.so", "libb.so");
            assertThat(temporary.resolve("cache")).doesNotExist();
        }
    }

    @Test
    void aSystemThatLacksOneGivesWayToTheJarForAll() throws IOException {
        try (LibraryJar jar = LibraryJar.write(temporary.resolve("a.jar"), JAR)) {
            NvidiaLibraries libraries = libraries(Set.of("liba.so"), jar);
            assertThat(libraries.load(GROUP)).isEmpty();
            Path folder = jar.in(temporary.resolve("cache")).unpack(List.of("libextra.so", "liba.so", "libb.so"));
            List<String> inOrder = List.of(
                    folder.resolve("libextra.so").toString(),
                    folder.resolve("liba.so").toString(),
                    folder.resolve("libb.so").toString());
            assertThat(open).isEqualTo(inOrder);
            assertThat(libraries.load(GROUP)).isEmpty();
            assertThat(open).isEqualTo(inOrder);
        }
    }

    @Test
    void withoutEitherItSaysWhatIsMissingAndHowToGetIt() throws IOException {
        try (LibraryJar jar = LibraryJar.write(temporary.resolve("a.jar"), Map.of("liba.so", "a"))) {
            NvidiaLibraries libraries = libraries(Set.of("liba.so"), jar);
            assertThat(libraries.load(GROUP))
                    .hasValueSatisfying(advice -> assertThat(advice)
                            .startsWith("Abacus 1 lacks libb.so; put org.bytedeco:cuda-redist:")
                            .contains("on the class path, or install")
                            .hasLineCount(1));
            assertThat(libraries.missing(GROUP)).isEqualTo(libraries.load(GROUP));
            assertThat(open).isEmpty();
        }
    }

    @Test
    void askingWhatIsMissingUnpacksNothing() throws IOException {
        try (LibraryJar jar = LibraryJar.write(temporary.resolve("a.jar"), JAR)) {
            assertThat(libraries(Set.of(), jar).missing(GROUP)).isEmpty();
            assertThat(open).isEmpty();
            assertThat(temporary.resolve("cache")).doesNotExist();
        }
    }

    /** The stand-ins are no libraries. */
    @Test
    void aLibraryOfTheJarThatDoesNotLoadIsNamed() throws IOException {
        try (LibraryJar jar = LibraryJar.write(temporary.resolve("a.jar"), JAR)) {
            NvidiaLibraries libraries =
                    new NvidiaLibraries(NativeLibrary::getInstance, jar.in(temporary.resolve("cache")));
            assertThatExceptionOfType(InferenceException.class)
                    .isThrownBy(() -> libraries.load(GROUP))
                    .withMessageContainingAll("The library ", "libextra.so does not load: ", "install")
                    .satisfies(e -> assertThat(e.getMessage()).hasLineCount(1));
        }
    }
}
