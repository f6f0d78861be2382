package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CacheFolderTest {
    @ParameterizedTest
    @CsvSource({
        "Linux,      '',       '',         /home/u/.cache/unipic",
        "Linux,      /xdg,     '',         /xdg/unipic",
        "Linux,      relative, '',         /home/u/.cache/unipic",
        "Mac OS X,   /xdg,     '',         /home/u/Library/Caches/unipic",
        "Windows 11, /xdg,     /local,     /local/unipic/Cache",
        "Windows 11, '',       '',         /home/u/AppData/Local/unipic/Cache",
    })
    void isTheOperatingSystems(String os, String xdg, String local, Path expected) {
        Map<String, String> environment = Map.of("XDG_CACHE_HOME", xdg, "LOCALAPPDATA", local);
        assertThat(CacheFolder.of(os, environment::get, Path.of("/home/u"))).isEqualTo(expected);
        assertThat(CacheFolder.of("Linux", name -> null, Path.of("/home/u")))
                .isEqualTo(Path.of("/home/u/.cache/unipic"));
    }

    @Test
    void isThisUsersOnThisMachine() {
        assertThat(CacheFolder.current())
                .isAbsolute()
                .isEqualTo(CacheFolder.of(
                        System.getProperty("os.name"), System::getenv, Path.of(System.getProperty("user.home"))));
    }

    @Test
    void isTheOneThatTheUserNames() {
        Map<String, String> environment = Map.of(CacheFolder.VARIABLE, "/mine", "XDG_CACHE_HOME", "/xdg");
        for (String os : List.of("Linux", "Mac OS X", "Windows 11")) {
            assertThat(CacheFolder.of(os, environment::get, Path.of("/home/u"))).isEqualTo(Path.of("/mine"));
        }
        assertThat(CacheFolder.of("Linux", Map.of(CacheFolder.VARIABLE, "relative")::get, Path.of("/home/u")))
                .isEqualTo(Path.of("/home/u/.cache/unipic"));
    }

    /** On Windows quotes are not allowed in a path, everywhere else only NUL is not. */
    @ParameterizedTest
    @ValueSource(strings = {CacheFolder.VARIABLE, "XDG_CACHE_HOME"})
    void aVariableThatIsNoPathIsNamed(String variable) {
        Map<String, String> environment = Map.of(variable, "/a\0b");
        assertThatThrownBy(() -> CacheFolder.of("Linux", environment::get, Path.of("/home/u")))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageStartingWith("the environment variable " + variable + " is no path (")
                .hasMessageEndingWith("or unset it");
    }
}
