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

class DataFolderTest {
    @ParameterizedTest
    @CsvSource({
        "Linux,      '',       '',     /home/u/.local/share/unipic",
        "Linux,      /xdg,     '',     /xdg/unipic",
        "Linux,      relative, '',     /home/u/.local/share/unipic",
        "Mac OS X,   /xdg,     '',     /home/u/Library/Application Support/unipic",
        "Windows 11, /xdg,     /local, /local/unipic",
        "Windows 11, '',       '',     /home/u/AppData/Local/unipic",
    })
    void isTheOperatingSystems(String os, String xdg, String local, Path expected) {
        Map<String, String> environment = Map.of("XDG_DATA_HOME", xdg, "LOCALAPPDATA", local);
        assertThat(DataFolder.of(os, environment::get, Path.of("/home/u"))).isEqualTo(expected);
    }

    @Test
    void isTheOneThatTheUserNames() {
        Map<String, String> environment = Map.of(DataFolder.VARIABLE, "/mine", "XDG_DATA_HOME", "/xdg");
        for (String os : List.of("Linux", "Mac OS X", "Windows 11")) {
            assertThat(DataFolder.of(os, environment::get, Path.of("/home/u"))).isEqualTo(Path.of("/mine"));
        }
    }

    /** On Windows quotes are not allowed in a path, everywhere else only NUL is not. */
    @ParameterizedTest
    @ValueSource(strings = {DataFolder.VARIABLE, "XDG_DATA_HOME"})
    void aVariableThatIsNoPathIsNamed(String variable) {
        Map<String, String> environment = Map.of(variable, "/a\0b");
        assertThatThrownBy(() -> DataFolder.of("Linux", environment::get, Path.of("/home/u")))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageStartingWith("the environment variable " + variable + " is no path (")
                .hasMessageEndingWith("or unset it");
    }
}
