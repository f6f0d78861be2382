package io.github.unipic.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import io.github.unipic.text.JsonScanner.Wrong;
import java.nio.charset.StandardCharsets;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Every kind of value at the very end of the file, where reading one more byte would fail. */
class JsonScannerTest {
    private static JsonScanner scanner(String json) {
        return new JsonScanner(json.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static void assertWrong(String message, ThrowingCallable call) {
        assertThatExceptionOfType(Wrong.class).isThrownBy(call).withMessage(message);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", " ", " \n\r\t"})
    void nothingFollowsWhiteSpace(String json) {
        assertWrong("it ends early", () -> scanner(json).peek());
    }

    @Test
    void whiteSpaceIsSkippedAndTheNextByteStays() throws Wrong {
        JsonScanner scanner = scanner(" \n\r\t{");
        assertThat(scanner.peek()).isEqualTo((byte) '{');
        assertThat(scanner.position()).isEqualTo(4);
        scanner.expect('{');
        assertThat(scanner.position()).isEqualTo(5);
        assertWrong("it has no } at byte 1", () -> scanner(" ]").expect('}'));
    }

    @Test
    void stringsStayAsTheyAreWritten() throws Wrong {
        JsonScanner scanner = scanner("\"a\\\"\\\\\" : \"\"");
        assertThat(scanner.name()).isEqualTo("a\\\"\\\\");
        scanner.peek();
        assertThat(scanner.string()).isEmpty();
        assertThatNoException().isThrownBy(scanner::expectEnd);
    }

    @ParameterizedTest
    @ValueSource(strings = {"\"", "\"ab", "\"ab\\", "\"ab\\\""})
    void stringsThatDoNotEndAreWrong(String json) {
        assertWrong("it ends early", () -> scanner(json).string());
    }

    @ParameterizedTest
    @CsvSource({"0, 447, 0", "9, 447, 9", "447, 447, 447", "10, 10, 10", "2147483647, 2147483647, 2147483647"})
    void numbersUpToTheMost(String json, int most, int number) throws Wrong {
        assertThat(scanner(json).number(most)).isEqualTo(number);
    }

    @ParameterizedTest
    @CsvSource({"448, 447", "10, 1", "2147483648, 2147483647", "99999999999999999999999, 2147483647", "-1, 9", "x, 9"})
    void otherNumbersAreWrong(String json, int most) {
        assertWrong(
                "it has no whole number from 0 to " + most + " at byte 1",
                () -> scanner(" " + json).number(most));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"true", "-1.5e3", "\"a,}\"", "{}", "[]", "{\"a\":[1,{\"b\":\"]\"}],\"c\":null}", "[ 1 , 2 ]"})
    void valuesAreTakenWhole(String json) throws Wrong {
        assertThat(text(scanner(json).value())).isEqualTo(json);
        JsonScanner scanner = scanner(" " + json + " ,");
        assertThat(text(scanner.value())).isEqualTo(json);
        assertThat(scanner.peek()).isEqualTo((byte) ',');
    }

    @ParameterizedTest
    @ValueSource(strings = {"[", "{\"a\":", "[[]"})
    void valuesThatDoNotEndAreWrong(String json) {
        assertWrong("it ends early", () -> scanner(json).value());
    }

    @Test
    void membersAreSeparatedByCommas() throws Wrong {
        JsonScanner scanner = scanner("1,2]");
        assertThat(scanner.more(true, ']')).isTrue();
        assertThat(scanner.number(9)).isEqualTo(1);
        assertThat(scanner.more(false, ']')).isTrue();
        int second = scanner.position();
        assertThat(scanner.number(9)).isEqualTo(2);
        assertThat(scanner.more(false, ']')).isFalse();
        assertThat(text(scanner.since(second))).isEqualTo("2]");
        assertWrong("it has no , at byte 0", () -> scanner("2]").more(false, ']'));
    }

    @Test
    void onlyWhiteSpaceMayFollow() {
        assertThatNoException().isThrownBy(() -> scanner(" \n ").expectEnd());
        assertThatNoException().isThrownBy(() -> scanner("").expectEnd());
        assertWrong(
                "it has more content after its end, at byte 2",
                () -> scanner("  x ").expectEnd());
    }
}
