package io.github.unipic.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Uses Qwen2.5's own tokenizer, in which many characters take several tokens. */
class StreamingTextTest {
    @TempDir
    private static Path folder;

    private static PromptTokenizer tokenizer;

    @BeforeAll
    static void load() throws IOException {
        Path file = folder.resolve("tokenizer.json");
        try (InputStream json =
                new GZIPInputStream(StreamingTextTest.class.getResourceAsStream("/tokenizer/tokenizer.json.gz"))) {
            Files.copy(json, file);
        }
        tokenizer = PromptTokenizer.load(file);
    }

    @AfterAll
    static void close() {
        tokenizer.close();
    }

    private record Streamed(List<String> chunks, String text, boolean stopped) {}

    private static Streamed stream(long[] ids, String... stops) {
        List<String> chunks = new ArrayList<>();
        StreamingText stream = new StreamingText(tokenizer, List.of(stops), chunks::add);
        boolean stopped = false;
        for (int i = 0; i < ids.length && !stopped; i++) {
            stopped = stream.add(ids[i]);
        }
        return new Streamed(chunks, stream.finish(), stopped);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "A red fox in the snow.",
                "一只戴着红色围巾的猫坐在长城上，夕阳西下。",
                "猫が本を読んでいる🐱📚",
                "👩‍👩‍👧‍👦 🏳️‍🌈 𝔘𝔫𝔦𝔠𝔬𝔡𝔢 𓀀 ꙮ",
                "مرحبا بالعالم",
                " leading, trailing and\n\nlines ",
                "Ein Bär trägt 3.14 kg Äpfel – naïve café…"
            })
    void chunksAreWholeCharactersAndJoinToTheText(String text) {
        Streamed streamed = stream(tokenizer.encode(text));
        assertThat(streamed.text()).isEqualTo(text);
        assertThat(String.join("", streamed.chunks())).isEqualTo(text);
        assertThat(streamed.chunks())
                .allSatisfy(chunk -> assertThat(chunk)
                        .doesNotContain("\uFFFD")
                        .matches(whole -> !Character.isLowSurrogate(whole.charAt(0))
                                && !Character.isHighSurrogate(whole.charAt(whole.length() - 1))));
    }

    @Test
    void charactersOfSeveralTokensWait() {
        long[] ids = tokenizer.encode("ꙮ𓀀");
        assertThat(ids.length).as("tokens of two characters").isGreaterThan(3);
        assertThat(stream(ids).chunks()).hasSizeLessThanOrEqualTo(2);
    }

    @Test
    void plainTextComesTokenByToken() {
        long[] ids = tokenizer.encode("A red fox in the snow.");
        assertThat(stream(ids).chunks()).hasSize(ids.length);
    }

    @Test
    void whatIsCutInTheMiddleOfACharacterEndsInAReplacement() {
        long[] ids = tokenizer.encode("ab 𓀀");
        Streamed cut = stream(java.util.Arrays.copyOf(ids, ids.length - 1));
        assertThat(cut.text()).startsWith("ab").contains("\uFFFD");
    }

    @Test
    void specialTokensHaveNoText() {
        assertThat(stream(tokenizer.encode("fox<|im_end|>")).text()).isEqualTo("fox");
    }

    @Test
    void stopStringsEndTheTextBeforeThem() {
        long[] ids = tokenizer.encode("one two three four");
        assertThat(stream(ids, " three")).isEqualTo(new Streamed(List.of("one", " two"), "one two", true));
        assertThat(stream(ids, "o thr").text()).as("across tokens").isEqualTo("one tw");
        assertThat(stream(ids, "four", "two").text()).as("the first to come").isEqualTo("one ");
        assertThat(stream(ids, "five").stopped()).isFalse();
    }

    @Test
    void textThatMayBecomeAStopStringWaitsAndIsToldWhenItDoesNot() {
        Streamed streamed = stream(tokenizer.encode("one two three"), " two four");
        assertThat(streamed.text()).isEqualTo("one two three");
        assertThat(streamed.chunks()).containsExactly("one", " two three");
        assertThat(stream(tokenizer.encode("one two"), " two four").text())
                .as("at the end")
                .isEqualTo("one two");
    }
}
