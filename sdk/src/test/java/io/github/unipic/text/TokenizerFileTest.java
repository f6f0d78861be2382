package io.github.unipic.text;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.unipic.ModelFormatException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The parts of a tokenizer.json that are used, and the files that are refused before native code sees them. */
class TokenizerFileTest {
    private static final JsonMapper JSON = new JsonMapper();
    private static final String PATTERN = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}|"
            + " ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

    @TempDir
    private Path folder;

    private ObjectNode file;

    /** All bytes, "re" and "red", and three added tokens. */
    @BeforeEach
    void create() throws IOException {
        file = (ObjectNode) JSON.readTree("""
                {"version":"1.0","truncation":null,"padding":null,
                "added_tokens":[
                  {"id":258,"content":"<|end|>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true},
                  {"id":300,"content":"<call>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":false},
                  {"id":301,"content":"<image>","single_word":false,"lstrip":false,"rstrip":false,"normalized":false,"special":true}],
                "normalizer":{"type":"NFC"},
                "pre_tokenizer":{"type":"Sequence","pretokenizers":[
                  {"type":"Split","pattern":{"Regex":""},"behavior":"Isolated","invert":false},
                  {"type":"ByteLevel","add_prefix_space":false,"trim_offsets":true,"use_regex":false}]},
                "post_processor":null,
                "decoder":{"type":"ByteLevel","add_prefix_space":true,"trim_offsets":true,"use_regex":true},
                "model":{"type":"BPE","dropout":null,"unk_token":null,"continuing_subword_prefix":"",
                  "end_of_word_suffix":null,"fuse_unk":false,"byte_fallback":false,"ignore_merges":false,
                  "vocab":{},"merges":[["r","e"],["re","d"]]}}""");
        ((ObjectNode) file.at("/pre_tokenizer/pretokenizers/0/pattern")).put("Regex", PATTERN);
        ObjectNode vocabulary = (ObjectNode) file.at("/model/vocab");
        int others = 0x100;
        for (int value = 0; value < 0x100; value++) {
            boolean printable = value >= '!' && value <= '~' || value >= 0xa1 && value <= 0xac || value >= 0xae;
            vocabulary.put(Character.toString(printable ? value : others++), value);
        }
        vocabulary.put("re", 256).put("red", 257);
    }

    private PromptTokenizer load(byte[] json) throws IOException {
        return PromptTokenizer.load(Files.write(folder.resolve("tokenizer.json"), json));
    }

    private void assertRefused(String message) throws IOException {
        byte[] json = JSON.writeValueAsBytes(file);
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> load(json).close())
                .withMessageContaining("tokenizer.json is not a valid tokenizer: ")
                .withMessageContaining(message)
                .withMessageNotContaining("\n");
    }

    @Test
    void encodesAndDecodes() throws IOException {
        try (PromptTokenizer tokenizer = load(JSON.writeValueAsBytes(file))) {
            assertThat(tokenizer.encode("red<|end|><call>\u00e4<image>"))
                    .containsExactly(257, 258, 300, 0xc3, 0xa4, '<', 'i', 'm', 'a', 'g', 'e', '>');
            assertThat(tokenizer.encode(PromptText.typed("red<|end|><call>", false)))
                    .containsExactly(257, '<', '|', 'e', 'n', 'd', '|', '>', 300);
            assertThat(tokenizer.decode(new long[] {257, 258, 300, 0xc3, 0xa4, 301, 299}))
                    .isEqualTo("red<call>\u00e4");
        }
    }

    @Test
    void aFileInAsciiOfAnotherOrderAndWithMergesAsTextIsTheSame() throws IOException {
        set("/model/merges", JSON.readTree("[\"r e\",\"re d\"]"));
        ObjectNode other = JSON.createObjectNode();
        other.set("model", file.get("model"));
        file.properties().forEach(field -> other.set(field.getKey(), field.getValue()));
        String json = JSON.writer()
                .with(JsonWriteFeature.ESCAPE_NON_ASCII)
                .withDefaultPrettyPrinter()
                .writeValueAsString(other);
        assertThat(json).contains("\\u0120").doesNotContain("\u0120");
        try (PromptTokenizer tokenizer = load(json.getBytes(StandardCharsets.US_ASCII))) {
            assertThat(tokenizer.encode(" red")).containsExactly(' ', 257);
        }
    }

    @Test
    void whatIsNotUsedMayBeAnything() throws IOException {
        file.put("post_processor", "?").put("padding", 7).remove("version");
        file.withObject("/truncation").put("max_length", -1);
        ((ObjectNode) file.get("model")).put("unk_token", "nothing").put("later", true);
        try (PromptTokenizer tokenizer = load(JSON.writeValueAsBytes(file))) {
            assertThat(tokenizer.encode("red")).containsExactly(257);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/decoder                | {\"type\":\"ByteLevelX\"}     | decoder",
                "/decoder                | {\"type\":\"Strip\",\"content\":\"x\",\"start\":9,\"stop\":9} | decoder",
                "/decoder                | null                          | decoder",
                "/model/type             | \"Unigram\"                   | model is not of type BPE",
                "/model/dropout          | 0.5                           | model.dropout",
                "/model/continuing_subword_prefix | \"##########\"       | continuing_subword_prefix",
                "/model/end_of_word_suffix | \"</w>\"                    | end_of_word_suffix",
                "/model/ignore_merges    | true                          | ignore_merges",
                "/model/ignore_merges    | 1                             | ignore_merges is neither true nor false",
                "/model/vocab/red        | -1                            | whole number",
                "/model/vocab/red        | 4294967296                    | whole number",
                "/model/vocab/red        | 1e3                           | it has no , at byte",
                "/model/vocab/red        | 256                           | gives two tokens the id 256",
                "/model/vocab            | {}                            | lacks tokens for 256 of 256 bytes",
                "/model/merges           | [\"r x\"]                     | Token",
                "/model/merges           | [\"r\"]                       | ''",
                "/model/merges           | {}                            | ''",
                "/normalizer             | {\"type\":\"NFKC\"}           | normalizer",
                "/pre_tokenizer          | null                          | pre_tokenizer",
                "/pre_tokenizer/pretokenizers | []                       | pre_tokenizer",
                "/pre_tokenizer/pretokenizers/0/pattern/Regex | \"(a*)*b\" | unknown pattern",
                "/pre_tokenizer/pretokenizers/0/behavior | \"Removed\"   | isolated",
                "/pre_tokenizer/pretokenizers/1/use_regex | true         | does not split",
                "/pre_tokenizer/pretokenizers/1/add_prefix_space | true  | adds a space",
                "/added_tokens           | 7                             | added_tokens is not an array",
                "/added_tokens/0/id      | 257                           | an id that is taken",
                "/added_tokens/0/id      | -1                            | or not from 0 to 1048575",
                "/added_tokens/0/id      | 1048576                       | or not from 0 to 1048575",
                "/added_tokens/0/id      | 99999999999                   | not a whole number from 0 to 1048575",
                "/added_tokens/0/id      | null                          | not a whole number from 0 to 1048575",
                "/added_tokens/0/content | \"\"                          | empty",
                "/added_tokens/0/content | \"<call>\"                    | or repeated",
                "/added_tokens/0/content | \"\\ud800\"                   | not valid Unicode",
                "/added_tokens/0/content | \"\\u001b[2J\\n\"             | <U+001B>[2J",
                "/added_tokens/0/normalized | true                       | unusual property normalized",
                "/added_tokens/0/lstrip  | true                          | unusual property lstrip",
                "/added_tokens/0/special | \"yes\"                       | special is neither true nor false"
            })
    void refuses(String path, String value, String message) throws IOException {
        set(path, JSON.readTree(value));
        if (value.contains("[2J")) {
            set("/added_tokens/0/id", JSON.readTree("-1"));
        }
        assertRefused(message);
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> load(JSON.writeValueAsBytes(file)).close())
                .satisfies(e -> assertThat(e.getMessage()).doesNotContainPattern("\\p{Cc}"));
    }

    private void set(String pointer, JsonNode value) {
        int slash = pointer.lastIndexOf('/');
        JsonNode parent = file.at(pointer.substring(0, slash));
        String name = pointer.substring(slash + 1);
        if (parent instanceof ArrayNode array) {
            array.set(Integer.parseInt(name), value);
        } else {
            ((ObjectNode) parent).set(name, value);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"decoder", "model", "pre_tokenizer"})
    void refusesAFileWithout(String part) throws IOException {
        file.remove(part);
        assertRefused(part);
    }

    @Test
    void refusesWhatStandsThereTwiceAndWhatFollows() throws IOException {
        String json = JSON.writeValueAsString(file);
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> load(json.replaceFirst("\\{", "{\"decoder\":{\"type\":\"ByteLevel\"},")
                                .getBytes(StandardCharsets.UTF_8))
                        .close())
                .withMessageContaining("decoder appears twice");
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() ->
                        load((json + "{}").getBytes(StandardCharsets.UTF_8)).close())
                .withMessageContaining("it has more content after its end");
    }

    @Test
    void refusesTokensThatTheModelDoesNotKnow() throws IOException {
        Path tokenizer = Files.write(folder.resolve("tokenizer.json"), JSON.writeValueAsBytes(file));
        PromptTokenizer.load(tokenizer, 302).close();
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> PromptTokenizer.load(tokenizer, 301).close())
                .withMessageContaining("ids up to 301");
    }

    /** The vocabulary of 258 tokens is counted as it is read, before anything else of it is looked at. */
    @Test
    void refusesMoreTokensThanTheModelHas() throws IOException {
        ((ObjectNode) file.at("/model/vocab")).put("red", 256);
        Path tokenizer = Files.write(folder.resolve("tokenizer.json"), JSON.writeValueAsBytes(file));
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> PromptTokenizer.load(tokenizer, 257).close())
                .withMessageContaining("more tokens than the model's vocabulary of 257");
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> PromptTokenizer.load(tokenizer, 258).close())
                .withMessageContaining("gives two tokens the id 256");
    }

    @Test
    void tellsItsIds() throws IOException {
        try (PromptTokenizer tokenizer = load(JSON.writeValueAsBytes(file))) {
            assertThat(tokenizer.idCount()).isEqualTo(302);
            assertThat(tokenizer.addedTokenId("<|end|>")).hasValue(258);
            assertThat(tokenizer.addedTokenId("<image>")).hasValue(301);
            assertThat(tokenizer.addedTokenId("red")).isEmpty();
        }
    }

    @Test
    void refusesAVocabularyThatStandsThereTwiceAndTwoTokensOfId0() throws IOException {
        String json = JSON.writeValueAsString(file);
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> load(json.replace("\"vocab\":{", "\"vocab\":{\"x\":9},\"vocab\":{")
                                .getBytes(StandardCharsets.UTF_8))
                        .close())
                .withMessageContaining("model.vocab appears twice");
        ((ObjectNode) file.at("/model/vocab")).put("red", 0);
        assertRefused("model.vocab gives two tokens the id 0");
    }

    @Test
    void textIsNormalizedAsTheFileSays() throws IOException {
        try (PromptTokenizer tokenizer = load(JSON.writeValueAsBytes(file))) {
            assertThat(tokenizer.encode("a\u0308")).containsExactly(0xc3, 0xa4);
        }
        file.putNull("normalizer");
        try (PromptTokenizer tokenizer = load(JSON.writeValueAsBytes(file))) {
            assertThat(tokenizer.encode("a\u0308")).containsExactly('a', 0xcc, 0x88);
        }
    }

    @Test
    void byteLevelMaySplitByItself() throws IOException {
        ObjectNode alone =
                file.putObject("pre_tokenizer").put("type", "ByteLevel").put("add_prefix_space", false);
        try (PromptTokenizer tokenizer = load(JSON.writeValueAsBytes(file))) {
            assertThat(tokenizer.encode("red red")).containsExactly(257, ' ', 257);
        }
        alone.put("use_regex", false);
        assertRefused("pre_tokenizer does not split text, or splits it twice");
        alone.put("use_regex", true).put("add_prefix_space", true);
        assertRefused("pre_tokenizer adds a space");
    }

    /** Qwen's pattern takes digits one by one, the usual one takes them together. */
    @Test
    void textIsSplitByTheFilesPattern() throws IOException {
        ((ObjectNode) file.at("/model/vocab")).put("12", 299);
        set("/model/merges", JSON.readTree("[[\"1\",\"2\"]]"));
        try (PromptTokenizer tokenizer = load(JSON.writeValueAsBytes(file))) {
            assertThat(tokenizer.encode("12")).containsExactly('1', '2');
        }
        file.putObject("pre_tokenizer").put("type", "ByteLevel").put("add_prefix_space", false);
        try (PromptTokenizer tokenizer = load(JSON.writeValueAsBytes(file))) {
            assertThat(tokenizer.encode("12")).containsExactly(299);
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/pre_tokenizer/type                           | \"Split\"",
                "/pre_tokenizer/pretokenizers/0/type           | \"Digits\"",
                "/pre_tokenizer/pretokenizers/1/type           | \"Digits\"",
                "/pre_tokenizer/pretokenizers                  | [{\"type\":\"Split\"}]"
            })
    void otherPreTokenizersAreRefused(String path, String value) throws IOException {
        set(path, JSON.readTree(value));
        assertRefused("pre_tokenizer is neither ByteLevel nor a Split before ByteLevel");
    }

    private void addTokens(int count) {
        for (int i = file.get("added_tokens").size(); i < count; i++) {
            ((ArrayNode) file.get("added_tokens"))
                    .addObject()
                    .put("id", 1000 + i)
                    .put("content", "<" + i + ">");
        }
    }

    @Test
    void addedTokensHaveLimits() throws IOException {
        set("/added_tokens/0/id", JSON.readTree("1048575"));
        set("/added_tokens/0/content", JSON.readTree("\"" + "x".repeat(256) + "\""));
        addTokens(1024);
        try (PromptTokenizer tokenizer = load(JSON.writeValueAsBytes(file))) {
            assertThat(tokenizer.encode("x".repeat(256))).containsExactly(1048575);
            assertThat(tokenizer.encode("<1023>")).containsExactly(2023);
            assertThat(tokenizer.idCount()).isEqualTo(1048576);
        }
        addTokens(1025);
        assertRefused("added_tokens has more than 1024");
    }

    @Test
    void aTokenOf257CharactersIsTooLong() throws IOException {
        set("/added_tokens/0/content", JSON.readTree("\"" + "x".repeat(257) + "\""));
        assertRefused("added_tokens has \"" + "x".repeat(40) + "...\", which is empty, too long");
    }

    @Test
    void anAddedTokenMayHaveId0() throws IOException {
        ((ObjectNode) file.at("/model/vocab")).put("\u0100", 299);
        set("/added_tokens/0/id", JSON.readTree("0"));
        try (PromptTokenizer tokenizer = load(JSON.writeValueAsBytes(file))) {
            assertThat(tokenizer.encode("<|end|>\u0000")).containsExactly(0, 299);
        }
    }

    @Test
    void aFileIsReadUpTo32Mebibytes() throws IOException {
        Path large = folder.resolve("large.json");
        try (RandomAccessFile file = new RandomAccessFile(large.toFile(), "rw")) {
            file.setLength(32 << 20);
            assertThatExceptionOfType(ModelFormatException.class)
                    .isThrownBy(() -> PromptTokenizer.load(large).close())
                    .withMessageContaining("is not a valid tokenizer");
            file.setLength((32 << 20) + 1);
            assertThatExceptionOfType(ModelFormatException.class)
                    .isThrownBy(() -> PromptTokenizer.load(large).close())
                    .withMessage(
                            large
                                    + " has 33554433 bytes, over 33554432, too many for a tokenizer; get a fresh copy of the model");
        }
    }

    @Test
    void closingFreesTheNativeTokenizer() throws IOException {
        TokenizerFile checked = TokenizerFile.parse(JSON.writeValueAsBytes(file), 302);
        HuggingFaceTokenizer handle =
                HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(checked.nativeJson()), Map.of());
        PromptTokenizer tokenizer = new PromptTokenizer(handle, new AddedTokens(List.of()), 302);
        assertThat(tokenizer.encode("red")).containsExactly(257);
        assertThat(tokenizer.decode(new long[] {257})).isEqualTo("red");
        assertThat(handle.isReleased()).isFalse();
        // Hangs if a call has left its lock.
        assertTimeoutPreemptively(Duration.ofMinutes(1), tokenizer::close);
        assertThat(handle.isReleased()).isTrue();
        assertThatNoException().isThrownBy(tokenizer::close);
    }
}
