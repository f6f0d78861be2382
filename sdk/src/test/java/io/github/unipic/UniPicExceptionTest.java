package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A message is one line of printable text, whatever it quotes. */
class UniPicExceptionTest {
    @ParameterizedTest
    @CsvSource(delimiter = '|', textBlock = """
            a fox                     | a fox
            лиса 狐 🦊 𠮷              | лиса 狐 🦊 𠮷
            an\\u001b[31m escape       | an<U+001B>[31m escape
            a title\\u001b]0;x\\u0007   | a title<U+001B>]0;x<U+0007>
            C1\\u009b31m               | C1<U+009B>31m
            a\\u0000b\\u007fc           | a<U+0000>b<U+007F>c
            two\\nlines\\r\\nand\\ta tab  | two lines  and a tab
            next\\u0085line\\u2028x     | next<U+0085>line x
            turned\\u202egpj.exe       | turned<U+202E>gpj.exe
            half a pair\\ud83d         | half a pair<U+D83D>
            👩\\u200d🌾 می\\u200cخواهم    | 👩\\u200d🌾 می\\u200cخواهم
            \\ufeffmark                | <U+FEFF>mark
            none\\uffff                | none<U+FFFF>
            """)
    void foreignText(String text, String shown) {
        assertThat(new ModelFormatException(unescaped(text)).getMessage()).isEqualTo(unescaped(shown));
    }

    /** Codes as Java has them, and what {@link String#translateEscapes} knows. */
    private static String unescaped(String text) {
        return Pattern.compile("\\\\u([0-9a-f]{4})")
                .matcher(text)
                .replaceAll(code ->
                        Matcher.quoteReplacement(Character.toString((char) Integer.parseInt(code.group(1), 16))))
                .translateEscapes();
    }

    @Test
    void longTextsLoseTheirMiddle() {
        String message =
                new InferenceException("begin " + "x".repeat(1_000_000) + " end", new Exception()).getMessage();
        assertThat(message)
                .startsWith("begin xxx")
                .endsWith("xxx end")
                .contains("x ... x")
                .hasSize(4000);
    }
}
