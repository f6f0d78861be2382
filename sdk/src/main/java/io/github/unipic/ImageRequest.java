package io.github.unipic;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.DoubleConsumer;

/**
 * What requests for images have in common: the prompt and how to sample. What is not set comes from the model's
 * defaults, and an unset seed is chosen at random. Immutable and thread-safe; equal to requests of the same class and
 * the same values, with the same listener and switch.
 */
public abstract sealed class ImageRequest permits GenerateRequest, EditRequest, InpaintRequest {
    private static final int MAX_PROMPT = 100_000;
    private static final int MAX_ITERATIONS = 100_000;
    private static final int MAX_COUNT = 64;

    /** Of the combinations that were measured, the one that loses least for what it saves. */
    private static final DiffusionSteps FAST_STEPS = DiffusionSteps.annealed(50, 5);

    private static final Reuse FAST_REUSE = Reuse.every(4);

    private final String prompt;
    private final Optional<String> negativePrompt;
    private final OptionalInt iterations;
    private final OptionalDouble guidance;
    private final Optional<GuidanceSchedule> guidanceSchedule;
    private final OptionalDouble temperature;
    private final Optional<DiffusionSteps> diffusionSteps;
    private final Optional<Reuse> guidanceReuse;
    private final Optional<Reuse> tokenReuse;
    private final OptionalLong seed;
    private final int count;
    private final boolean allowSpecialTokens;
    private final Optional<ProgressListener> listener;
    private final Optional<Cancellation> cancellation;

    ImageRequest(Builder<?> builder) {
        prompt = builder.prompt;
        negativePrompt = builder.negativePrompt;
        iterations = builder.iterations;
        guidance = builder.guidance;
        guidanceSchedule = builder.guidanceSchedule;
        temperature = builder.temperature;
        diffusionSteps = builder.diffusionSteps;
        guidanceReuse = builder.guidanceReuse;
        tokenReuse = builder.tokenReuse;
        seed = builder.seed;
        count = builder.count;
        allowSpecialTokens = builder.allowSpecialTokens;
        listener = builder.listener;
        cancellation = builder.cancellation;
    }

    /**
     * A builder that starts from this request.
     *
     * @return a builder with every value of this request
     */
    public abstract Builder<?> toBuilder();

    /** What equals compares, in the order of toString: pairs of a name and a value. */
    abstract void values(List<Object> pairs);

    /**
     * What to draw, or how to change the image.
     *
     * @return the prompt, not blank
     */
    public String prompt() {
        return prompt;
    }

    /**
     * The unconditional prompt, which guidance leads away from.
     *
     * @return the whole request that is sent in place of the model's own, such as "Generate an image."; empty for that
     */
    public Optional<String> negativePrompt() {
        return negativePrompt;
    }

    /**
     * Iterations of the unmasking loop.
     *
     * @return 1 to 100000; empty for the model's default
     */
    public OptionalInt iterations() {
        return iterations;
    }

    /**
     * Strength of classifier-free guidance.
     *
     * @return above 0; 1 means none, and takes half the time; empty for the model's default
     */
    public OptionalDouble guidance() {
        return guidance;
    }

    /**
     * How guidance changes over the iterations.
     *
     * @return the schedule; empty for the model's default
     */
    public Optional<GuidanceSchedule> guidanceSchedule() {
        return guidanceSchedule;
    }

    /**
     * What the noise of each diffusion step is multiplied by.
     *
     * @return above 0; empty for the model's default
     */
    public OptionalDouble temperature() {
        return temperature;
    }

    /**
     * Diffusion steps for each token.
     *
     * @return the steps; empty for the model's default
     */
    public Optional<DiffusionSteps> diffusionSteps() {
        return diffusionSteps;
    }

    /**
     * In which iterations guidance is computed.
     *
     * @return the iterations; empty for all of them
     */
    public Optional<Reuse> guidanceReuse() {
        return guidanceReuse;
    }

