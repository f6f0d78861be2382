package io.github.unipic;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalLong;

/** A question about images, and how to answer it. Immutable and thread-safe, as far as its listener is. */
public final class DescribeRequest {
    private static final int MAX_QUESTION = 100_000;
    private static final int MAX_IMAGES = 64;
    private static final int MAX_STOP_SEQUENCES = 64;
    private static final int MAX_STOP_SEQUENCE = 10_000;

    private final String question;
    private final boolean allowSpecialTokens;
    private final List<Image> images;
    private final Optional<VisionPath> vision;
    private final int maxTokens;
    private final double temperature;
    private final double topP;
    private final int topK;
    private final double repetitionPenalty;
    private final List<String> stopSequences;
    private final OptionalLong seed;
    private final Optional<TextListener> listener;
    private final Optional<Cancellation> cancellation;

    private DescribeRequest(Builder builder) {
        question = builder.question;
        allowSpecialTokens = builder.allowSpecialTokens;
        images = List.copyOf(builder.images);
        vision = builder.vision;
        maxTokens = builder.maxTokens;
        temperature = builder.temperature;
        topP = builder.topP;
        topK = builder.topK;
        repetitionPenalty = builder.repetitionPenalty;
        stopSequences = List.copyOf(builder.stopSequences);
        seed = builder.seed;
        listener = builder.listener;
        cancellation = builder.cancellation;
    }

    /**
     * Starts a request.
     *
     * @param question what to ask, at most 100000 characters, without the character NUL; blank for the model's own
     *     "describe the image". Names of the model's special tokens in it are plain text unless
     *     {@link Builder#allowSpecialTokens} says otherwise
     */
    public static Builder builder(String question) {
        return new Builder(question);
    }

    /** The question; blank for the model's own. */
    public String question() {
        return question;
    }

    /** Whether names of the model's special tokens, such as {@code <|im_end|>}, are those tokens in the question. */
    public boolean allowSpecialTokens() {
        return allowSpecialTokens;
    }

    /** The images, in the order in which the model sees them. */
    public List<Image> images() {
        return images;
    }

    /** Which encoder looks at them; empty for SigLIP2 where the model has it, else MAR. */
    public Optional<VisionPath> vision() {
        return vision;
    }

    /** Most tokens of the answer, 1 to 100000. */
    public int maxTokens() {
        return maxTokens;
    }

    /** What logits are divided by before a token is sampled; 0 is greedy. */
    public double temperature() {
        return temperature;
    }

    /** Only the most likely tokens that together have this probability are sampled from; above 0 to 1. */
    public double topP() {
        return topP;
    }

    /** Only this many of the most likely tokens are sampled from; 0 for no limit. */
    public int topK() {
        return topK;
    }

    /** How much less likely tokens become that were used before (Keskar et al. 2019, CTRL, section 4.1); 1 is none. */
    public double repetitionPenalty() {
        return repetitionPenalty;
    }

    /** Texts that end the answer. */
    public List<String> stopSequences() {
        return stopSequences;
    }

    /** Fixes how tokens are sampled; empty for a random one. */
    public OptionalLong seed() {
        return seed;
    }

    /** Is notified of the answer while it is written. */
    public Optional<TextListener> listener() {
        return listener;
    }

    /** Stops the answer. */
    public Optional<Cancellation> cancellation() {
        return cancellation;
    }

    /**
     * A builder that starts from this request.
     *
     * @return a builder with every value of this request
     */
    public Builder toBuilder() {
        return new Builder(this);
    }

    private List<Object> values() {
        List<Object> pairs = new ArrayList<>(
                List.of("question", question, "images", images, "vision", vision, "maxTokens", maxTokens));
        pairs.addAll(List.of("temperature", temperature, "topP", topP, "topK", topK));
        pairs.addAll(List.of("repetitionPenalty", repetitionPenalty, "stopSequences", stopSequences, "seed", seed));
        pairs.addAll(
                List.of("allowSpecialTokens", allowSpecialTokens, "listener", listener, "cancellation", cancellation));
        return pairs;
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof DescribeRequest request && request.values().equals(values());
    }

    @Override
    public int hashCode() {
        return values().hashCode();
    }

    /**
     * Says what this is.
     *
     * @return the values that are set, long texts cut
     */
    @Override
    public String toString() {
        return Values.describe("DescribeRequest", values());
    }

    /** Gathers a request's values; {@link #build()} checks them. Not thread-safe. */
    public static final class Builder {
        private final String question;
        private boolean allowSpecialTokens;
        private final List<Image> images = new ArrayList<>();
        private Optional<VisionPath> vision = Optional.empty();
        private int maxTokens = 1024;
        private double temperature;
        private double topP = 1;
        private int topK;
        private double repetitionPenalty = 1;
        private final List<String> stopSequences = new ArrayList<>();
        private OptionalLong seed = OptionalLong.empty();
        private Optional<TextListener> listener = Optional.empty();
        private Optional<Cancellation> cancellation = Optional.empty();

