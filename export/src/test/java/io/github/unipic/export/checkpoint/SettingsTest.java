package io.github.unipic.export.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.export.ExportException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SettingsTest {
    @TempDir
    Path folder;

    private Settings settings(String json) {
        try {
            return Settings.read(Files.writeString(folder.resolve("config.json"), json), 1000);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void refused(String value, Consumer<Settings> read) {
        assertThatThrownBy(() -> read.accept(settings("{\"a\": {\"b\": " + value + "}}")))
                .as(value)
                .isInstanceOf(ExportException.class)
                .hasMessageContainingAll("config.json: a.b is ", "is expected")
                .hasMessageNotContaining("\n");
    }

    @Test
    void valuesOfTheirTypeAndRangeAreGiven() {
        Settings settings = settings("""
                {"a": {"int": 7, "list": [1, 2], "number": 1e-6, "flag": true, "off": false, "text": "silu"}}
                """);
        assertThat(settings.integer("a.int", 7, 7)).contains(7);
        assertThat(settings.integers("a.list", 1, 2)).containsExactly(1, 2);
        assertThat(settings.integers("a.int", 1, 9)).containsExactly(7);
        assertThat(settings.positive("a.number", 1, 5)).isEqualTo(1e-6);
        assertThat(settings.positive("a.int", 7, 5)).isEqualTo(7);
        assertThat(settings.flag("a.flag", false)).isTrue();
        assertThat(settings.flag("a.off", true)).isFalse();
        assertThat(settings.file()).hasFileName("config.json");
        assertThat(settings.text("a.text")).contains("silu");
        assertThat(settings.object("a").orElseThrow().integer("int", 1, 9)).contains(7);
    }

    @Test
    void whatIsAbsentOrNullHasItsDefault() {
        for (String json : new String[] {"{}", "{\"a\": null}", "{\"a\": {\"b\": null}}"}) {
            Settings settings = settings(json);
            assertThat(settings.integer("a.b", 1, 9)).isEmpty();
            assertThat(settings.integers("a.b", 1, 9)).isEmpty();
            assertThat(settings.positive("a.b", 1, 0.5)).isEqualTo(0.5);
            assertThat(settings.flag("a.b", true)).isTrue();
            assertThat(settings.text("a.b")).isEmpty();
            assertThat(settings.object("a.b")).isEmpty();
        }
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"0", "-1", "10", "4294967297", "1e30", "99999999999999999999", "2.0", "\"5\"", "true", "[]", "{}"
            })
    void otherIntegersAreRefused(String value) {
        refused(value, settings -> settings.integer("a.b", 1, 9));
        if (!value.equals("[]")) {
            refused("[" + value + "]", settings -> settings.integers("a.b", 1, 9));
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"0", "-1", "0.0", "1.5", "1e999", "-1e999", "\"1\"", "false", "[1]", "{}"})
    void otherNumbersAreRefused(String value) {
        refused(value, settings -> settings.positive("a.b", 1, 0.5));
    }

    @Test
    void otherTypesAreRefused() {
        refused("[null]", settings -> settings.integers("a.b", 1, 9));
        refused("1", settings -> settings.flag("a.b", true));
        refused("\"true\"", settings -> settings.flag("a.b", true));
        refused("1", settings -> settings.text("a.b"));
        refused("\"a\\u001b[31m\\n\"", settings -> settings.text("a.b"));
        refused("\"" + "x".repeat(101) + "\"", settings -> settings.text("a.b"));
        refused("\"linear\"", settings -> settings.object("a.b"));
        refused("\"linear\"", settings -> settings.integer("a.b.c", 1, 9));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "null", "[]", "3", "{", "{\"a\": NaN}", "\u0000"})
    void filesThatHoldNoObjectAreRefused(String json) {
        assertThatThrownBy(() -> settings(json))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining("config.json");
    }

    @Test
    void theLongestFileAndTheLongestTextAreRead() {
        String text = "x".repeat(100);
        String json = "{\"a\": \"" + text + "\"}";
        assertThat(settings(json + " ".repeat(1000 - json.length())).text("a")).contains(text);
    }

    @Test
    void aLongFileIsRefusedUnread() {
        assertThatThrownBy(() -> settings("{}" + " ".repeat(999)))
                .isInstanceOf(ExportException.class)
                .hasMessageContaining("larger than 1000 bytes");
    }
}
