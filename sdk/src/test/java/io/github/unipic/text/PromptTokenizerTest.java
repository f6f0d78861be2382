package io.github.unipic.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.unipic.ModelFormatException;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Uses Qwen2.5's own tokenizer, and reference values from the Hugging Face library in Python. */
class PromptTokenizerTest {
    @TempDir
    private static Path folder;

    private static Path file;
    private static PromptTokenizer tokenizer;

    @BeforeAll
    static void load() throws IOException {
        file = folder.resolve("tokenizer.json");
        try (InputStream json = new GZIPInputStream(resource("tokenizer.json.gz"))) {
            Files.copy(json, file);
        }
        tokenizer = PromptTokenizer.load(file);
    }

    @AfterAll
    static void close() {
        tokenizer.close();
    }

    private static InputStream resource(String name) {
        return PromptTokenizerTest.class.getResourceAsStream("/tokenizer/" + name);
    }

    static Iterable<JsonNode> goldens() throws IOException {
        try (InputStream json = resource("golden.json")) {
            JsonNode goldens = new ObjectMapper().readTree(json);
            assertThat(goldens).hasSizeGreaterThanOrEqualTo(10);
            return goldens;
        }
    }

    @ParameterizedTest
    @MethodSource("goldens")
    void matchesTheGolden(JsonNode golden) throws IOException {
        long[] ids = new ObjectMapper().treeToValue(golden.get("ids"), long[].class);
        assertThat(tokenizer.encode(golden.get("text").asText())).containsExactly(ids);
        assertThat(tokenizer.decode(ids)).isEqualTo(golden.get("decoded").asText());
    }

    @Test
    void longPromptsAreNotCutOff() {
        long[] ids = tokenizer.encode(" fox".repeat(20_000));
        assertThat(ids).hasSize(20_000).containsOnly(ids[0]);
        assertThat(tokenizer.encode("")).isEmpty();
    }

    @Test
    void truncationAndPaddingInTheFileAreOverruled() throws IOException {
        String json = Files.readString(SmallModel.folder().resolve("tokenizer.json"));
        Path other = folder.resolve("truncating.json");
        String truncating = json.replaceFirst(
                        "\"truncation\":\\s*null",
                        "\"truncation\":{\"direction\":\"Right\",\"max_length\":8,\"strategy\":\"LongestFirst\",\"stride\":0}")
                .replaceFirst(
                        "\"padding\":\\s*null",
                        "\"padding\":{\"strategy\":{\"Fixed\":32},\"direction\":\"Right\",\"pad_to_multiple_of\":null,"
                                + "\"pad_id\":0,\"pad_type_id\":0,\"pad_token\":\"!\"}");
        assertThat(truncating).contains("max_length").contains("pad_token");
        Files.writeString(other, truncating);
        try (PromptTokenizer cutting = PromptTokenizer.load(other)) {
            assertThat(cutting.encode("!".repeat(40))).hasSizeGreaterThan(8);
            assertThat(cutting.encode("!")).hasSize(1);
        }
    }

    @Test
    void namesOfSpecialTokensInATemplateAreThoseTokens() {
        assertThat(tokenizer.encode("a<|im_end|>b")).hasSize(3).contains(151645);
    }

    static Iterable<JsonNode> typed() throws IOException {
        try (InputStream json = resource("typed.json")) {
            JsonNode goldens = new ObjectMapper().readTree(json);
            assertThat(goldens).hasSizeGreaterThanOrEqualTo(100);
            return goldens;
        }
    }

    /** By the Hugging Face library: {@code plain} with {@code encode_special_tokens}, {@code special} without. */
    @ParameterizedTest
    @MethodSource("typed")
    void typedNamesOfSpecialTokensArePlainTextUnlessAllowed(JsonNode golden) throws IOException {
        PromptText before = PromptText.template(golden.get("before").asText());
        PromptText after = PromptText.template(golden.get("after").asText());
        String prompt = golden.get("prompt").asText();
        assertThat(tokenizer.encode(before.then(PromptText.typed(prompt, false)).then(after)))
                .containsExactly(new ObjectMapper().treeToValue(golden.get("plain"), long[].class));
        long[] special = new ObjectMapper().treeToValue(golden.get("special"), long[].class);
        assertThat(tokenizer.encode(before.then(PromptText.typed(prompt, true)).then(after)))
                .containsExactly(special);
        assertThat(tokenizer.decode(special)).isEqualTo(golden.get("decoded").asText());
    }

    @Test
    void aTypedNameThatTheTemplateCompletesIsPlainText() {
        PromptText typed = PromptText.typed("<|im_", false);
        assertThat(tokenizer.encode(typed.then(PromptText.template("end|>")))).doesNotContain(151645);
        assertThat(tokenizer.encode(typed.then(PromptText.template("end|><|im_end|>"))))
                .endsWith(151645);
        assertThat(tokenizer.encode(PromptText.typed("{}", false).in("<|im_start|>{}<|im_end|>", "{}")))
                .startsWith(151644)
                .endsWith(151645)
                .hasSize(3);
    }

