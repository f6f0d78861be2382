package io.github.unipic;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.function.DoubleConsumer;

/**
 * What to draw, and how. Only the prompt is needed: what is not set comes from the model's defaults, and an unset seed
 * is chosen at random. Immutable and thread-safe.
 */
public final class GenerateRequest {
    private static final int PATCH = 16;
    private static final int MAX_PROMPT = 100_000;
    private static final int MAX_ITERATIONS = 100_000;
    private static final int MAX_DIFFUSION_STEPS = 1000;
    private static final int MAX_COUNT = 64;

    private final String prompt;
    private final OptionalInt width;
    private final OptionalInt height;
    private final OptionalInt iterations;
    private final OptionalDouble guidance;
    private final Optional<GuidanceSchedule> guidanceSchedule;
    private final OptionalDouble temperature;
    private final OptionalInt diffusionSteps;
    private final OptionalLong seed;
    private final int count;
    private final boolean allowSpecialTokens;
    private final Optional<NoiseSource> noise;
    private final Optional<int[]> order;
    private final Optional<ProgressListener> progress;
    private final Optional<Cancellation> cancellation;

    private GenerateRequest(Builder builder) {
        prompt = builder.prompt;
        width = builder.width;
        height = builder.height;
        iterations = builder.iterations;
        guidance = builder.guidance;
        guidanceSchedule = builder.guidanceSchedule;
        temperature = builder.temperature;
        diffusionSteps = builder.diffusionSteps;
        seed = builder.seed;
        count = builder.count;
        allowSpecialTokens = builder.allowSpecialTokens;
        noise = builder.noise;
        order = builder.order;
        progress = builder.progress;
        cancellation = builder.cancellation;
    }

    /**
     * Starts a request.
     *
     * @param prompt what to draw
     * @return a builder with nothing else set
     */
    public static Builder builder(String prompt) {
        return new Builder(prompt);
    }

    /**
     * A request with nothing but a prompt.
     *
     * @param prompt what to draw
     * @return the request
     * @throws InvalidRequestException if the prompt is blank or too long, is not valid Unicode or holds NUL
     */
    public static GenerateRequest of(String prompt) {
        return builder(prompt).build();
    }

    /**
     * Reads a request from the text that images carry, the reverse of {@link #toMetadata()}. The text may come from
     * anywhere, other programs included, so anything but a whole, valid request is simply no request. Neither is the
     * text of an image made from another one, which names its {@code task}.
     *
     * <p>Special tokens are not allowed in that request even where they were in the one that drew the image, as a file
     * of unknown origin would otherwise decide it; see {@link #metadataAllowsSpecialTokens}.
     *
     * @param metadata text by keyword, as of {@link Image#metadata()}
     * @return a request for that one image; empty if a value is missing, malformed or out of range
     */
    public static Optional<GenerateRequest> fromMetadata(Map<String, String> metadata) {
        return RequestMetadata.read(metadata);
    }

    /**
     * Whether the image was drawn with {@link Builder#allowSpecialTokens}, according to its text. Where the text is to
     * be trusted, allow them in the request of {@link #fromMetadata} too, which then draws the same image again.
     *
     * @param metadata text by keyword, as of {@link Image#metadata()}
     * @return false also where the text holds no request
     */
    public static boolean metadataAllowsSpecialTokens(Map<String, String> metadata) {
        return RequestMetadata.allowsSpecialTokens(metadata);
    }

    /**
     * The text that an image carries of the request that drew it: {@code prompt}, {@code seed}, {@code Software}, and
     * {@code parameters} (JSON with {@code width}, {@code height}, {@code iterations}, {@code guidance},
     * {@code guidance_schedule}, {@code temperature}, {@code diffusion_steps} and {@code allow_special_tokens} where it
     * is true). Values that are not set are left out, and so is the seed where noise or order were given, as the seed
     * alone would not draw that image again. The seed is the first image's.
     *
     * @return text by keyword, unmodifiable
     */
    public Map<String, String> toMetadata() {
        return RequestMetadata.write(this);
    }

    /**
     * A builder that starts from this request.
     *
     * @return a builder with every value of this request
     */
    public Builder toBuilder() {
        return new Builder(this);
    }

    /**
     * What to draw.
     *
     * @return the prompt, not blank
     */
    public String prompt() {
        return prompt;
    }

    /**
     * The images' width.
     *
     * @return pixels, a multiple of 16; empty for the model's default
     */
    public OptionalInt width() {
        return width;
    }