    /**
     * In which iterations the MAR decoder computes every token.
     *
     * @return the iterations; empty for all of them
     */
    public Optional<Reuse> tokenReuse() {
        return tokenReuse;
    }

    /**
     * The first image's seed; further ones use the numbers that follow it.
     *
     * @return the seed; empty for one chosen at random
     */
    public OptionalLong seed() {
        return seed;
    }

    /**
     * How many images to make, as one batch.
     *
     * @return 1 to 64
     */
    public int count() {
        return count;
    }

    /**
     * Whether names of the model's special tokens, such as {@code <|im_end|>}, are those tokens in the prompts.
     *
     * @return false for prompts that are plain text throughout
     */
    public boolean allowSpecialTokens() {
        return allowSpecialTokens;
    }

    /**
     * Who is notified of the progress.
     *
     * @return the listener, if any
     */
    public Optional<ProgressListener> listener() {
        return listener;
    }

    /**
     * What stops the request.
     *
     * @return the switch, if any
     */
    public Optional<Cancellation> cancellation() {
        return cancellation;
    }

    /**
     * The text that an image of this request carries.
     *
     * @param width of the image, pixels
     * @param height of the image, pixels
     * @return text by keyword as of {@link GenerateRequest#toMetadata()}, unmodifiable
     */
    public Map<String, String> toMetadata(int width, int height) {
        return RequestMetadata.write(this, OptionalInt.of(width), OptionalInt.of(height));
    }

    private List<Object> allValues() {
        List<Object> pairs = new ArrayList<>(List.of("prompt", prompt, "negativePrompt", negativePrompt));
        values(pairs);
        pairs.addAll(List.of("iterations", iterations, "guidance", guidance, "guidanceSchedule", guidanceSchedule));
        pairs.addAll(
                List.of("guidanceReuse", guidanceReuse, "tokenReuse", tokenReuse, "diffusionSteps", diffusionSteps));
        pairs.addAll(List.of("temperature", temperature, "seed", seed, "count", count));
        pairs.addAll(
                List.of("allowSpecialTokens", allowSpecialTokens, "listener", listener, "cancellation", cancellation));
        return pairs;
    }

    @Override
    public final boolean equals(Object other) {
        return other instanceof ImageRequest request
                && request.getClass() == getClass()
                && request.allValues().equals(allValues());
    }

    @Override
    public final int hashCode() {
        return allValues().hashCode();
    }

    /**
     * Says what this is.
     *
     * @return the values that are set, long texts cut
     */
    @Override
    public final String toString() {
        return Values.describe(getClass().getSimpleName(), allValues());
    }

