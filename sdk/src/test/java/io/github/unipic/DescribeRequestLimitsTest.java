package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Both sides of every limit of questions and messages: the last accepted value, and the first refused one. */
class DescribeRequestLimitsTest {
    private static DescribeRequest.Builder describe() {
        return DescribeRequest.builder("What?");
    }

    private static Supplier<Object> images(int count) {
        Image image = Image.ofRgb(1, 1, new byte[3]);
        return () -> {
            DescribeRequest.Builder builder = describe();
            for (int i = 0; i < count; i++) {
                builder.image(image);
            }
            return builder.build();
        };
    }

    private static Supplier<Object> stopSequences(int count) {
        return () -> {
            DescribeRequest.Builder builder = describe();
            for (int i = 0; i < count; i++) {
                builder.stopSequence("stop");
            }
            return builder.build();
        };
    }

    static Stream<Supplier<Object>> taken() {
        return Stream.of(
                () -> DescribeRequest.builder("x".repeat(100_000)).build(),
                () -> DescribeRequest.builder("").build(),
                () -> describe().maxTokens(1).build(),
                () -> describe().maxTokens(100_000).build(),
                () -> describe().temperature(0).build(),
                () -> describe().temperature(100).build(),
                () -> describe().topP(Double.MIN_VALUE).build(),
                () -> describe().topP(1).build(),
                () -> describe().topK(0).build(),
                () -> describe().topK(Integer.MAX_VALUE).build(),
                () -> describe().repetitionPenalty(Double.MIN_VALUE).build(),
                () -> describe().repetitionPenalty(100).build(),
                () -> describe()
                        .stopSequence("x")
                        .stopSequence("x".repeat(10_000))
                        .build(),
                images(64),
                stopSequences(64),
                () -> new Message.System("x".repeat(1_000_000)),
                () -> new Message.User("x".repeat(1_000_000)),
                () -> new Message.Assistant(""));
    }

    @ParameterizedTest
    @MethodSource("taken")
    void theLastIsTaken(Supplier<Object> request) {
        assertThatNoException().isThrownBy(request::get);
    }

    static Stream<Arguments> refused() {
        return Stream.of(
                refused(() -> describe().maxTokens(0).build(), "maxTokens must be 1 to 100000, not 0"),
                refused(() -> describe().maxTokens(100_001).build(), "maxTokens must be 1 to 100000, not 100001"),
                refused(() -> describe().temperature(-1e-9).build(), "temperature must be 0 to 100, not -1.0E-9"),
                refused(() -> describe().temperature(100.5).build(), "temperature must be 0 to 100, not 100.5"),
                refused(() -> describe().topP(0).build(), "topP must be above 0 and at most 1, not 0.0"),
                refused(() -> describe().topP(1.5).build(), "topP must be above 0 and at most 1, not 1.5"),
                refused(() -> describe().topP(Double.NaN).build(), "topP must be above 0 and at most 1, not NaN"),
                refused(() -> describe().topK(-1).build(), "topK must be 0 (no limit) or more, not -1"),
                refused(
                        () -> describe().repetitionPenalty(0).build(),
                        "repetitionPenalty must be above 0 and at most 100, not 0.0"),
                refused(
                        () -> describe().repetitionPenalty(100.5).build(),
                        "repetitionPenalty must be above 0 and at most 100, not 100.5"),
                refused(images(65), "a question takes at most 64 images, not 65"),
                refused(stopSequences(65), "at most 64 stop sequences are allowed, not 65"),
                refused(
                        () -> new Message.System("x".repeat(1_000_001)),
                        "the system message has 1000001 characters; at most 1000000 are allowed"),
                refused(() -> new Message.User("\0"), "a user's message has the character NUL; remove it"),
                refused(
                        () -> new Message.Assistant("\ud83d"),
                        "an assistant's message is not valid Unicode: it has an unpaired surrogate; remove it"));
    }

    private static Arguments refused(Supplier<Object> request, String message) {
        return Arguments.of(request, message);
    }

    @ParameterizedTest
    @MethodSource("refused")
    void theNextIsRefused(Supplier<Object> request, String message) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(request::get)
                .withMessage(message);
    }

    @Test
    void aQuestionKeepsWhatItIsGiven() {
        Image image = Image.ofRgb(1, 1, new byte[3]);
        TextListener listener = chunk -> {};
        Cancellation cancellation = new Cancellation();
        DescribeRequest request = describe()
                .image(image)
                .vision(VisionPath.MAR)
                .maxTokens(7)
                .temperature(0.5)
                .topP(0.9)
                .topK(40)
                .repetitionPenalty(1.1)
                .stopSequence("\n")
                .seed(3)
                .listener(listener)
                .cancellation(cancellation)
                .allowSpecialTokens(true)
                .build();
        assertThat(request.question()).isEqualTo("What?");
        assertThat(request.images()).containsExactly(image);
        assertThat(request.vision()).hasValue(VisionPath.MAR);
        assertThat(request.maxTokens()).isEqualTo(7);
        assertThat(request.temperature()).isEqualTo(0.5);
        assertThat(request.topP()).isEqualTo(0.9);
        assertThat(request.topK()).isEqualTo(40);
        assertThat(request.repetitionPenalty()).isEqualTo(1.1);
        assertThat(request.stopSequences()).containsExactly("\n");
        assertThat(request.seed()).hasValue(3);
        assertThat(request.listener()).hasValue(listener);
        assertThat(request.cancellation()).hasValue(cancellation);
        assertThat(request.toBuilder().build()).isEqualTo(request).hasSameHashCodeAs(request);
        assertThat(request.toBuilder().topK(41).build()).isNotEqualTo(request);
        assertThat(describe().build()).isEqualTo(describe().build());
    }

    /** What is not set is left out, and long texts are cut after 100 characters. */
    @Test
    void descriptionsAreShort() {
        assertThat(DescribeRequest.builder("x".repeat(100)).build())
                .hasToString("DescribeRequest[history=[], question=" + "x".repeat(100) + ", images=[], maxTokens=1024,"
                        + " temperature=0.0, topP=1.0, topK=0, repetitionPenalty=1.0, stopSequences=[]]");
        assertThat(DescribeRequest.builder("x".repeat(101)).seed(7).build().toString())
                .startsWith("DescribeRequest[history=[], question=" + "x".repeat(100) + "..., ")
                .endsWith(", stopSequences=[], seed=7]");
    }

    @Test
    void aUsersImagesAreCopied() {
        Image image = Image.ofRgb(1, 1, new byte[3]);
        assertThat(new Message.User("What?", List.of(image)).images()).containsExactly(image);
        assertThat(new Message.User("What?").images()).isEmpty();
    }
}
