package io.github.unipic.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.langchain4j.agent.tool.ToolExecutionRequest;
import dev.langchain4j.agent.tool.ToolSpecification;
import dev.langchain4j.data.image.Image;
import dev.langchain4j.data.message.AiMessage;
import dev.langchain4j.data.message.AudioContent;
import dev.langchain4j.data.message.ChatMessage;
import dev.langchain4j.data.message.CustomMessage;
import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.PdfFileContent;
import dev.langchain4j.data.message.SystemMessage;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.ToolExecutionResultMessage;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.data.message.VideoContent;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.chat.request.ChatRequest;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.ResponseFormat;
import dev.langchain4j.model.chat.request.ToolChoice;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.output.FinishReason;
import io.github.unipic.Answer;
import io.github.unipic.Conversation;
import io.github.unipic.ConversationCache;
import io.github.unipic.DescribeRequest;
import io.github.unipic.Message;
import io.github.unipic.ReadOptions;
import io.github.unipic.UniPic;
import io.github.unipic.VisionPath;
import io.github.unipic.conformance.testing.Models;
import io.github.unipic.testing.SmallModel;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** What goes to the SDK and what comes back. */
class ChatTest {
    private static final UserMessage HELLO = UserMessage.from("Hello?");
    private static final UserMessage LOOK = UserMessage.from(
            ImageContent.from(Scenes.RED.base64()),
            TextContent.from("Look."),
            ImageContent.from(Scenes.ORANGE.dataUrl()),
            TextContent.from("What?"));

    private static UniPicChatModel.Builder model() {
        return UniPicChatModel.builder(Models.small()).maxOutputTokens(6);
    }

    private static Answer sdk(DescribeRequest.Builder request) {
        try (Conversation conversation = Models.small().conversation()) {
            return conversation.ask(request.build());
        }
    }

    private static List<Message> history() {
        return List.of(
                new Message.System("Be brief.\nBe kind."),
                new Message.User("Hello?"),
                new Message.Assistant("Yes.\nNo."));
    }

    private static List<ChatMessage> messages() {
        return List.of(
                SystemMessage.from("Be brief."),
                SystemMessage.from("Be kind."),
                HELLO,
                AiMessage.from("Yes."),
                AiMessage.from("No."),
                LOOK);
    }

    @Test
    void aConversationIsThatOfTheSdk() {
        Answer expected = sdk(DescribeRequest.builder("Look.\nWhat?")
                .history(history())
                .image(Scenes.RED.image())
                .image(Scenes.ORANGE.image())
                .maxTokens(6));
        ChatResponse response = model().build().chat(messages());
        assertThat(response.aiMessage().text()).isEqualTo(expected.text());
        assertThat(response.tokenUsage().inputTokenCount()).isEqualTo(expected.promptTokens());
        assertThat(response.tokenUsage().outputTokenCount()).isEqualTo(6);
        assertThat(response.finishReason()).isEqualTo(FinishReason.LENGTH);
        assertThat(response.id()).isNotEqualTo(model().build().chat(messages()).id());
    }

    /** Each option changes the answer to what the SDK makes of it. */
    static Stream<Arguments> options() {
        return Stream.of(
                Arguments.of(
                        (Consumer<UniPicChatModel.Builder>)
                                model -> model.temperature(2).seed(5),
                        (Consumer<DescribeRequest.Builder>)
                                request -> request.temperature(2).seed(5)),
                Arguments.of(
                        (Consumer<UniPicChatModel.Builder>)
                                model -> model.temperature(9).seed(5).topK(3),
                        (Consumer<DescribeRequest.Builder>)
                                request -> request.temperature(9).seed(5).topK(3)),
                Arguments.of(
                        (Consumer<UniPicChatModel.Builder>)
                                model -> model.temperature(9).seed(5).topP(0.1),
                        (Consumer<DescribeRequest.Builder>)
                                request -> request.temperature(9).seed(5).topP(0.1)),
                Arguments.of(
                        (Consumer<UniPicChatModel.Builder>) model -> model.repetitionPenalty(50),
                        (Consumer<DescribeRequest.Builder>) request -> request.repetitionPenalty(50)),
                Arguments.of(
                        (Consumer<UniPicChatModel.Builder>) model -> model.vision(VisionPath.MAR),
                        (Consumer<DescribeRequest.Builder>) request -> request.vision(VisionPath.MAR)));
    }

