package io.github.unipic.export.folder;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.unipic.export.ExportException;
import io.github.unipic.export.checkpoint.Checkpoint;
import io.github.unipic.export.checkpoint.CheckpointFolder;
import io.github.unipic.export.checkpoint.DType;
import io.github.unipic.export.checkpoint.SafetensorsWriter;
import io.github.unipic.model.Manifest.Tokens;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Uses a tokenizer with a token for each byte and three more, 256 to 258. */
class TokenizerCheckTest {
    private static final JsonMapper JSON = new JsonMapper();

    @TempDir
    private Path folder;

    private ObjectNode tokenizer;

    @BeforeEach
    void create() throws IOException {
        CheckpointFolder.create(folder);
        new SafetensorsWriter()
                .tensor("llm.a", DType.FLOAT32, new long[] {1}, 1)
                .write(folder.resolve("model.safetensors"));
        tokenizer = (ObjectNode) JSON.readTree("""
                {"added_tokens":[
                  {"id":256,"content":"<|im_start|>","special":true},
                  {"id":257,"content":"<|im_end|>","special":true},
                  {"id":258,"content":"<|endoftext|>","special":true}],
                "pre_tokenizer":{"type":"ByteLevel","add_prefix_space":false,"use_regex":true},
                "decoder":{"type":"ByteLevel"},
                "model":{"type":"BPE","vocab":{},"merges":[]}}""");
        ObjectNode vocabulary = (ObjectNode) tokenizer.at("/model/vocab");
        int others = 0x100;
        for (int value = 0; value < 0x100; value++) {
            boolean printable = value >= '!' && value <= '~' || value >= 0xa1 && value <= 0xac || value >= 0xae;
            vocabulary.put(Character.toString(printable ? value : others++), value);
        }
    }

    private void config(String more) throws IOException {
        Files.writeString(folder.resolve("language/config.json"), "{\"model_type\": \"qwen2\"" + more + "}");
    }

    private void generationConfig(String json) throws IOException {
        Files.writeString(folder.resolve("language/generation_config.json"), json);
    }

    private Tokens tokens(int vocabulary) throws IOException {
        Files.writeString(folder.resolve("language/tokenizer.json"), tokenizer.toString());
        try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            return TokenizerCheck.tokens(checkpoint, vocabulary);
        }
    }

    private void assertRefused(int vocabulary, String message) {
        assertThatExceptionOfType(ExportException.class)
                .isThrownBy(() -> tokens(vocabulary))
                .withMessageContaining(message)
                .withMessageNotContaining("\n");
    }

    @Test
    void theImageIsTheFirstFreeIdAndTheUsualTokensStop() throws IOException {
        Tokens tokens = tokens(260);
        assertThat(tokens.image()).isEqualTo(259);
        assertThat(tokens.stop()).containsExactly(258, 257);
    }

    @Test
    void whatIsConfiguredStops() throws IOException {
        config(", \"eos_token_id\": 7");
        assertThat(tokens(260).stop()).containsExactly(7);
        config(", \"eos_token_id\": 260");
        assertRefused(260, "eos_token_id is 260");
        config(", \"eos_token_id\": 7");
        generationConfig("{}");
        assertThat(tokens(260).stop()).containsExactly(7);
        generationConfig("{\"eos_token_id\": [259, 0]}");
        assertThat(tokens(260).stop()).containsExactly(259, 0);
        generationConfig("{\"eos_token_id\": 260}");
        assertRefused(260, "eos_token_id is 260");
    }

    @Test
    void theModelHasARowForTheImage() {
        assertRefused(
                259,
                "tokenizer.json has ids up to 258, and <image> is the next, but the model's vocabulary has 259 rows"
                        + " (llm.model.embed_tokens.weight)");
        assertRefused(258, "The model's tokenizer does not work: ");
    }

    /** A special token has no text, so a text with its name does not come back. */
    @Test
    void whatItEncodesItGivesBack() throws IOException {
        tokenizer.putObject("normalizer").put("type", "NFC");
        assertThat(tokens(260).image()).isEqualTo(259);
        ObjectNode named = (ObjectNode) tokenizer.get("added_tokens").get(0);
        named.put("content", "fox").put("special", true);
        assertRefused(
                260,
                "tokenizer.json does not give back the text 'A red fox in the snow, 1024 x 1024.' that it encoded");
    }
}
