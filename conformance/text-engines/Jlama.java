import com.github.tjake.jlama.model.AbstractModel;
import com.github.tjake.jlama.model.ModelSupport;
import com.github.tjake.jlama.safetensors.DType;
import com.github.tjake.jlama.safetensors.SafeTensorSupport;
import com.github.tjake.jlama.tensor.AbstractTensor;
import com.github.tjake.jlama.tensor.KvBufferCache;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;

/**
 * Jlama, with its loop of {@code generate}: one token at a time, greedy, through its public methods.
 *
 * <pre>
 * java -cp JARS Jlama.java quantize FROM TO                          to Q4, as jlama quantize does
 * java -cp JARS Jlama.java bench FOLDER THREADS TOKENS CONTEXT...    a line each: CONTEXT TOKENS_PER_SECOND WEIGHT_BYTES
 * </pre>
 */
final class Jlama {
    private static final int CHUNK = 256;

    private final AbstractModel model;
    private final Random random = new Random(0);

    private Jlama(AbstractModel model) {
        this.model = model;
    }

    public static void main(String[] arguments) throws IOException {
        Path folder = Path.of(arguments[1]);
        if (arguments[0].equals("quantize")) {
            SafeTensorSupport.quantizeModel(folder, DType.Q4, new String[0], new String[0], Optional.of(Path.of(arguments[2])));
            return;
        }
        int[] numbers = Arrays.stream(arguments).skip(2).mapToInt(Integer::parseInt).toArray();
        // As its command line runs a model: activations in float32, and in 8 bits where they meet weights.
        AbstractModel model = ModelSupport.loadModel(
                folder.toFile(), null, DType.F32, DType.I8, Optional.empty(), Optional.of(numbers[0]));
        Jlama jlama = new Jlama(model);
        // All weights but the embedding's table, of which a token reads one row: 4 bits, and a float32 for each 32 of them.
        long table = 5L * model.getConfig().vocabularySize * model.getConfig().embeddingLength / 8;
        long bytes = Files.size(folder.resolve("model.safetensors")) - table;
        for (int i = 2; i < numbers.length; i++) {
            jlama.nanosPerToken(numbers[1], numbers[i]); // until Java's compiler is done
            System.out.printf("%d %.2f %d%n", numbers[i], 1e9 / jlama.nanosPerToken(numbers[1], numbers[i]), bytes);
        }
    }

    /** The median. */
    private double nanosPerToken(int tokens, int context) {
        try (KvBufferCache.KvBuffer cache = new KvBufferCache(model).getEphemeralKvBuffer();
                AbstractTensor logits = model.makeDenseTensor(model.getConfig().vocabularySize)) {
            for (int done = 0; done < context; done += CHUNK) {
                int[] ids = random.ints(Math.min(CHUNK, context - done), 0, model.getConfig().vocabularySize).toArray();
                model.batchForward(ids, done, cache).close();
            }
            long[] nanos = new long[tokens];
            int next = 0;
            for (int token = 0; token < tokens; token++) {
                long start = System.nanoTime();
                AbstractTensor hidden = model.forward(next, context + token, cache, Optional.empty());
                next = model.sample(hidden.slice(hidden.shape().first() - 1), 0, 0, logits);
                hidden.close();
                nanos[token] = System.nanoTime() - start;
            }
            Arrays.sort(nanos);
            return (nanos[(tokens - 1) / 2] + nanos[tokens / 2]) / 2.0;
        }
    }
}