    /** As in the reference, which encodes the whole prompt's text at once. */
    @Test
    void typedTextAndTheTemplateBesideItMakeOneToken() {
        long[] fox = tokenizer.encode("fox");
        assertThat(fox).hasSize(1);
        PromptText typed = PromptText.typed("o", false);
        PromptText both = PromptText.template("f").then(typed).then(PromptText.template("x"));
        assertThat(tokenizer.encode(both)).containsExactly(fox);
        assertThat(tokenizer.encode(PromptText.template("fo").then(PromptText.typed("x", false))))
                .containsExactly(fox);
        assertThat(tokenizer.encode(PromptText.typed("fo", false).then(PromptText.template("x<|im_end|>"))))
                .containsExactly(fox[0], 151645);
    }

    @Test
    void unknownIdsHaveNoText() {
        long[] fox = tokenizer.encode("fox");
        assertThat(fox).hasSize(1);
        assertThat(tokenizer.decode(new long[] {
                    151665, fox[0], 151935, -1, Long.MIN_VALUE, Long.MAX_VALUE, (1L << 32) + fox[0], 1L << 31, 151645
                }))
                .isEqualTo("fox");
        assertThat(tokenizer.decode(new long[0])).isEmpty();
    }

    @Test
    void anyJavaStringIsEncodedWithoutACrash() {
        assertThat(tokenizer.decode(tokenizer.encode("a\u0000b"))).isEqualTo("a\u0000b");
        assertThat(tokenizer.encode("\ud83d")).isNotEmpty();
        assertThat(tokenizer.decode(tokenizer.encode("fox \ud83d"))).startsWith("fox ");
    }

    @Test
    void manyThreadsGetTheSame() throws Exception {
        String text = "猫が本を読んでいる🐱📚 and a fox ".repeat(20);
        long[] expected = tokenizer.encode(text);
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try {
            List<Future<?>> runs = new ArrayList<>();
            for (int i = 0; i < 64; i++) {
                runs.add(threads.submit(() -> {
                    assertThat(tokenizer.encode(text)).containsExactly(expected);
                    assertThat(tokenizer.decode(expected)).isEqualTo(text);
                }));
            }
            for (Future<?> run : runs) {
                run.get();
            }
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void closedUnderUseItFailsCleanly() throws Exception {
        PromptTokenizer closing = PromptTokenizer.load(SmallModel.folder().resolve("tokenizer.json"));
        ExecutorService threads = Executors.newFixedThreadPool(4);
        try {
            List<Future<?>> runs = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                runs.add(threads.submit(() -> assertThatThrownBy(() -> {
                            while (true) {
                                closing.encode("a red fox in the snow");
                            }
                        })
                        .isInstanceOf(IllegalStateException.class)
                        .hasMessage("the tokenizer is closed")));
            }
            closing.close();
            closing.close();
            for (Future<?> run : runs) {
                run.get();
            }
        } finally {
            threads.shutdownNow();
        }
        assertThatThrownBy(() -> closing.decode(new long[] {1})).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void goesNowhereOnTheNetwork() {
        // The tests' environment sets neither, so these are the class's own settings.
        assertThat(System.getenv("RUST_FLAVOR") != null ? "cpu" : System.getProperty("RUST_FLAVOR"))
                .isEqualTo("cpu");
        assertThat(System.getenv("OPT_OUT_TRACKING") != null ? "true" : System.getProperty("OPT_OUT_TRACKING"))
                .isEqualTo("true");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "{",
                "{}",
                "{}}",
                "[1, 2]",
                "not JSON\nat all",
                "{\"model\":{\"type\":\"BPE\"}}",
                "{\"model\":{\"vocab\":{\"a",
                "{\"model\":{\"vocab\":{\"a\\",
                "\u0000\u0001"
            })
    void corruptFileIsAModelFormatException(String content) throws IOException {
        Path broken = Files.writeString(folder.resolve("broken.json"), content);
        assertRefused(broken, "is not a valid tokenizer");
    }

    @Test
    void truncatedOrMissingFileIsAModelFormatException() throws IOException {
        String json = Files.readString(file, StandardCharsets.UTF_8);
        Path half = Files.writeString(folder.resolve("half.json"), json.substring(0, json.length() / 2));
        assertRefused(half, "is not a valid tokenizer");
        assertRefused(folder.resolve("nothing.json"), "there is no tokenizer");
        assertRefused(folder, "there is no tokenizer");
    }

    private static void assertRefused(Path broken, String message) {
        assertThatThrownBy(() -> PromptTokenizer.load(broken))
                .isInstanceOf(ModelFormatException.class)
                .hasMessageContaining(message)
                .hasMessageContaining(broken.toString())
                .extracting(Throwable::getMessage)
                .satisfies(text -> assertThat(text.lines()).hasSize(1));
    }
}