        private Builder(String question) {
            this.question = Objects.requireNonNull(question, "question");
        }

        private Builder(DescribeRequest request) {
            question = request.question;
            allowSpecialTokens = request.allowSpecialTokens;
            images.addAll(request.images);
            vision = request.vision;
            maxTokens = request.maxTokens;
            temperature = request.temperature;
            topP = request.topP;
            topK = request.topK;
            repetitionPenalty = request.repetitionPenalty;
            stopSequences.addAll(request.stopSequences);
            seed = request.seed;
            listener = request.listener;
            cancellation = request.cancellation;
        }

        /**
         * Whether names of the model's special tokens in the question, such as {@code <|im_end|>}, are those tokens, so
         * that the question can end its own turn of the chat form and begin another; only for questions that you trust.
         * By default they are plain text. {@code <image>} is plain text always.
         */
        public Builder allowSpecialTokens(boolean allow) {
            allowSpecialTokens = allow;
            return this;
        }

        /** Adds an image. */
        public Builder image(Image image) {
            images.add(Objects.requireNonNull(image, "image"));
            return this;
        }

        /** Chooses the encoder; by default SigLIP2 where the model has it, else MAR. */
        public Builder vision(VisionPath path) {
            vision = Optional.of(path);
            return this;
        }

        /** Most tokens of the answer, 1 to 100000; 1024 by default. */
        public Builder maxTokens(int tokens) {
            maxTokens = tokens;
            return this;
        }

        /** What logits are divided by before a token is sampled; 0, the default, is greedy. */
        public Builder temperature(double value) {
            temperature = value;
            return this;
        }

        /** Nucleus (Holtzman et al. 2020): above 0 to 1, the default. */
        public Builder topP(double probability) {
            topP = probability;
            return this;
        }

        /** Choose among this many tokens only; 0, the default, for no limit. */
        public Builder topK(int tokens) {
            topK = tokens;
            return this;
        }

        /** Above 0; 1, the default, is none. */
        public Builder repetitionPenalty(double penalty) {
            repetitionPenalty = penalty;
            return this;
        }

        /** Adds a text that ends the answer, of 1 to 10000 characters. */
        public Builder stopSequence(String text) {
            stopSequences.add(Objects.requireNonNull(text, "text"));
            return this;
        }

        /** Fixes how tokens are sampled. */
        public Builder seed(long value) {
            seed = OptionalLong.of(value);
            return this;
        }

        /** Is notified of the answer while it is written. */
        public Builder listener(TextListener textListener) {
            listener = Optional.of(textListener);
            return this;
        }

        /** Stops the answer when used. */
        public Builder cancellation(Cancellation switchedBy) {
            cancellation = Optional.of(switchedBy);
            return this;
        }

        /**
         * The request.
         *
         * @throws InvalidRequestException naming the parameter that is out of range
         */
        public DescribeRequest build() {
            require(
                    question.length() <= MAX_QUESTION,
                    "the question must have at most " + MAX_QUESTION + " characters, not " + question.length());
            Values.checkText("question", question);
            require(
                    images.size() <= MAX_IMAGES,
                    "a question takes at most " + MAX_IMAGES + " images, not " + images.size());
            require(maxTokens >= 1 && maxTokens <= 100_000, "maxTokens must be 1 to 100000, not " + maxTokens);
            require(temperature >= 0 && temperature <= 100, "temperature must be 0 to 100, not " + temperature);
            require(topP > 0 && topP <= 1, "topP must be above 0 and at most 1, not " + topP);
            require(topK >= 0, "topK must be 0 (no limit) or more, not " + topK);
            require(
                    repetitionPenalty > 0 && repetitionPenalty <= 100,
                    "repetitionPenalty must be above 0 and at most 100, not " + repetitionPenalty);
            require(
                    stopSequences.size() <= MAX_STOP_SEQUENCES,
                    "at most " + MAX_STOP_SEQUENCES + " stop sequences are allowed, not " + stopSequences.size());
            for (String stop : stopSequences) {
                require(
                        !stop.isEmpty() && stop.length() <= MAX_STOP_SEQUENCE,
                        "a stop sequence must have 1 to " + MAX_STOP_SEQUENCE + " characters, not " + stop.length());
                Values.checkText("a stop sequence", stop);
            }
            return new DescribeRequest(this);
        }

        private static void require(boolean condition, String message) {
            if (!condition) {
                throw new InvalidRequestException(message);
            }
        }
    }
}