    @ParameterizedTest
    @MethodSource("options")
    void anOptionIsTheSdks(Consumer<UniPicChatModel.Builder> option, Consumer<DescribeRequest.Builder> expected) {
        UniPicChatModel.Builder model = model().maxOutputTokens(12);
        option.accept(model);
        DescribeRequest.Builder request =
                DescribeRequest.builder("Hm?").image(Scenes.RED.image()).maxTokens(12);
        String without = sdk(request).text();
        expected.accept(request);
        UserMessage question = UserMessage.from(TextContent.from("Hm?"), Scenes.RED.content());
        assertThat(model.build().chat(question).aiMessage().text())
                .isEqualTo(sdk(request).text())
                .isNotEqualTo(without);
    }

    @Test
    void optionsAreChained() {
        UniPicChatModel model = model().stopSequences(List.of("no such text"))
                .temperature(9)
                .topP(0.9)
                .topK(4)
                .seed(3)
                .repetitionPenalty(2)
                .vision(VisionPath.MAR)
                .listeners(List.of())
                .maxOutputTokens(12)
                .build();
        Answer expected = sdk(DescribeRequest.builder("Hm?")
                .image(Scenes.RED.image())
                .maxTokens(12)
                .temperature(9)
                .topP(0.9)
                .topK(4)
                .seed(3)
                .repetitionPenalty(2)
                .vision(VisionPath.MAR));
        assertThat(model.chat(UserMessage.from(TextContent.from("Hm?"), Scenes.RED.content()))
                        .aiMessage()
                        .text())
                .isEqualTo(expected.text());
        assertThat(model.defaultRequestParameters().stopSequences()).containsExactly("no such text");
    }

    /** LangChain4j's memory sends everything with each question. */
    @Test
    void aCacheComputesNothingAgain() {
        try (ConversationCache cache = new ConversationCache(4, 10_000)) {
            UniPicChatModel model = model().conversationCache(cache).build();
            AiMessage said = model.chat(LOOK).aiMessage();
            assertThat(cache.size()).isEqualTo(1);
            String next = model.chat(LOOK, said, HELLO).aiMessage().text();
            try (Conversation conversation = Models.small().conversation()) {
                conversation.ask(DescribeRequest.builder("Look.\nWhat?")
                        .image(Scenes.RED.image())
                        .image(Scenes.ORANGE.image())
                        .maxTokens(6)
                        .build());
                assertThat(next)
                        .isEqualTo(conversation
                                .ask(DescribeRequest.builder("Hello?")
                                        .maxTokens(6)
                                        .build())
                                .text());
            }
        }
    }

    @Test
    void itsOwnNameIsSupportedAndTold() {
        String name = Models.small().info().name();
        UniPicChatModel model = model().build();
        assertThat(model.defaultRequestParameters().modelName()).isEqualTo(name);
        ChatResponse response =
                model.chat(ChatRequest.builder().messages(HELLO).modelName(name).build());
        assertThat(response.modelName()).isEqualTo(name);
    }

    static Stream<Arguments> unsupported() {
        ToolExecutionRequest call = ToolExecutionRequest.builder()
                .id("1")
                .name("add")
                .arguments("{}")
                .build();
        return Stream.of(
                Arguments.of("audio content", message(UserMessage.from(AudioContent.from("http://a/b.mp3")))),
                Arguments.of("video content", message(UserMessage.from(VideoContent.from("http://a/b.mp4")))),
                Arguments.of("pdf content", message(UserMessage.from(PdfFileContent.from("http://a/b.pdf")))),
                Arguments.of("fetched (https)", message(UserMessage.from(ImageContent.from("https://a/b.png")))),
                Arguments.of("fetched (file)", message(UserMessage.from(ImageContent.from("file:///etc/b.png")))),
                Arguments.of("tool call", message(AiMessage.from(call))),
                Arguments.of("TOOL_EXECUTION_RESULT", message(ToolExecutionResultMessage.from(call, "3"))),
                Arguments.of("CUSTOM", message(CustomMessage.from(Map.of("a", "b")))),
                Arguments.of("frequencyPenalty", parameter(request -> request.frequencyPenalty(1.0))),
                Arguments.of("presencePenalty", parameter(request -> request.presencePenalty(-0.5))),
                Arguments.of("modelName 'gpt'", parameter(request -> request.modelName("gpt"))));
    }