    /**
     * The images' height.
     *
     * @return pixels, a multiple of 16; empty for the model's default
     */
    public OptionalInt height() {
        return height;
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
     * @return 1 to 1000; empty for the model's default
     */
    public OptionalInt diffusionSteps() {
        return diffusionSteps;
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
     * How many images to draw.
     *
     * @return 1 to 64
     */
    public int count() {
        return count;
    }

    /**
     * Whether names of the model's special tokens, such as {@code <|im_end|>}, are those tokens in the prompt.
     *
     * @return false for a prompt that is plain text throughout
     */
    public boolean allowSpecialTokens() {
        return allowSpecialTokens;
    }

    /**
     * Noise to use in place of the seed's.
     *
     * @return the noise; empty for the seed's
     */
    public Optional<NoiseSource> noise() {
        return noise;
    }

    /**
     * The order of the tokens to use in place of the seed's: its last positions are predicted first.
     *
     * @return a copy of the order, empty for the seed's
     */
    public Optional<int[]> order() {
        return order.map(int[]::clone);
    }

    /**
     * Who hears of the progress.
     *
     * @return the listener, if any
     */
    public Optional<ProgressListener> progress() {
        return progress;
    }

    /**
     * What stops the request.
     *
     * @return the switch, if any
     */
    public Optional<Cancellation> cancellation() {
        return cancellation;
    }

    /** Gathers a request's values; {@link #build()} checks them. Not thread-safe. */
    public static final class Builder {
        private String prompt;
        private OptionalInt width = OptionalInt.empty();
        private OptionalInt height = OptionalInt.empty();
        private OptionalInt iterations = OptionalInt.empty();
        private OptionalDouble guidance = OptionalDouble.empty();
        private Optional<GuidanceSchedule> guidanceSchedule = Optional.empty();
        private OptionalDouble temperature = OptionalDouble.empty();
        private OptionalInt diffusionSteps = OptionalInt.empty();
        private OptionalLong seed = OptionalLong.empty();
        private int count = 1;
        private boolean allowSpecialTokens;
        private Optional<NoiseSource> noise = Optional.empty();
        private Optional<int[]> order = Optional.empty();
        private Optional<ProgressListener> progress = Optional.empty();
        private Optional<Cancellation> cancellation = Optional.empty();

        private Builder(String prompt) {
            this.prompt = Objects.requireNonNull(prompt, "prompt");
        }

        private Builder(GenerateRequest request) {
            prompt = request.prompt;
            width = request.width;
            height = request.height;
            iterations = request.iterations;
            guidance = request.guidance;
            guidanceSchedule = request.guidanceSchedule;
            temperature = request.temperature;
            diffusionSteps = request.diffusionSteps;
            seed = request.seed;
            count = request.count;
            allowSpecialTokens = request.allowSpecialTokens;
            noise = request.noise;
            order = request.order;
            progress = request.progress;
            cancellation = request.cancellation;
        }

        /**
         * Sets what to draw.
         *
         * @param prompt not blank, at most 100000 characters, without the character NUL; names of the model's special
         *     tokens in it are plain text unless {@link #allowSpecialTokens} says otherwise
         * @return this builder
         */
        public Builder prompt(String prompt) {
            this.prompt = Objects.requireNonNull(prompt, "prompt");
            return this;
        }

        /**
         * Sets the images' size.
         *
         * @param width pixels, a multiple of 16
         * @param height pixels, a multiple of 16
         * @return this builder
         */
        public Builder size(int width, int height) {
            this.width = OptionalInt.of(width);
            this.height = OptionalInt.of(height);
            return this;
        }

        /**
         * Sets the iterations of the unmasking loop: more are slower and, up to a point, better.
         *
         * @param iterations 1 to 100000
         * @return this builder
         */
        public Builder iterations(int iterations) {
            this.iterations = OptionalInt.of(iterations);
            return this;
        }

        /**
         * Sets the strength of classifier-free guidance.
         *
         * @param guidance above 0; 1 means none, and takes half the time
         * @return this builder
         */
        public Builder guidance(double guidance) {
            this.guidance = OptionalDouble.of(guidance);
            return this;
        }

        /**
         * Sets how guidance changes over the iterations.
         *
         * @param schedule the schedule
         * @return this builder
         */
        public Builder guidanceSchedule(GuidanceSchedule schedule) {
            this.guidanceSchedule = Optional.of(schedule);
            return this;
        }

        /**
         * Sets what the noise of each diffusion step is multiplied by.
         *
         * @param temperature above 0
         * @return this builder
         */
        public Builder temperature(double temperature) {
            this.temperature = OptionalDouble.of(temperature);
            return this;
        }

        /**
         * Sets the diffusion steps for each token.
         *
         * @param diffusionSteps 1 to 1000
         * @return this builder
         */
        public Builder diffusionSteps(int diffusionSteps) {
            this.diffusionSteps = OptionalInt.of(diffusionSteps);
            return this;
        }

        /**
         * Sets the first image's seed; further ones use the numbers that follow it.
         *
         * @param seed any number
         * @return this builder
         */
        public Builder seed(long seed) {
            this.seed = OptionalLong.of(seed);
            return this;
        }

        /**
         * Sets how many images to draw, as one batch.
         *
         * @param count 1 to 64
         * @return this builder
         */
        public Builder count(int count) {
            this.count = count;
            return this;
        }

        /**
         * Sets whether names of the model's special tokens in the prompt, such as {@code <|im_end|>}, are those tokens,
         * so that the prompt can end its own turn of the chat form and begin another. By default they are plain text.
         * {@code <image>} is plain text always.
         *
         * @param allow only for prompts that you trust
         * @return this builder
         */
        public Builder allowSpecialTokens(boolean allow) {
            this.allowSpecialTokens = allow;
            return this;
        }

        /**
         * Uses this noise in place of the seed's. Only for a single image.
         *
         * @param noise the noise
         * @return this builder
         */
        public Builder noise(NoiseSource noise) {
            this.noise = Optional.of(noise);
            return this;
        }

        /**
         * Uses this order of the tokens in place of the seed's: its last positions are predicted first. Only for a
         * single image.
         *
         * @param order a permutation of the image's token positions, copied; checked when the image is drawn
         * @return this builder
         */
        public Builder order(int... order) {
            this.order = Optional.of(order.clone());
            return this;
        }

        /**
         * Sets who hears of the progress.
         *
         * @param listener the listener
         * @return this builder
         */
        public Builder progress(ProgressListener listener) {
            this.progress = Optional.of(listener);
            return this;
        }

        /**
         * Sets what stops the request.
         *
         * @param cancellation the switch
         * @return this builder
         */
        public Builder cancellation(Cancellation cancellation) {
            this.cancellation = Optional.of(cancellation);
            return this;
        }

        /**
         * Makes the request.
         *
         * @return the request
         * @throws InvalidRequestException if a value is out of its range; the message names it
         */
        public GenerateRequest build() {
            checkPrompt();
            width.ifPresent(value -> checkSide("width", value));
            height.ifPresent(value -> checkSide("height", value));
            if (width.isPresent() && height.isPresent()) {
                checkArea(width.getAsInt(), height.getAsInt());
            }
            iterations.ifPresent(value -> checkRange("iterations", value, MAX_ITERATIONS));
            diffusionSteps.ifPresent(value -> checkRange("diffusion steps", value, MAX_DIFFUSION_STEPS));
            checkRange("count", count, MAX_COUNT);
            guidance.ifPresent(positive("guidance"));
            temperature.ifPresent(positive("temperature"));
            checkSingle("noise", noise);
            checkSingle("order", order);
            return new GenerateRequest(this);
        }

        private void checkPrompt() {
            if (prompt.isBlank()) {
                throw new InvalidRequestException("prompt is blank; say what to draw");
            }
            if (prompt.length() > MAX_PROMPT) {
                throw new InvalidRequestException(
                        "prompt has " + prompt.length() + " characters; at most " + MAX_PROMPT + " are allowed");
            }
            checkText("prompt", prompt);
        }

        private static void checkSide(String name, int value) {
            if (value <= 0 || value % PATCH != 0) {
                throw new InvalidRequestException(name + " must be a positive multiple of 16, not " + value);
            }
        }

        private static void checkArea(int width, int height) {
            if ((long) width * height > ReadOptions.DEFAULT.maxPixels()) {
                throw new InvalidRequestException("size is " + width + " x " + height + " pixels; at most "
                        + ReadOptions.DEFAULT.maxPixels() / 1_000_000 + " megapixels are allowed");
            }
        }

        private static void checkRange(String name, int value, int max) {
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

        private void checkSingle(String name, Optional<?> value) {
            if (value.isPresent() && count != 1) {
                throw new InvalidRequestException(
                        name + " can be given for a single image only: count must be 1, not " + count);
            }
        }
    }

    /** Half a surrogate pair has no UTF-8, and a PNG's text has no NUL. */
    static void checkText(String name, String text) {
        if (!StandardCharsets.UTF_8.newEncoder().canEncode(text)) {
            throw new InvalidRequestException(name + " is not valid Unicode: it has an unpaired surrogate; remove it");
        }
        if (text.indexOf('\0') >= 0) {
            throw new InvalidRequestException(name + " has the character NUL; remove it");
        }
    }
}
