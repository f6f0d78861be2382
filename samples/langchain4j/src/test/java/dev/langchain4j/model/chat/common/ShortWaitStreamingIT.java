package dev.langchain4j.model.chat.common;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.response.StreamingHandle;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * LangChain4j's tests, of which one waits 30 s for an answer that must not come. The small model's whole answer takes
 * less than one, so this waits for less. In this package, because that test is not visible elsewhere.
 */
public abstract class ShortWaitStreamingIT extends AbstractStreamingChatModelIT {
    private static final int PARTS = 5;
    private static final int SECONDS = 5;

    @Override
    @ParameterizedTest
    @MethodSource("models")
    void should_cancel_streaming(StreamingChatModel model) {
        List<StreamingHandle> handles = new ArrayList<>();
        ChatResponseAndStreamingMetadata answer = chat(
                model,
                ChatRequest.builder()
                        .messages(UserMessage.from("Tell me a long story about animals"))
                        .build(),
                handle -> {
                    assertThat(handle.isCancelled()).isFalse();
                    handles.add(handle);
                    assertThat(handles).hasSizeLessThanOrEqualTo(PARTS);
                    if (handles.size() == PARTS) {
                        handle.cancel();
                    }
                },
                SECONDS,
                false);
        assertThat(answer.chatResponse()).isNull();
        assertThat(answer.streamingMetadata().timesOnPartialResponseWasCalled()).isEqualTo(PARTS);
        assertThat(answer.streamingMetadata().timesOnCompleteResponseWasCalled())
                .isZero();
        StreamingHandle handle = handles.get(0);
        assertThat(handle.isCancelled()).isTrue();
        handle.cancel();
        assertThat(handle.isCancelled()).isTrue();
    }
}
