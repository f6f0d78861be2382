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
    private static final int MAX_MESSAGES = 1000;
    private static final int MAX_STOP_SEQUENCES = 64;
    private static final int MAX_STOP_SEQUENCE = 10_000;

    private final List<Message> history;
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
        history = List.copyOf(builder.history);
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
     * @return a builder with nothing else set
     */
    public static Builder builder(String question) {
        return new Builder(question);
    }

    /**
     * Starts a request from a whole conversation, as chat clients send it. Messages of one role that follow one another
     * become one, because the model's turns alternate: texts on lines of their own, images in their order.
     *
     * @param messages at most 1000; a system message only at the very beginning; the last one is the user's, which is
     *     the question, and those before are the {@link Builder#history}
     * @return a builder with history, question and images set
     * @throws InvalidRequestException when the last message is not the user's, or is empty
     */
    public static Builder builder(List<Message> messages) {
        List<Message> turns = Turns.of(messages);
        if (turns.isEmpty() || !(turns.get(turns.size() - 1) instanceof Message.User last)) {
            throw new InvalidRequestException("the last message must be the user's, which is answered");
        }
        if (last.text().isBlank() && last.images().isEmpty()) {
            throw new InvalidRequestException("the last message is empty; ask something or add an image");
        }
        Builder builder = new Builder(last.text()).history(turns.subList(0, turns.size() - 1));
        last.images().forEach(builder::image);
        return builder;
    }

    /**
     * What was said before the question, and not yet to the conversation that is asked.
     *
     * @return messages in their order; unmodifiable
     */
    public List<Message> history() {
        return history;
    }

    /**
     * What to ask.
     *
     * @return the question; blank for the model's own
     */
    public String question() {
        return question;
    }

    /**
     * Whether names of the model's special tokens, such as {@code <|im_end|>}, are those tokens in the question.
     *
     * @return false for a question that is plain text throughout
     */
    public boolean allowSpecialTokens() {
        return allowSpecialTokens;
    }

    /**
     * The images that the question is about.
     *
     * @return at most 64, in the order in which the model sees them; unmodifiable
     */
    public List<Image> images() {
        return images;
    }

    /**
     * Which encoder looks at the images.
     *
     * @return the encoder; empty for SigLIP2 where the model has it, else MAR
     */
    public Optional<VisionPath> vision() {
        return vision;
    }

    /**
     * How long the answer may become.
     *
     * @return most tokens, 1 to 100000
     */
    public int maxTokens() {
        return maxTokens;
    }

    /**
     * What logits are divided by before a token is sampled.
     *
     * @return 0 to 100; 0 is greedy
     */
    public double temperature() {
        return temperature;
    }

    /**
     * Only the most likely tokens that together have this probability are sampled from.
     *
     * @return above 0, at most 1; 1 for all tokens
     */
    public double topP() {
        return topP;
    }

    /**
     * Only this many of the most likely tokens are sampled from.
     *
     * @return 1 or more; 0 for no limit
     */
    public int topK() {
        return topK;
    }

    /**
     * How much less likely tokens become that were used before (Keskar et al. 2019, CTRL, section 4.1).
     *
     * @return above 0, at most 100; 1 changes nothing, below 1 they become more likely
     */
    public double repetitionPenalty() {
        return repetitionPenalty;
    }

    /**
     * Texts that end the answer.
     *
     * @return at most 64, of 1 to 10000 characters each; unmodifiable
     */
    public List<String> stopSequences() {
        return stopSequences;
    }

    /**
     * Fixes how tokens are sampled. Without effect on a greedy answer.
     *
     * @return the seed; empty for one chosen at random
     */
    public OptionalLong seed() {
        return seed;
    }

    /**
     * Who is notified of the answer while it is written.
     *
     * @return the listener, if any
     */
    public Optional<TextListener> listener() {
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
     * A builder that starts from this request.
     *
     * @return a builder with every value of this request
     */
    public Builder toBuilder() {
        return new Builder(this);
    }

    private List<Object> values() {
        List<Object> pairs =
                new ArrayList<>(List.of("history", history, "question", question, "images", images, "vision", vision));
        pairs.addAll(List.of("maxTokens", maxTokens, "temperature", temperature, "topP", topP, "topK", topK));
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
        private final List<Message> history = new ArrayList<>();
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
            history.addAll(request.history);
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
         * Sets what was said before the question. Its messages go through the language model with it, as those of
         * {@link Conversation#append(List)}.
         *
         * @param messages at most 1000, in the order that {@link Conversation#append(List)} asks for; they take the
         *     place of those set before
         * @return this builder
         */
        public Builder history(List<Message> messages) {
            history.clear();
            history.addAll(messages);
            return this;
        }

        /**
         * Whether names of the model's special tokens in the question, such as {@code <|im_end|>}, are those tokens, so
         * that the question can end its own turn of the chat form and begin another. By default they are plain text.
         * {@code <image>} is plain text always.
         *
         * @param allow only for questions that you trust
         * @return this builder
         */
        public Builder allowSpecialTokens(boolean allow) {
            allowSpecialTokens = allow;
            return this;
        }

        /**
         * Adds an image.
         *
         * @param image of any size; at most 64, which the model sees in this order before the question
         * @return this builder
         */
        public Builder image(Image image) {
            images.add(Objects.requireNonNull(image, "image"));
            return this;
        }

        /**
         * Sets the encoder that looks at the images; by default SigLIP2 where the model has it, else MAR.
         *
         * @param path one that the model has graphs for, see {@link ModelInfo#graphs}
         * @return this builder
         */
        public Builder vision(VisionPath path) {
            vision = Optional.of(path);
            return this;
        }

        /**
         * Sets how long the answer may become.
         *
         * @param tokens most tokens, 1 to 100000; 1024 by default
         * @return this builder
         */
        public Builder maxTokens(int tokens) {
            maxTokens = tokens;
            return this;
        }

        /**
         * Sets what logits are divided by before a token is sampled.
         *
         * @param value 0 to 100; 0, the default, is greedy
         * @return this builder
         */
        public Builder temperature(double value) {
            temperature = value;
            return this;
        }

        /**
         * Samples only from the most likely tokens that together have this probability: the nucleus (Holtzman et al.
         * 2020).
         *
         * @param probability above 0, at most 1; 1, the default, for all tokens
         * @return this builder
         */
        public Builder topP(double probability) {
            topP = probability;
            return this;
        }

        /**
         * Samples only from this many of the most likely tokens.
         *
         * @param tokens 1 or more; 0, the default, for no limit
         * @return this builder
         */
        public Builder topK(int tokens) {
            topK = tokens;
            return this;
        }

        /**
         * Sets how much less likely tokens become that were used before.
         *
         * @param penalty above 0, at most 100; 1, the default, changes nothing
         * @return this builder
         */
        public Builder repetitionPenalty(double penalty) {
            repetitionPenalty = penalty;
            return this;
        }

        /**
         * Adds a text that ends the answer, and is not part of it.
         *
         * @param text 1 to 10000 characters, without the character NUL; at most 64 of them
         * @return this builder
         */
        public Builder stopSequence(String text) {
            stopSequences.add(Objects.requireNonNull(text, "text"));
            return this;
        }

        /**
         * Fixes how tokens are sampled. Without effect on a greedy answer.
         *
         * @param value any; chosen at random by default
         * @return this builder
         */
        public Builder seed(long value) {
            seed = OptionalLong.of(value);
            return this;
        }

        /**
         * Sets who is notified of the answer while it is written.
         *
         * @param textListener called on the thread that asks
         * @return this builder
         */
        public Builder listener(TextListener textListener) {
            listener = Optional.of(textListener);
            return this;
        }

        /**
         * Sets what stops the request.
         *
         * @param switchedBy the switch, which may stop other requests too
         * @return this builder
         */
        public Builder cancellation(Cancellation switchedBy) {
            cancellation = Optional.of(switchedBy);
            return this;
        }

        /**
         * Makes the request.
         *
         * @return the request
         * @throws InvalidRequestException naming the parameter that is out of range
         */
        public DescribeRequest build() {
            require(
                    question.length() <= MAX_QUESTION,
                    "the question must have at most " + MAX_QUESTION + " characters, not " + question.length());
            Values.checkText("question", question);
            require(
                    history.size() <= MAX_MESSAGES,
                    "a history has at most " + MAX_MESSAGES + " messages, not " + history.size());
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