    /**
     * Gathers a request's values; {@code build()} checks them. Not thread-safe.
     *
     * @param <B> the builder's own class
     */
    public abstract static sealed class Builder<B extends Builder<B>>
            permits GenerateRequest.Builder, EditRequest.Builder, InpaintRequest.Builder {
        private String prompt;
        private Optional<String> negativePrompt = Optional.empty();
        private OptionalInt iterations = OptionalInt.empty();
        private OptionalDouble guidance = OptionalDouble.empty();
        private Optional<GuidanceSchedule> guidanceSchedule = Optional.empty();
        private OptionalDouble temperature = OptionalDouble.empty();
        private Optional<DiffusionSteps> diffusionSteps = Optional.empty();
        private Optional<Reuse> guidanceReuse = Optional.empty();
        private Optional<Reuse> tokenReuse = Optional.empty();
        private OptionalLong seed = OptionalLong.empty();
        private int count = 1;
        private boolean allowSpecialTokens;
        private Optional<ProgressListener> listener = Optional.empty();
        private Optional<Cancellation> cancellation = Optional.empty();

        Builder(String prompt) {
            this.prompt = Objects.requireNonNull(prompt, "prompt");
        }

        Builder(ImageRequest request) {
            prompt = request.prompt;
            negativePrompt = request.negativePrompt;
            iterations = request.iterations;
            guidance = request.guidance;
            guidanceSchedule = request.guidanceSchedule;
            temperature = request.temperature;
            diffusionSteps = request.diffusionSteps;
            guidanceReuse = request.guidanceReuse;
            tokenReuse = request.tokenReuse;
            seed = request.seed;
            count = request.count;
            allowSpecialTokens = request.allowSpecialTokens;
            listener = request.listener;
            cancellation = request.cancellation;
        }

        abstract B self();

        /**
         * Makes the request.
         *
         * @return the request
         * @throws InvalidRequestException if a value is out of its range; the message names it
         */
        public abstract ImageRequest build();

        /**
         * Sets what to draw, or how to change the image.
         *
         * @param text not blank, at most 100000 characters, without the character NUL; names of the model's special
         *     tokens in it are plain text unless {@link #allowSpecialTokens} says otherwise
         * @return this builder
         */
        public B prompt(String text) {
            prompt = Objects.requireNonNull(text, "text");
            return self();
        }

        /**
         * Sets the unconditional prompt, which guidance leads away from. It has no effect without guidance.
         *
         * @param text the whole request in place of the model's own, such as "Generate an image."; as for
         *     {@link #prompt}
         * @return this builder
         */
        public B negativePrompt(String text) {
            negativePrompt = Optional.of(text);
            return self();
        }

        /**
         * Sets the iterations of the unmasking loop: more are slower and, up to a point, better.
         *
         * @param number 1 to 100000
         * @return this builder
         */
        public B iterations(int number) {
            iterations = OptionalInt.of(number);
            return self();
        }

        /**
         * Sets the strength of classifier-free guidance.
         *
         * @param scale above 0; 1 means none, and takes half the time
         * @return this builder
         */
        public B guidance(double scale) {
            guidance = OptionalDouble.of(scale);
            return self();
        }

        /**
         * Sets how guidance changes over the iterations.
         *
         * @param schedule the schedule
         * @return this builder
         */
        public B guidanceSchedule(GuidanceSchedule schedule) {
            guidanceSchedule = Optional.of(schedule);
            return self();
        }

        /**
         * Sets what the noise of each diffusion step is multiplied by.
         *
         * @param factor above 0
         * @return this builder
         */
        public B temperature(double factor) {
            temperature = OptionalDouble.of(factor);
            return self();
        }

        /**
         * Sets the diffusion steps for each token, the same in every iteration.
         *
         * @param number 1 to {@link DiffusionSteps#MAX}
         * @return this builder
         * @throws InvalidRequestException if the number is out of its range
         */
        public B diffusionSteps(int number) {
            return diffusionSteps(DiffusionSteps.constant(number));
        }

        /**
         * Sets the diffusion steps for each token, which may fall from iteration to iteration.
         *
         * @param steps the steps
         * @return this builder
         */
        public B diffusionSteps(DiffusionSteps steps) {
            diffusionSteps = Optional.of(steps);
            return self();
        }

        /**
         * Sets in which iterations guidance is computed, instead of in all. What guidance adds at a position changes
         * little from one iteration to the next, so that the difference between the two halves may be kept from an
         * earlier one (Yan et al. 2025, "LazyMAR: Accelerating masked autoregressive models via feature caching", arXiv
         * 2503.12450, its condition cache). That saves nearly half of the work of the language model and of the MAR
         * decoder. Without guidance it has no effect.
         *
         * @param reuse the iterations; {@link Reuse#NONE} for all, as by default
         * @return this builder
         */
        public B guidanceReuse(Reuse reuse) {
            guidanceReuse = given(reuse);
            return self();
        }

        /**
         * Sets in which iterations the MAR decoder computes every token, instead of in all. In the others it computes
         * those that became known since and those to predict, which attend to the keys and values that all others had
         * then (LazyMAR's token cache; Jiang et al. 2025, "MARché: Fast masked autoregressive image generation with
         * cache-aware attention", arXiv 2506.12035). That saves most of the MAR decoder's work, and takes 0.9 GB of
         * memory for an image of 1024 x 1024 pixels in float32. Iterations that compute guidance compute every token,
         * so with guidance it needs {@link #guidanceReuse}, too. It has no effect with model folders that lack the
         * graph {@code mar_decoder_cached}, those of earlier exports.
         *
         * @param reuse the iterations; {@link Reuse#NONE} for all, as by default
         * @return this builder
         */
        public B tokenReuse(Reuse reuse) {
            tokenReuse = given(reuse);
            return self();
        }

        private static Optional<Reuse> given(Reuse reuse) {
            return Optional.of(reuse).filter(given -> !given.equals(Reuse.NONE));
        }

        /**
         * Chooses less work for nearly the same image: {@link DiffusionSteps#annealed} from 50 to 5, and guidance and
         * tokens that are computed in the first two iterations and then in {@linkplain Reuse#every every 4th}. To be
         * called before what shall differ from that. docs/benchmarks.md says what it costs and what it saves.
         *
         * @return this builder
         */
        public B fast() {
            diffusionSteps = Optional.of(FAST_STEPS);
            guidanceReuse = Optional.of(FAST_REUSE);
            tokenReuse = Optional.of(FAST_REUSE);
            return self();
        }

        /**
         * Sets the first image's seed; further ones use the numbers that follow it.
         *
         * @param number any
         * @return this builder
         */
        public B seed(long number) {
            seed = OptionalLong.of(number);
            return self();
        }

        /**
         * Sets how many images to make, as one batch.
         *
         * @param number 1 to 64
         * @return this builder
         */
        public B count(int number) {
            count = number;
            return self();
        }

        /**
         * Sets whether names of the model's special tokens in the prompts, such as {@code <|im_end|>}, are those
         * tokens, so that a prompt can end its own turn of the chat form and begin another. By default they are plain
         * text. {@code <image>} is plain text always.
         *
         * @param allow only for prompts that you trust
         * @return this builder
         */
        public B allowSpecialTokens(boolean allow) {
            allowSpecialTokens = allow;
            return self();
        }

        /**
         * Sets who is notified of the progress.
         *
         * @param progressListener the listener
         * @return this builder
         */
        public B listener(ProgressListener progressListener) {
            listener = Optional.of(progressListener);
            return self();
        }

        /**
         * Sets what stops the request.
         *
         * @param requestCancellation the switch
         * @return this builder
         */
        public B cancellation(Cancellation requestCancellation) {
            cancellation = Optional.of(requestCancellation);
            return self();
        }

        final void check() {
            checkPrompt("prompt", prompt, "say what to draw");
            negativePrompt.ifPresent(text -> checkPrompt("negative prompt", text, "leave it out for the model's own"));
            iterations.ifPresent(value -> checkRange("iterations", value, MAX_ITERATIONS));
            checkRange("count", count, MAX_COUNT);
            guidance.ifPresent(positive("guidance"));
            temperature.ifPresent(positive("temperature"));
        }

        private static void checkPrompt(String name, String text, String remedy) {
            if (text.isBlank()) {
                throw new InvalidRequestException(name + " is blank; " + remedy);
            }
            if (text.length() > MAX_PROMPT) {
                throw new InvalidRequestException(
                        name + " has " + text.length() + " characters; at most " + MAX_PROMPT + " are allowed");
            }
            Values.checkText(name, text);
        }

        static void checkRange(String name, int value, int max) {
            if (value < 1 || value > max) {
                throw new InvalidRequestException(name + " must be 1 to " + max + ", not " + value);
            }
        }

        private static DoubleConsumer positive(String name) {
            return value -> {
                // The graphs take it as float32: what overflows or vanishes there is no use.
                float used = (float) value;
                if (!Float.isFinite(used) || used <= 0) {
                    throw new InvalidRequestException(name + " must be above 0 and finite (as float32), not " + value);
                }
            };
        }
    }
}
