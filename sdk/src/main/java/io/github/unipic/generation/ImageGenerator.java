package io.github.unipic.generation;

import static io.github.unipic.model.GraphName.DECODER_STEP;
import static io.github.unipic.model.GraphName.MAR_DECODER;
import static io.github.unipic.model.GraphName.MAR_DECODER_CACHED;
import static io.github.unipic.model.GraphName.MAR_ENCODER;
import static io.github.unipic.model.GraphName.TOKEN_SAMPLER;

import io.github.unipic.generation.MarModel.DecoderInputs;
import io.github.unipic.generation.UnmaskingSchedule.Iteration;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.Grid;
import io.github.unipic.model.Manifest.Sizes;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.Graphs;
import io.github.unipic.runtime.KvCache;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.runtime.provider.Nvidia;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * The masked autoregressive loop. At first every position is masked. Each iteration computes conditions with the
 * language model and MAR, and samples some of the missing tokens from them. The images of a batch run together.
 */
public final class ImageGenerator {
    /** Is notified of each iteration. */
    @FunctionalInterface
    public interface Observer {
        /**
         * @param z conditions [B,M,dim]
         * @param tokens all known tokens, including those of this iteration
         */
        void onIteration(Iteration iteration, Tensor z, ImageTokens tokens);
    }

    private final Execution execution;
    private final Sizes sizes;
    private final int alignment;
    private final LanguageModel llm;
    private final MarModel mar;
    private final DiffusionSampler sampler;

    public ImageGenerator(Execution execution) {
        this(
                execution,
                Nvidia.attentionAlignment(execution.engine().graphs().options().provider()));
    }

    /** For tests: aligns the attended length to another multiple than the provider's. */
    public ImageGenerator(Execution execution, int alignment) {
        this.execution = execution;
        this.sizes = execution.manifest().sizes();
        this.alignment = alignment;
        this.llm = new LanguageModel(execution);
        this.mar = new MarModel(execution);
        this.sampler = new DiffusionSampler(execution);
    }

    /**
     * Generates.
     *
     * @param prompts KV cache with the rows of {@link GenerationPlan#rows}
     * @param canvas what the MAR decoder reads at masked positions: {@link MarModel#blankCanvas}, or the canvas of the
     *     image to edit
     */
    public ImageTokens generate(GenerationPlan plan, KvCache prompts, Tensor canvas, Observer observer) {
        return execution.withOpen(graphs(plan), () -> loop(plan, prompts, canvas, observer));
    }

    /** The graphs that the iterations need. */
    Set<GraphName> graphs(GenerationPlan plan) {
        return EnumSet.of(
                MAR_ENCODER, DECODER_STEP, reusesTokens(plan) ? MAR_DECODER_CACHED : MAR_DECODER, TOKEN_SAMPLER);
    }

    /**
     * Whether tokens are reused. Folders of earlier exports lack the graph for it. Where keys and values do not stay on
     * the device, to copy them would take longer than to compute them.
     */
    boolean reusesTokens(GenerationPlan plan) {
        Graphs graphs = execution.engine().graphs();
        return plan.reusesTokens()
                && graphs.folder().has(MAR_DECODER_CACHED)
                && (graphs.options().provider().isCpu() || graphs.tensorsStayOnDevice());
    }

    private ImageTokens loop(GenerationPlan plan, KvCache prompts, Tensor canvas, Observer observer) {
        Grid grid = plan.grid();
        ImageTokens tokens = plan.startTokens(sizes.latentChannels());
        boolean keepLoaded = execution.engine().graphs().options().memory().keepLoaded();
        try (Conditions conditions = new Conditions(plan, prompts, canvas)) {
            for (Iteration k : plan.schedule()) {
                execution.keepMemory(keepLoaded && k.tokensAfter() < grid.tokens());
                try (Tensor known = tokens.at(k.known());
                        MarEncoding encoding = mar.encode(known, k.known(), grid);
                        Tensor z = conditions.of(k, encoding);
                        Tensor noise = plan.noise(k, sizes.latentChannels());
                        Tensor sampled =
                                sampler.sample(z, noise, plan.diffusionAt(k), plan.guidanceAt(k), plan.temperature())) {
                    execution.keepMemory(false);
                    tokens.put(k.predicted(), sampled);
                    observer.onIteration(k, z, tokens);
                }
            }
        }
        return tokens;
    }

    /** Computes the conditions z of each iteration: of both halves, or of one where guidance is reused. */
    private final class Conditions implements AutoCloseable {
        private final GenerationPlan plan;
        private final Tensor canvas;
        private final PaddedPrompts prompts;
        private final GuidanceCache guidance;

        /** The conditional half of the prompts: only where guidance is reused. */
        private final Optional<KvCache> half;

        private final Optional<PaddedPrompts> conditional;

        /** Only where tokens are reused. */
        private final Optional<CachedDecoder> cached;

        Conditions(GenerationPlan plan, KvCache prompts, Tensor canvas) {
            this.plan = plan;
            this.canvas = canvas;
            this.prompts = new PaddedPrompts(execution, prompts, alignment);
            guidance = new GuidanceCache(plan.samples().size());
            half = plan.reusesGuidance() ? Optional.of(firstHalf(prompts)) : Optional.empty();
            conditional = half.map(cache -> new PaddedPrompts(execution, cache, alignment));
            cached = reusesTokens(plan) ? Optional.of(new CachedDecoder(execution)) : Optional.empty();
        }

        private KvCache firstHalf(KvCache prompts) {
            try (KvCache copy = prompts.first(plan.samples().size())) {
                return execution.onDevice(copy);
            }
        }

        /** Conditions [B,M,dim] of the positions that an iteration predicts. */
        Tensor of(Iteration k, MarEncoding encoding) {
            if (!plan.guided()) {
                return decode(k, encoding, prompts, k.predicted());
            }
            if (!plan.computesGuidance(k)) {
                try (Tensor z = decode(k, encoding, conditional.orElseThrow(), k.predicted())) {
                    return guidance.complete(z, k.predicted());
                }
            }
            List<int[]> positions = plan.guidedPositions(k);
            if (positions.get(0).length == k.predictedTokens()) {
                return decode(k, encoding, prompts, k.predicted());
            }
            try (Tensor z = decode(k, encoding, prompts, positions)) {
                guidance.keep(z, positions);
                return GuidanceCache.select(z, positions, k.predicted());
            }
        }

        private Tensor decode(Iteration k, MarEncoding encoding, PaddedPrompts behind, List<int[]> positions) {
            try (Tensor hidden = llm.hidden(encoding.embeds(), behind)) {
                DecoderInputs inputs =
                        new DecoderInputs(encoding.encoded(), hidden, k.known(), positions, canvas, plan.grid());
                if (cached.isEmpty()) {
                    return mar.decode(inputs);
                }
                boolean keep = plan.keepsTokens(k);
                return plan.computesAllTokens(k)
                        ? cached.get().decodeAll(inputs, keep)
                        : cached.get().decodeNew(inputs, keep);
            }
        }

        @Override
        public void close() {
            cached.ifPresent(CachedDecoder::close);
            conditional.ifPresent(PaddedPrompts::close);
            half.ifPresent(KvCache::close);
            prompts.close();
        }
    }
}
