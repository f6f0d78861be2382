package io.github.unipic.export.hub;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class HubSettingsTest {
    private static final Path HOME = Path.of("/home/u");

    private static HubSettings settings(String... variables) {
        Map<String, String> environment = new HashMap<>();
        for (int i = 0; i < variables.length; i += 2) {
            environment.put(variables[i], variables[i + 1]);
        }
        return HubSettings.of(environment::get, HOME);
    }

    @Test
    void withoutVariablesItIsHuggingFaceItself() {
        assertThat(settings().endpoint()).hasToString("https://huggingface.co");
        assertThat(settings().cache()).isEqualTo(HOME.resolve(".cache/huggingface/hub"));
        assertThat(settings().offline()).isFalse();
        assertThat(settings().token()).isEmpty();
    }

    @ParameterizedTest
    @CsvSource({
        "XDG_CACHE_HOME,        /x,     /x/huggingface/hub",
        "HF_HOME,               ~/hf,   /home/u/hf/hub",
        "HF_HUB_CACHE,          /c,     /c",
        "HUGGINGFACE_HUB_CACHE, /c,     /c",
        "HF_HUB_CACHE,          ' ',    /home/u/.cache/huggingface/hub",
    })
    void findsTheCacheWhereTheHubsToolsPutIt(String name, String value, Path expected) {
        assertThat(settings(name, value).cache()).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"XDG_CACHE_HOME", "HF_HOME", "HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE", "HF_TOKEN_PATH"})
    void aVariableThatIsNoPathIsNamed(String name) {
        assertThatExceptionOfType(DownloadException.class)
                .isThrownBy(() -> settings(name, "/a\0b"))
                .withMessageStartingWith(name + " is no path (")
                .withMessageEndingWith("or unset it");
    }

    @Test
    void readsTheOthers() {
        assertThat(settings("HF_ENDPOINT", "https://mirror.example/hf//").endpoint())
                .hasToString("https://mirror.example/hf");
        for (String yes : new String[] {"1", "true", "YES", "on"}) {
            assertThat(settings("HF_HUB_OFFLINE", yes).offline()).isTrue();
        }
        assertThat(settings("HF_HUB_OFFLINE", "0").offline()).isFalse();
        assertThat(settings("HUGGING_FACE_HUB_TOKEN", "old").token()).contains("old");
        assertThat(settings("HUGGING_FACE_HUB_TOKEN", "old", "HF_TOKEN", " new\n")
                        .token())
                .contains("new");
    }

    @Test
    void doesNotShowTheToken() {
        assertThat(settings("HF_TOKEN", "hf_secret")).asString().doesNotContain("hf_secret");
    }
}
