package io.github.unipic.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import io.github.unipic.Answer;
import io.github.unipic.Conversation;
import io.github.unipic.DescribeRequest;
import io.github.unipic.Message;
import io.github.unipic.conformance.testing.Models;
import java.util.List;
import java.util.function.BiFunction;

/**
 * Those of LangChain4j's tests that ask for the world's knowledge, asked about colored shapes instead.
 *
 * @param ask a trained model with these defaults
 */
record ShapesTests(BiFunction<ChatRequestParameters, ChatRequest, ChatResponse> ask) {
    private static final String DESCRIBE = "Describe the image in detail.";
    private static final Scenes RED = Scenes.RED;
    private static final Scenes ORANGE = Scenes.ORANGE;

    private ChatResponse chat(ChatMessage... messages) {
        return ask.apply(
                DefaultChatRequestParameters.EMPTY,
                ChatRequest.builder().messages(messages).build());
    }

    private static UserMessage describe(Scenes scene) {
        return UserMessage.from(TextContent.from(DESCRIBE), scene.content());
    }

    /** Instead of Germany's capital. */
    void userMessage() {
        assertSays(RED.caption(), chat(describe(RED)));
        assertSays(ORANGE.caption(), chat(describe(ORANGE)));
    }

    private static void assertSays(String text, ChatResponse response) {
        assertThat(response.aiMessage().text()).isEqualTo(text);
        assertThat(response.aiMessage().toolExecutionRequests()).isEmpty();
        assertThat(response.metadata().id()).startsWith("unipic-");
        assertThat(response.metadata().modelName())
                .isEqualTo(Models.trained().info().name());
        assertThat(response.finishReason()).isEqualTo(FinishReason.STOP);
        assertThat(response.tokenUsage().inputTokenCount()).isGreaterThan(16);
        assertThat(response.tokenUsage().outputTokenCount()).isBetween(5, 30);
        assertThat(response.tokenUsage().totalTokenCount())
                .isEqualTo(response.tokenUsage().inputTokenCount()
                        + response.tokenUsage().outputTokenCount());
    }

    /** Instead of a translation into German: the model was trained without instructions, but it counts them. */
    void systemMessage() {
        String text = "Describe what is there. ".repeat(5);
        ChatResponse response = chat(SystemMessage.from(text), describe(RED));
        assertSays(RED.caption(), response);
        Answer expected = sdk(DescribeRequest.builder(DESCRIBE)
                .history(List.of(new Message.System(text)))
                .image(RED.image()));
        assertThat(response.tokenUsage().inputTokenCount())
                .isEqualTo(expected.promptTokens())
                .isGreaterThan(chat(describe(RED)).tokenUsage().inputTokenCount());
    }

    /** Instead of the favorite color that was told before: the image that was shown before. */
    void multipleMessages() {
        AiMessage said = AiMessage.from(RED.caption());
        ChatResponse response = chat(describe(RED), said, UserMessage.from(DESCRIBE));
        assertThat(response.aiMessage().text()).contains("on a pink background");
        assertThat(response.aiMessage().text())
                .isEqualTo(sdk(DescribeRequest.builder(DESCRIBE)
                                .history(List.of(
                                        new Message.User(DESCRIBE, List.of(RED.image())),
                                        new Message.Assistant(RED.caption()))))
                        .text());
        assertSays(ORANGE.caption(), chat(describe(RED), said, describe(ORANGE)));
    }

    private static Answer sdk(DescribeRequest.Builder request) {
        try (Conversation conversation = Models.trained().conversation()) {
            return conversation.ask(request.build());
        }
    }

    private static ChatRequestParameters stops() {
        return ChatRequestParameters.builder()
                .stopSequences(List.of("square", " above"))
                .build();
    }

    /** Instead of a part of "Hello World". */
    void stopSequencesInChatRequest() {
        ChatRequest request = ChatRequest.builder()
                .messages(describe(RED))
                .parameters(stops())
                .build();
        assertStopped(ask.apply(DefaultChatRequestParameters.EMPTY, request));
    }

    void stopSequencesInDefaultParameters() {
        assertStopped(
                ask.apply(stops(), ChatRequest.builder().messages(describe(RED)).build()));
    }

    private static void assertStopped(ChatResponse response) {
        assertThat(response.aiMessage().text()).isEqualTo("a red circle");
        assertThat(response.finishReason()).isEqualTo(FinishReason.STOP);
    }

    /** Instead of a cat. */
    void imageAsBase64() {
        assertSays(RED.caption(), chat(describe(RED)));
    }

    /** Instead of a cat and dice: the model, trained on single images, describes the one that it sees last. */
    void imagesAsBase64() {
        ChatResponse one = chat(describe(RED));
        ChatResponse two = chat(UserMessage.from(TextContent.from(DESCRIBE), RED.content(), ORANGE.content()));
        assertSays(ORANGE.caption(), two);
        assertThat(two.tokenUsage().inputTokenCount())
                .isGreaterThan(one.tokenUsage().inputTokenCount() + 15);
        assertSays(RED.caption(), chat(UserMessage.from(TextContent.from(DESCRIBE), ORANGE.content(), RED.content())));
    }
}
