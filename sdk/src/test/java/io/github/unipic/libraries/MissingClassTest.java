package io.github.unipic.libraries;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.File;
import java.io.IOException;
import java.net.MalformedURLException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MissingClassTest {
    /** This process's class path without one jar. */
    private static URLClassLoader without(String jar) {
        URL[] rest = Arrays.stream(System.getProperty("java.class.path").split(File.pathSeparator))
                .map(Path::of)
                .filter(path -> !path.getFileName().toString().matches(jar + "-\\d.*\\.jar"))
                .map(MissingClassTest::url)
                .toArray(URL[]::new);
        return new URLClassLoader(rest, ClassLoader.getPlatformClassLoader());
    }

    private static URL url(Path path) {
        try {
            return path.toUri().toURL();
        } catch (MalformedURLException e) {
            throw new AssertionError(e);
        }
    }

    @ParameterizedTest
    @CsvSource({"onnxruntime(_gpu)?,ai.onnxruntime.", "jna,com.sun.jna."})
    void theClassOfAMissingJarIsNamed(String jar, String name) throws IOException, ReflectiveOperationException {
        try (URLClassLoader classPath = without(jar)) {
            Class<?> model = classPath.loadClass("io.github.unipic.UniPic");
            Throwable failure = catchThrowable(() -> model.getMethod("runtime").invoke(null));
            assertThat(failure.getCause().getClass().getSimpleName()).isEqualTo("InferenceException");
            assertThat(failure.getCause())
                    .message()
                    .startsWith("The class " + name)
                    .contains("is missing from the class path")
                    .doesNotContain("native")
                    .hasLineCount(1);
        }
    }

    @Test
    void otherFailuresAreNotOfAMissingClass() {
        assertThat(MissingClass.explain(new UnsatisfiedLinkError("libonnxruntime.so: cannot open")))
                .isEmpty();
        assertThat(MissingClass.explain(new NoClassDefFoundError("Could not initialize class com.sun.jna.Native")))
                .isEmpty();
        assertThat(MissingClass.explain(new ExceptionInInitializerError(new IllegalStateException("a/b"))))
                .isEmpty();
    }

    @Test
    void aMissingClassMayBeTheCauseOfTheCause() {
        assertThat(MissingClass.explain(new ExceptionInInitializerError(new NoClassDefFoundError("a/b/C"))))
                .hasValueSatisfying(line -> assertThat(line).startsWith("The class a.b.C is missing"));
    }
}
