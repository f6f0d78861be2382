package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.DescribeRequest.Builder;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class DescribeRequestTest {
    @Test
    void specialTokensArePlainTextByDefault() {
        assertThat(DescribeRequest.builder("What?").build().allowSpecialTokens())
                .isFalse();
        assertThat(DescribeRequest.builder("What?")
                        .allowSpecialTokens(true)
                        .build()
                        .allowSpecialTokens())
                .isTrue();
    }

    static List<Arguments> refused() {
        String unpaired = "is not valid Unicode: it has an unpaired surrogate; remove it";
        return List.of(
                Arguments.of(DescribeRequest.builder("a\ud83d"), "question " + unpaired),
                Arguments.of(DescribeRequest.builder("\0"), "question has the character NUL; remove it"),
                Arguments.of(
                        DescribeRequest.builder("x".repeat(100_001)),
                        "the question must have at most 100000 characters, not 100001"),
                Arguments.of(DescribeRequest.builder("").stopSequence("\udc00"), "a stop sequence " + unpaired),
                Arguments.of(
                        DescribeRequest.builder("").stopSequence("\0"),
                        "a stop sequence has the character NUL; remove it"),
                Arguments.of(
                        DescribeRequest.builder("").stopSequence(""),
                        "a stop sequence must have 1 to 10000 characters, not 0"),
                Arguments.of(
                        DescribeRequest.builder("").stopSequence("x".repeat(10_001)),
                        "a stop sequence must have 1 to 10000 characters, not 10001"));
    }

    @ParameterizedTest
    @MethodSource("refused")
    void refusesText(Builder builder, String message) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(builder::build)
                .withMessage(message);
    }
}
