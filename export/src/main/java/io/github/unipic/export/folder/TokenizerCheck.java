package io.github.unipic.export.folder;

import io.github.unipic.UniPicException;
import io.github.unipic.export.ExportException;
import io.github.unipic.export.checkpoint.Checkpoint;
import io.github.unipic.model.Manifest.Tokens;
import io.github.unipic.text.PromptTokenizer;
import java.nio.file.Path;
import java.util.List;

/** Checks that the language model's tokenizer.json works and fits the model, and reads the ids for the manifest. */
public final class TokenizerCheck {
    private static final String SAMPLE = "A red fox in the snow, 1024 x 1024.";
    /** The tokens that end an answer of Qwen2.5, in the order of its tokenizer.json. */
    private static final List<String> USUAL_STOPS = List.of("<|endoftext|>", "<|im_end|>");

    private TokenizerCheck() {}

    /**
     * The ids for the manifest: the image placeholder gets the first id above the tokenizer's; the stop tokens are
     * those of generation_config.json or config.json, or the usual ones.
     *
     * @param vocabulary rows of the model's embedding
     * @throws ExportException when the tokenizer does not work, or has ids that the model does not
     */
    public static Tokens tokens(Checkpoint checkpoint, int vocabulary) {
        Path file = checkpoint.tokenizerFile();
        try (PromptTokenizer tokenizer = PromptTokenizer.load(file, vocabulary)) {
            int image = tokenizer.idCount();
            if (image >= vocabulary) {
                throw new ExportException(file + " has ids up to " + (image - 1) + ", and <image> is the next, but the"
                        + " model's vocabulary has " + vocabulary + " rows (llm.model.embed_tokens.weight); they are"
                        + " not of the same model: fetch the tokenizer that belongs to the weights.");
            }
            encodeAndDecode(tokenizer, file);
            return new Tokens(image, stops(checkpoint, vocabulary, tokenizer));
        } catch (ExportException e) {
            throw e;
        } catch (UniPicException e) {
            throw new ExportException("The model's tokenizer does not work: " + e.getMessage(), e);
        }
    }

    private static void encodeAndDecode(PromptTokenizer tokenizer, Path file) {
        if (!tokenizer.decode(tokenizer.encode(SAMPLE)).equals(SAMPLE)) {
            throw new ExportException(file + " does not give back the text '" + SAMPLE
                    + "' that it encoded, so it cannot serve this model; copy it again.");
        }
    }

    private static List<Integer> stops(Checkpoint checkpoint, int vocabulary, PromptTokenizer tokenizer) {
        List<Integer> configured = checkpoint
                .generationConfig()
                .map(config -> config.integers("eos_token_id", 0, vocabulary - 1))
                .filter(ids -> !ids.isEmpty())
                .orElseGet(() -> checkpoint.languageModelConfig().integers("eos_token_id", 0, vocabulary - 1));
        return configured.isEmpty()
                ? USUAL_STOPS.stream()
                        .flatMapToInt(name -> tokenizer.addedTokenId(name).stream())
                        .boxed()
                        .toList()
                : configured;
    }
}
