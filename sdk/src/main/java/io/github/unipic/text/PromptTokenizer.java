package io.github.unipic.text;

import ai.djl.engine.EngineException;
import ai.djl.huggingface.tokenizers.HuggingFaceTokenizer;
import io.github.unipic.InferenceException;
import io.github.unipic.ModelFormatException;
import io.github.unipic.libraries.NativeLibraries;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;

/**
 * The model's tokenizer, from its {@code tokenizer.json}. Works offline always. Thread-safe: it may be closed while
 * other threads use it, which then get an {@link IllegalStateException}.
 *
 * <p>The markers of the chat format, such as {@code <|im_end|>}, become their special tokens wherever they stand, in
 * the user's words too: the reference encodes the whole formatted prompt at once, and this does the same, as splitting
 * it would change how the words beside the template are tokenised. A prompt with markers changes its own picture only.
 * Who builds prompts from text by others and minds that should remove the markers first.
 */
public final class PromptTokenizer implements AutoCloseable {
    private static final long MAX_FILE_BYTES = 256L << 20;
    private static final Map<String, String> VERBATIM =
            Map.of("addSpecialTokens", "false", "truncation", "DO_NOT_TRUNCATE", "padding", "DO_NOT_PAD");

    static {
        // DJL reads these when its classes load. Without the first it may download a CUDA flavour of its native
        // library,
        // which is of no use here; without the second it asks the machine's cloud metadata service who it is, and
        // reports
        // that.
        setUnlessGiven("RUST_FLAVOR", "cpu");
        setUnlessGiven("OPT_OUT_TRACKING", "true");
    }

    private final HuggingFaceTokenizer tokenizer;
    private final ReadWriteLock lock = new ReentrantReadWriteLock();
    private boolean closed;

    private PromptTokenizer(HuggingFaceTokenizer tokenizer) {
        this.tokenizer = tokenizer;
    }

    private static void setUnlessGiven(String name, String value) {
        if (System.getenv(name) == null && System.getProperty(name) == null) {
            System.setProperty(name, value);
        }
    }

    /**
     * Loads a tokenizer. The first use on a machine unpacks DJL's native library into the cache folder, as
     * {@link NativeLibraries} does; the environment variable or system property {@code DJL_CACHE_DIR} names another
     * place.
     *
     * @param file a {@code tokenizer.json} as the Hugging Face library writes it
     * @return the tokenizer, to be closed
     * @throws ModelFormatException if the file is missing or is not a tokenizer
     * @throws InferenceException if the native library cannot be loaded
     */
    public static PromptTokenizer load(Path file) {
        byte[] json = read(file);
        NativeLibraries.prepareTokenizers();
        try {
            return new PromptTokenizer(HuggingFaceTokenizer.newInstance(new ByteArrayInputStream(json), VERBATIM));
        } catch (EngineException | LinkageError e) {
            throw new InferenceException(
                    "the tokenizer's native library cannot be loaded on " + System.getProperty("os.name") + " "
                            + System.getProperty("os.arch") + ": " + oneLine(e) + "; see DJL_CACHE_DIR and RUST_FLAVOR",
                    e);
        } catch (IOException | RuntimeException e) {
            throw new ModelFormatException(
                    file + " is not a valid tokenizer: " + oneLine(e) + "; get a fresh copy of the model", e);
        }
    }

    private static byte[] read(Path file) {
        try {
            if (!Files.isRegularFile(file)) {
                throw new ModelFormatException("there is no tokenizer " + file + "; get a fresh copy of the model");
            }
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw new ModelFormatException(file + " has " + Files.size(file) + " bytes, over " + MAX_FILE_BYTES
                        + "; that is no tokenizer");
            }
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new ModelFormatException("cannot read the tokenizer " + file + ": " + e, e);
        }
    }

    private static String oneLine(Throwable e) {
        return String.valueOf(e.getMessage()).replaceAll("\\s+", " ").strip();
    }

    /**
     * Encodes text as it stands: nothing is added, cut off or padded.
     *
     * @param text the whole formatted prompt
     * @return its token ids
     */
    public long[] encode(String text) {
        lock.readLock().lock();
        try {
            checkOpen();
            return tokenizer.encode(text, false, false).getIds();
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
        // The native side takes the low 32 bits of an id.
        long[] possible = Arrays.stream(ids)
                .filter(id -> id >= 0 && id <= Integer.MAX_VALUE)
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

    /** Frees the native tokenizer, once running calls have ended. Closing twice does nothing. */
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
