package io.github.unipic.text;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import com.fasterxml.jackson.core.JsonProcessingException;
import io.github.unipic.InferenceException;
import io.github.unipic.ModelFormatException;
import io.github.unipic.libraries.MissingClass;
import io.github.unipic.libraries.NativeLibraries;
import io.github.unipic.text.AddedTokens.AddedToken;
import io.github.unipic.text.JsonScanner.Wrong;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import java.util.stream.LongStream;

/**
 * The model's tokenizer, from its {@code tokenizer.json}. It never uses the network. Thread-safe: if it is closed while
 * other threads use it, they get an {@link IllegalStateException}.
 *
 * <p>The names of special tokens, such as {@code <|im_end|>}, become those tokens in a template's text only, not in
 * what a user typed (see {@link PromptText}), as in Hugging Face's library with {@code split_special_tokens}. All other
 * text is encoded together, template and typed text alike, so that text next to the template becomes the same tokens as
 * in the reference.
 */
public final class PromptTokenizer implements AutoCloseable {
    private static final long MAX_FILE_BYTES = 32L << 20;
    private static final Map<String, String> VERBATIM =
            Map.of("addSpecialTokens", "false", "truncation", "DO_NOT_TRUNCATE", "padding", "DO_NOT_PAD");

    static {
        // DJL reads these when its classes load. Without the first it may download a CUDA build of its native
        // library, which is useless here. Without the second it reports the machine's cloud identity.
        setUnlessGiven("RUST_FLAVOR", "cpu");
        setUnlessGiven("OPT_OUT_TRACKING", "true");
    }

    private final HuggingFaceTokenizer tokenizer;
    private final AddedTokens added;
    private final int idCount;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private boolean closed;

    /** @param tokenizer is closed with this one */
    PromptTokenizer(HuggingFaceTokenizer tokenizer, AddedTokens added, int idCount) {
        this.tokenizer = tokenizer;
        this.added = added;
        this.idCount = idCount;
    }

    private static void setUnlessGiven(String name, String value) {
        if (System.getenv(name) == null && System.getProperty(name) == null) {
            System.setProperty(name, value);
        }
    }

    /**
     * Loads a tokenizer. The first use on a machine unpacks DJL's native library into the cache folder, as
     * {@link NativeLibraries} does; the environment variable or system property {@code DJL_CACHE_DIR} names another
     * folder.
     *
     * @param file a {@code tokenizer.json} as the Hugging Face library writes it
     * @return the tokenizer, to be closed
     * @throws ModelFormatException if the file is missing, damaged, or not a byte-level BPE tokenizer like Qwen2.5's
     * @throws InferenceException if the native library cannot be loaded
     */
    public static PromptTokenizer load(Path file) {
        return load(file, Integer.MAX_VALUE);
    }

