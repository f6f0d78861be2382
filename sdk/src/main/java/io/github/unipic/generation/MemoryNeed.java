package io.github.unipic.generation;

import com.sun.management.HotSpotDiagnosticMXBean;
import com.sun.management.OperatingSystemMXBean;
import io.github.unipic.InferenceException;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.Manifest.GraphSpec;
import io.github.unipic.model.Manifest.Sizes;
import java.lang.management.ManagementFactory;
import java.util.Optional;

/**
 * A lower bound of the memory that an image needs. A request that cannot fit is refused before it starts.
 *
 * @param attention bytes for one layer of the MAR decoder's attention on the CPU
 * @param kept bytes for the keys and values of the MAR decoder that are kept between iterations, on the CPU
 * @param direct bytes outside Java's heap that count against Java's limit
 * @param heap bytes in Java's heap: the images' pixel values, which are all there when the last one is decoded
 */
record MemoryNeed(long attention, long kept, long direct, long heap) {
    /** No known model has wider heads. The published MAR decoder's have 80 channels. */
    private static final int WIDEST_HEAD = 128;

    /**
     * The memory of this machine.
     *
     * @param machine bytes, swap included; 0 when unknown
     * @param direct bytes that Java may use outside its heap
     * @param heap bytes that Java's heap may have
     */
    record Available(long machine, long direct, long heap) {
        static Available here() {
            OperatingSystemMXBean system = ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);
            HotSpotDiagnosticMXBean java = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
            long limit = Optional.ofNullable(java)
                    .map(bean -> Long.parseLong(
                            bean.getVMOption("MaxDirectMemorySize").getValue()))
                    .filter(bytes -> bytes > 0)
                    .orElse(Runtime.getRuntime().maxMemory());
            return new Available(
                    system == null ? 0 : system.getTotalMemorySize() + system.getTotalSwapSpaceSize(),
                    limit,
                    Runtime.getRuntime().maxMemory());
        }
    }

    /**
     * @param images of the batch
     * @param rows of the batch, including the unconditional half
     * @param tokens of one image
     * @param promptTokens of the longest row's prompt, images in it included
     * @param onCpu whether the CPU computes
     * @param keeps whether keys and values of the MAR decoder are kept for later iterations
     */
    static MemoryNeed of(
            Manifest manifest, int images, int rows, int tokens, long promptTokens, boolean onCpu, boolean keeps) {
        Sizes sizes = manifest.sizes();
        long heap = 3L * images * tokens * sizes.downsampling() * sizes.downsampling();
        GraphSpec decoder = manifest.graphs().get(GraphName.MAR_DECODER.label());
        if (decoder == null) {
            return new MemoryNeed(0, 0, 0, heap); // opening the graph reports that it is missing
        }
        long positions = (long) tokens + sizes.bufferTokens();
        // The standard attention operator stores every score in float32. ONNX Runtime's fused one does not.
        boolean storesScores = onCpu && decoder.flavor().equals("portable");
        long heads = Math.max(1, sizes.marDim() / WIDEST_HEAD);
        long scores = storesScores ? rows * heads * positions * positions * Float.BYTES : 0;
        long kept = onCpu && keeps ? CachedDecoder.bytes(manifest, images, tokens) : 0;
        // The language model's hidden states of an image: in chunks, and joined.
        int bytes = decoder.input("llm_hidden").type().equals("float16") ? Short.BYTES : Float.BYTES;
        long hidden = tokens > LanguageModel.CHUNK ? 2L * rows * positions * sizes.hidden() * bytes : 0;
        // The prompts' keys and values, stacked.
        long cache = 2L * rows * promptTokens * sizes.layers() * sizes.kvHeads() * sizes.headDim() * bytes;
        return new MemoryNeed(scores, kept, hidden + cache, heap);
    }

    /** @throws InferenceException when there is not enough memory; the message says what would help */
    void require(Available available) {
        if (available.machine() > 0 && attention > available.machine()) {
            throw new InferenceException("An image of this size needs at least " + gigabytes(attention)
                    + " of memory for attention in mar_decoder, and this machine has " + gigabytes(available.machine())
                    + "; ask for a smaller image, for fewer at once, or export the model with --flavor fused, whose"
                    + " attention needs far less.");
        }
        if (available.machine() > 0 && attention + kept > available.machine()) {
            throw new InferenceException("Reused tokens of images of this size need at least "
                    + gigabytes(attention + kept) + " of memory, and this machine has "
                    + gigabytes(available.machine())
                    + "; ask for fewer images at once, or do not reuse tokens (--fast, --tokens-every, tokenReuse).");
        }
        if (direct > available.direct()) {
            throw new InferenceException("An image of this size needs at least " + gigabytes(direct)
                    + " of Java's memory outside its heap, and Java may use " + gigabytes(available.direct())
                    + "; give it more with -Xmx8g or -XX:MaxDirectMemorySize=8g (UNIPIC_JAVA_OPTS), or ask for a"
                    + " smaller image or for fewer at once.");
        }
        if (heap > available.heap()) {
            throw new InferenceException("The images need at least " + gigabytes(heap)
                    + " of Java's heap, which may have " + gigabytes(available.heap())
                    + "; give it more with -Xmx8g (UNIPIC_JAVA_OPTS), or ask for smaller images or for fewer at once.");
        }
    }

    private static String gigabytes(long bytes) {
        long tenths = bytes / 100_000_000;
        return tenths / 10 + "." + tenths % 10 + " GB";
    }
}
