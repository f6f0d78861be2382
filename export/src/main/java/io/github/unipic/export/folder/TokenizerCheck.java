package io.github.unipic.export.folder;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import io.github.unipic.UniPicException;
import io.github.unipic.export.ExportException;
import io.github.unipic.export.checkpoint.Checkpoint;
import io.github.unipic.model.Manifest.Tokens;
import io.github.unipic.text.PromptTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Sees that the language model's tokenizer.json works and fits the model, and reads the ids that the manifest needs.
 * The file is read piece by piece, so one of any form takes little memory.
 */
public final class TokenizerCheck {
    private static final long MAX_BYTES = 64L << 20;
    private static final String SAMPLE = "A red fox in the snow, 1024 x 1024.";
    private static final Set<String> ENDINGS = Set.of("<|im_end|>", "<|endoftext|>");

    private final Path file;
    private final int vocabulary;
    private final List<Integer> endings = new ArrayList<>();
    private int largest = -1;
    private int entries;

    private TokenizerCheck(Path file, int vocabulary) {
        this.file = file;
        this.vocabulary = vocabulary;
    }

    /**
     * The ids for the manifest: the image placeholder gets the first id that the tokenizer leaves free; stops are as
     * generation_config.json or config.json says, or the usual ones.
     *
     * @param vocabulary rows of the model's embedding
     * @throws ExportException when the tokenizer does not work, or has ids that the model does not
     */
    public static Tokens tokens(Checkpoint checkpoint, int vocabulary) {
        TokenizerCheck check = new TokenizerCheck(checkpoint.tokenizerFile(), vocabulary);
        check.readIds();
        check.encodeAndDecode();
        List<Integer> configured = checkpoint
                .generationConfig()
                .map(config -> config.integers("eos_token_id", 0, vocabulary - 1))
                .filter(ids -> !ids.isEmpty())
                .orElseGet(() -> checkpoint.languageModelConfig().integers("eos_token_id", 0, vocabulary - 1));
        return new Tokens(check.largest + 1, configured.isEmpty() ? List.copyOf(check.endings) : configured);
    }

    private void readIds() {
        try (JsonParser json = new JsonFactory().createParser(file.toFile())) {
            if (Files.size(file) > MAX_BYTES) {
                throw new ExportException(file + " is larger than " + MAX_BYTES + " bytes; it is no tokenizer");
            }
            json.nextToken();
            forEachField(json, name -> {
                switch (name) {
                    case "model" ->
                        forEachField(json, part -> {
                            if (part.equals("vocab")) {
                                readVocabulary(json);
                            }
                        });
                    case "added_tokens" -> readAddedTokens(json);
                    default -> {}
                }
            });
        } catch (IOException e) {
            throw new ExportException(file + " is not a Hugging Face tokenizer.json; copy it again.", e);
        }
        int needed = largest + 2; // and one for <image>
        if (needed > vocabulary) {
            throw new ExportException(file + " has ids up to " + largest + ", and <image> is the next, but the model's"
                    + " vocabulary has " + vocabulary
                    + " rows (llm.model.embed_tokens.weight); they are not of the same"
                    + " model: fetch the tokenizer that belongs to the weights.");
        }
    }

    /** Does something with a field whose value is the parser's current token. */
    @FunctionalInterface
    private interface Field {
        void read(String name) throws IOException;
    }

    /** Of the object at the current token; of anything else, nothing. What a field's reader leaves is skipped. */
    private static void forEachField(JsonParser json, Field field) throws IOException {
        if (json.currentToken() != JsonToken.START_OBJECT) {
            return;
        }
        while (json.nextToken() == JsonToken.FIELD_NAME) {
            String name = json.currentName();
            json.nextToken();
            field.read(name);
            json.skipChildren();
        }
    }

    private void readVocabulary(JsonParser json) throws IOException {
        forEachField(json, token -> {
            readId(json);
            if (++entries > vocabulary) { // more than have ids of their own; and each costs the native tokenizer memory
                throw new ExportException(file + " has more tokens than the model's vocabulary of " + vocabulary
                        + "; they are not of the same model: fetch the tokenizer that belongs to the weights.");
            }
        });
    }

    private void readAddedTokens(JsonParser json) throws IOException {
        if (json.currentToken() != JsonToken.START_ARRAY) {
            return;
        }
        while (json.nextToken() != JsonToken.END_ARRAY && json.currentToken() != null) {
            readAddedToken(json);
        }
    }

    private void readAddedToken(JsonParser json) throws IOException {
        int[] id = {-1};
        boolean[] ends = {false};
        forEachField(json, name -> {
            switch (name) {
                case "id" -> id[0] = readId(json);
                case "content" -> ends[0] = ENDINGS.contains(json.getText());
                default -> {}
            }
        });
        json.skipChildren();
        if (ends[0] && id[0] >= 0) {
            endings.add(id[0]);
        }
    }

    private int readId(JsonParser json) throws IOException {
        if (json.currentToken() != JsonToken.VALUE_NUMBER_INT
                || json.getNumberType() != JsonParser.NumberType.INT
                || json.getIntValue() < 0
                || json.getIntValue() > Integer.MAX_VALUE - 2) {
            throw new ExportException(file + " has a token whose id is no whole number; copy it again.");
        }
        largest = Math.max(largest, json.getIntValue());
        return json.getIntValue();
    }

    private void encodeAndDecode() {
        try (PromptTokenizer tokenizer = PromptTokenizer.load(file)) {
            long[] ids = tokenizer.encode(SAMPLE);
            String decoded = tokenizer.decode(ids);
            if (!decoded.equals(SAMPLE)) {
                throw new ExportException(file + " does not give back the text '" + SAMPLE
                        + "' that it encoded, so it cannot serve this model; copy it again.");
            }
        } catch (ExportException e) {
            throw e;
        } catch (UniPicException e) {
            throw new ExportException("The model's tokenizer does not work: " + e.getMessage(), e);
        }
    }
}