    private static ChatRequest message(ChatMessage message) {
        return ChatRequest.builder().messages(message, HELLO).build();
    }

    private static ChatRequest parameter(Consumer<ChatRequest.Builder> set) {
        ChatRequest.Builder request = ChatRequest.builder().messages(HELLO);
        set.accept(request);
        return request.build();
    }

    @ParameterizedTest
    @MethodSource("unsupported")
    void whatIsNotSupportedIsNamed(String feature, ChatRequest request) {
        assertThatExceptionOfType(UnsupportedFeatureException.class)
                .isThrownBy(() -> model().build().chat(request))
                .withMessageContaining(feature)
                .withMessageContaining("not supported");
        assertThatExceptionOfType(UnsupportedFeatureException.class)
                .isThrownBy(() ->
                        UniPicStreamingChatModel.builder(Models.small()).build().chat(request, new NoHandler()))
                .withMessageContaining(feature);
    }

    /** Is never called. */
    private static final class NoHandler implements dev.langchain4j.model.chat.response.StreamingChatResponseHandler {
        @Override
        public void onCompleteResponse(ChatResponse response) {
            throw new AssertionError(response);
        }

        @Override
        public void onError(Throwable error) {
            throw new AssertionError(error);
        }
    }

    @Test
    void whatIsAskedForButSwitchedOffIsIgnored() {
        ChatRequest request = parameter(parameters -> parameters
                .frequencyPenalty(0.0)
                .presencePenalty(0.0)
                .toolSpecifications(ToolSpecification.builder().name("add").build())
                .toolChoice(ToolChoice.NONE)
                .responseFormat(ResponseFormat.TEXT));
        assertThat(model().build().chat(request).aiMessage().text()).isNotEmpty();
    }

    static Stream<Arguments> invalid() {
        return Stream.of(
                Arguments.of("last message", List.of(HELLO, AiMessage.from("Yes."))),
                Arguments.of("begin a conversation", List.of(HELLO, SystemMessage.from("Be brief."), HELLO)),
                Arguments.of("assistant's message", List.of(AiMessage.from("Yes."), HELLO)),
                Arguments.of("base64", List.of(UserMessage.from(ImageContent.from("A", "image/png")))),
                Arguments.of("image", List.of(UserMessage.from(ImageContent.from("AAAA", "image/png")))),
                Arguments.of(
                        "neither",
                        List.of(UserMessage.from(
                                ImageContent.from(Image.builder().build())))));
    }

    @ParameterizedTest
    @MethodSource("invalid")
    void whatIsWrongIsNamed(String what, List<ChatMessage> messages) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> model().build().chat(messages))
                .withMessageContaining(what);
    }

    @Test
    void imagesAreOfABoundedSize() {
        UniPicChatModel model =
                model().readOptions(new ReadOptions(true, 64 * 64 - 1)).build();
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> model.chat(LOOK))
                .withMessageContaining("64 x 64 pixels");
    }

    @Test
    void optionsAreCheckedBeforeTheFirstRequest() {
        for (Consumer<UniPicChatModel.Builder> wrong : List.<Consumer<UniPicChatModel.Builder>>of(
                model -> model.maxOutputTokens(0),
                model -> model.temperature(-1),
                model -> model.topP(0),
                model -> model.topK(-1),
                model -> model.stopSequences(List.of("")),
                model -> model.repetitionPenalty(0))) {
            UniPicChatModel.Builder model = model();
            wrong.accept(model);
            assertThatExceptionOfType(InvalidRequestException.class).isThrownBy(model::build);
        }
        assertThatExceptionOfType(UnsupportedFeatureException.class)
                .isThrownBy(() -> model().defaultRequestParameters(ChatRequestParameters.builder()
                                .frequencyPenalty(1.0)
                                .build())
                        .build())
                .withMessageContaining("frequencyPenalty");
    }

    @Test
    void theOwnerClosesTheModel() {
        UniPicChatModel model;
        try (UniPic unipic = SmallModel.builder().load()) {
            model = UniPicChatModel.builder(unipic).maxOutputTokens(1).build();
            model.chat("Hello?");
            assertThat(unipic.countTokens("Hello?")).as("still open").isPositive();
        }
        assertThatExceptionOfType(IllegalStateException.class).isThrownBy(() -> model.chat("Hello?"));
    }
}
