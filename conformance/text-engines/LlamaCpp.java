import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;

/**
 * llama.cpp's library, used as its llama-quantize and llama-bench do: random tokens, one at a time, nothing sampled.
 *
 * <pre>
 * java LlamaCpp.java LIBRARIES quantize FROM.gguf TO.gguf                  to Q4_0
 * java LlamaCpp.java LIBRARIES bench MODEL.gguf THREADS TOKENS CONTEXT...  a line each: CONTEXT TOKENS_PER_SECOND WEIGHT_BYTES
 * </pre>
 *
 * For x86-64 Linux. There a structure goes by value as a block on the stack or behind a hidden pointer, of which the callee
 * touches its own part only: so one block, larger than any of them, stands for all, whatever their fields are in a release.
 */
final class LlamaCpp {
    private static final MemoryLayout STRUCT = MemoryLayout.structLayout(MemoryLayout.sequenceLayout(64, JAVA_LONG));
    private static final int Q4_0 = 2; // LLAMA_FTYPE_MOSTLY_Q4_0
    private static final int CHUNK = 512; // llama.cpp's n_ubatch
    private static final int VOCABULARY = 151936;

    private final Arena arena = Arena.global();
    private final SegmentAllocator results = SegmentAllocator.prefixAllocator(arena.allocate(STRUCT));
    private final SymbolLookup symbols;
    private final MethodHandle batchOf;
    private final MethodHandle decode;
    private final Random random = new Random(0);

    private LlamaCpp(Path libraries) throws Throwable {
        symbols = library(libraries, "libllama.").or(library(libraries, "libggml."));
        batchOf = function("llama_batch_get_one", STRUCT, ADDRESS, JAVA_INT);
        decode = function("llama_decode", JAVA_INT, ADDRESS, STRUCT);
        // Of its builds for this kind of processor, llama.cpp itself takes the best one that runs here.
        procedure("ggml_backend_load_all_from_path", ADDRESS).invoke(arena.allocateFrom(libraries.toString()));
        procedure("llama_backend_init").invoke();
    }

    public static void main(String[] arguments) throws Throwable {
        LlamaCpp llama = new LlamaCpp(Path.of(arguments[0]));
        if (arguments[1].equals("quantize")) {
            llama.quantize(arguments[2], arguments[3]);
        } else {
            int[] numbers = Arrays.stream(arguments).skip(3).mapToInt(Integer::parseInt).toArray();
            llama.bench(arguments[2], numbers[0], numbers[1], Arrays.copyOfRange(numbers, 2, numbers.length));
        }
    }

    private void quantize(String from, String to) throws Throwable {
        MemorySegment settings = (MemorySegment)
                function("llama_model_quantize_default_params", STRUCT).invoke((SegmentAllocator) arena);
        settings.set(JAVA_INT, 4, Q4_0); // ftype, the second field
        int failed = (int) function("llama_model_quantize", JAVA_INT, ADDRESS, ADDRESS, ADDRESS)
                .invoke(arena.allocateFrom(from), arena.allocateFrom(to), settings);
        check(failed == 0, "cannot quantize " + from);
    }

    private void bench(String file, int threads, int tokens, int[] contexts) throws Throwable {
        System.err.println("llama.cpp " + text("llama_version") + ": " + text("llama_print_system_info"));
        MemorySegment settings = (MemorySegment) function("llama_model_default_params", STRUCT).invoke(results);
        MemorySegment model = (MemorySegment) function("llama_model_load_from_file", ADDRESS, ADDRESS, STRUCT)
                .invoke(arena.allocateFrom(file), settings);
        check(model.address() != 0, "cannot load " + file);
        long bytes = (long) function("llama_model_size", JAVA_LONG, ADDRESS).invoke(model);
        for (int context : contexts) {
            System.out.printf("%d %.2f %d%n", context, 1e9 / nanosPerToken(model, threads, tokens, context), bytes);
        }
    }

    /** The median. */
    private double nanosPerToken(MemorySegment model, int threads, int tokens, int context) throws Throwable {
        MemorySegment settings = (MemorySegment) function("llama_context_default_params", STRUCT).invoke(results);
        settings.set(JAVA_INT, 0, context + tokens + 1); // n_ctx, the first field
        MemorySegment state = (MemorySegment) function("llama_init_from_model", ADDRESS, ADDRESS, STRUCT)
                .invoke(model, settings);
        check(state.address() != 0, "cannot make a context of " + context);
        procedure("llama_set_n_threads", ADDRESS, JAVA_INT, JAVA_INT).invoke(state, threads, threads);
        for (int done = 0; done < context; done += CHUNK) {
            decode(state, Math.min(CHUNK, context - done));
        }
        decode(state, 1);
        long[] nanos = new long[tokens];
        for (int token = 0; token < tokens; token++) {
            long start = System.nanoTime();
            decode(state, 1);
            nanos[token] = System.nanoTime() - start;
        }
        procedure("llama_free", ADDRESS).invoke(state);
        Arrays.sort(nanos);
        return (nanos[(tokens - 1) / 2] + nanos[tokens / 2]) / 2.0;
    }

    /** Random tokens after those before them. On the processor it returns when they are computed. */
    private void decode(MemorySegment state, int count) throws Throwable {
        try (Arena once = Arena.ofConfined()) {
            MemorySegment ids = once.allocateFrom(JAVA_INT, random.ints(count, 0, VOCABULARY).toArray());
            MemorySegment batch = (MemorySegment) batchOf.invoke(results, ids, count);
            check((int) decode.invoke(state, batch) == 0, "cannot decode");
        }
    }

    private String text(String name) throws Throwable {
        return ((MemorySegment) function(name, ADDRESS).invoke()).reinterpret(Long.MAX_VALUE).getString(0);
    }

    private MethodHandle function(String name, MemoryLayout result, MemoryLayout... parameters) {
        return Linker.nativeLinker().downcallHandle(symbols.findOrThrow(name), FunctionDescriptor.of(result, parameters));
    }

    private MethodHandle procedure(String name, MemoryLayout... parameters) {
        return Linker.nativeLinker().downcallHandle(symbols.findOrThrow(name), FunctionDescriptor.ofVoid(parameters));
    }

    /** Its name ends in .so, or in a version and .so. */
    private SymbolLookup library(Path folder, String start) throws IOException {
        try (var files = Files.newDirectoryStream(folder, start + "*so")) {
            return SymbolLookup.libraryLookup(files.iterator().next(), arena);
        }
    }

    private static void check(boolean fine, String problem) {
        if (!fine) {
            throw new IllegalStateException("llama.cpp " + problem);
        }
    }
}