    /**
     * Loads a model's tokenizer, as {@link #load(Path)}.
     *
     * @param file a {@code tokenizer.json} as the Hugging Face library writes it
     * @param vocabulary number of tokens that the model knows
     * @return the tokenizer, to be closed
     * @throws ModelFormatException also if the tokenizer has ids that the model does not know
     * @throws InferenceException if the native library cannot be loaded
     */
    public static PromptTokenizer load(Path file, int vocabulary) {
        byte[] json = read(file);
        NativeLibraries.prepareTokenizers();
        try {
            TokenizerFile checked = TokenizerFile.parse(json, vocabulary);
            if (checked.ids() > vocabulary) {
                throw new Wrong("it has ids up to " + (checked.ids() - 1) + ", and the model's vocabulary ends at "
                        + (vocabulary - 1));
            }
            return new PromptTokenizer(
                    HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(checked.nativeJson()), VERBATIM),
                    new AddedTokens(checked.addedTokens()),
                    checked.ids());
        } catch (EngineException | LinkageError e) {
            throw new InferenceException(
                    MissingClass.explain(e)
                            .orElseGet(() -> "the tokenizer's native library cannot be loaded on "
                                    + System.getProperty("os.name") + " " + System.getProperty("os.arch") + ": "
                                    + e.getMessage() + "; see DJL_CACHE_DIR and RUST_FLAVOR"),
                    e);
        } catch (IOException | RuntimeException e) {
            throw new ModelFormatException(
                    file + " is not a valid tokenizer: " + reason(e) + "; get a fresh copy of the model", e);
        }
    }

    private static byte[] read(Path file) {
        try {
            if (!Files.isRegularFile(file)) {
                throw new ModelFormatException("there is no tokenizer " + file + "; get a fresh copy of the model");
            }
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw new ModelFormatException(file + " has " + Files.size(file) + " bytes, over " + MAX_FILE_BYTES
                        + ", too many for a tokenizer; get a fresh copy of the model");
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new ModelFormatException(
                    "cannot read the tokenizer " + file + ": " + e + "; check that you may read it", e);
        }
    }

    private static String reason(Exception e) {
        return e instanceof JsonProcessingException json ? json.getOriginalMessage() : e.getMessage();
    }

    /** The number of ids: all ids are below this, though some may have no token. */
    public int idCount() {
        return idCount;
    }

    /** The id of the added token of this name, such as {@code <|im_end|>}; empty if there is none. */
    public OptionalInt addedTokenId(String name) {
        return added.find(name).stream().mapToInt(AddedToken::id).findFirst();
    }

    /**
     * Encodes text as it is: nothing is added, cut off or padded.
     *
     * @return its token ids
     */
    public long[] encode(PromptText prompt) {
        LongStream.Builder result = LongStream.builder();
        StringBuilder between = new StringBuilder();
        for (PromptText.Part part : joined(prompt)) {
            if (part.trusted()) {
                added.split(part.text(), AddedToken::special, between::append, token -> {
                    encodePlain(between.toString(), result);
                    between.setLength(0);
                    result.add(token.id());
                });
            } else {
                between.append(part.text());
            }
        }
        encodePlain(between.toString(), result);
        return result.build().toArray();
    }

    /**
     * Encodes a template's text, in which names of special tokens are those tokens.
     *
     * @return its token ids
     */
    public long[] encode(String template) {
        return encode(PromptText.template(template));
    }

    /** Joins adjacent parts of one kind, so that a token's name may cross their border. */
    private static List<PromptText.Part> joined(PromptText prompt) {
        List<PromptText.Part> joined = new ArrayList<>();
        for (PromptText.Part part : prompt.parts()) {
            int last = joined.size() - 1;
            if (last >= 0 && joined.get(last).trusted() == part.trusted()) {
                joined.set(last, new PromptText.Part(joined.get(last).text() + part.text(), part.trusted()));
            } else {
                joined.add(part);
            }
        }
        return joined;
    }

    /**
     * Encodes text between two special tokens. Added tokens that are not special, such as a code model's, are found
     * anywhere.
     */
    private void encodePlain(String whole, LongStream.Builder result) {
        added.split(
                whole,
                token -> !token.special(),
                text -> LongStream.of(encodeNatively(text)).forEach(result),
                token -> result.add(token.id()));
    }

    private long[] encodeNatively(String text) {
        lock.readLock().lock();
        try {
            checkOpen();
            return text.isEmpty()
                    ? new long[0]
                    : tokenizer.encode(text, false, false).getIds();
        } finally {
            lock.readLock().unlock();
        }
    }

    /**
     * Decodes tokens, without the special ones. Ids that the tokenizer does not know have no text.
     *
     * @param ids token ids
     * @return their text
     */
    public String decode(long[] ids) {
        // The native library uses only the low 32 bits of an id.
        long[] possible = Arrays.stream(ids)
                .filter(id -> id >= 0 && id <= Integer.MAX_VALUE && !added.isSpecial((int) id))
                .toArray();
        lock.readLock().lock();
        try {
            checkOpen();
            return tokenizer.decode(possible, true);
        } finally {
            lock.readLock().unlock();
        }
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the tokenizer is closed");
        }
    }

    /** Waits for running calls and frees the native tokenizer. Closing twice does nothing. */
    @Override
    public void close() {
        lock.writeLock().lock();
        try {
            closed = true;
            tokenizer.close();
        } finally {
            lock.writeLock().unlock();
        }
    }
}
