package io.github.unipic.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.Answer;
import io.github.unipic.Conversation;
import io.github.unipic.ConversationCache;
import io.github.unipic.DescribeRequest;
import io.github.unipic.Image;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.Message;
import io.github.unipic.ReadOptions;
import io.github.unipic.UniPicException;
import io.github.unipic.VisionPath;
import io.github.unipic.conformance.testing.Models;
import io.github.unipic.conformance.testing.TrainedModel;
import io.github.unipic.runtime.Tensor;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.springframework.ai.chat.messages.AssistantMessage;
import org.springframework.ai.chat.messages.SystemMessage;
import org.springframework.ai.chat.messages.ToolResponseMessage;
import org.springframework.ai.chat.messages.UserMessage;
import org.springframework.ai.chat.model.ChatResponse;
import org.springframework.ai.chat.prompt.ChatOptions;
import org.springframework.ai.chat.prompt.DefaultChatOptions;
import org.springframework.ai.chat.prompt.Prompt;
import org.springframework.ai.content.Media;
import org.springframework.ai.model.tool.StructuredOutputChatOptions;
import org.springframework.ai.model.tool.ToolCallingChatOptions;
import org.springframework.ai.tool.ToolCallback;
import org.springframework.ai.tool.definition.ToolDefinition;
import org.springframework.util.MimeTypeUtils;
import reactor.core.publisher.Flux;

@Timeout(300)
class UniPicChatModelTest {
    private static final Image RED = TrainedModel.image("red circle", "blue square");
    private static final Image ORANGE = TrainedModel.image("orange circle", "green triangle");
    private static final String CAPTION = TrainedModel.caption("red circle", "blue square");
    private static final UserMessage HELLO = new UserMessage("Hello?");

    private static Media media(Image image) {
        return Media.builder()
                .mimeType(MimeTypeUtils.IMAGE_PNG)
                .data(image.toPng())
                .build();
    }

    private static Media dataUrl(Image image) {
        return new Media(
                MimeTypeUtils.IMAGE_PNG,
                URI.create("data:image/png;base64," + Base64.getEncoder().encodeToString(image.toPng())));
    }

    private static UserMessage user(String text, Media... media) {
        return UserMessage.builder().text(text).media(media).build();
    }

    private static UniPicChatModel.Builder model() {
        return UniPicChatModel.builder(Models.small())
                .options(ChatOptions.builder().maxTokens(6).build());
    }

    private static Answer sdk(DescribeRequest.Builder request) {
        try (Conversation conversation = Models.small().conversation()) {
            return conversation.ask(request.build());
        }
    }

    private static String text(ChatResponse response) {
        return response.getResult().getOutput().getText();
    }

    @Test
    void saysWhatItSees() {
        UniPicChatModel model = UniPicChatModel.builder(Models.trained()).build();
        assertThat(model.call(user("Describe the image in detail.", media(RED))))
                .isEqualTo(CAPTION);
    }

    @Test
    void aConversationIsThatOfTheSdk() {
        Answer expected = sdk(DescribeRequest.builder("What?")
                .history(List.of(
                        new Message.System("Be brief."), new Message.User("Hello?"), new Message.Assistant("Yes.")))
                .image(RED)
                .image(ORANGE)
                .maxTokens(6));
        ChatResponse response = model().build()
                .call(new Prompt(
                        new SystemMessage("Be brief."),
                        HELLO,
                        new AssistantMessage("Yes."),
                        user("What?", media(RED), dataUrl(ORANGE))));
        assertThat(text(response)).isEqualTo(expected.text());
        assertThat(response.getResult().getMetadata().getFinishReason()).isEqualTo("LENGTH");
        assertThat(response.getMetadata().getId()).startsWith("unipic-");
        assertThat(response.getMetadata().getModel())
                .isEqualTo(Models.small().info().name());
        assertThat(response.getMetadata().getUsage().getPromptTokens()).isEqualTo(expected.promptTokens());
        assertThat(response.getMetadata().getUsage().getCompletionTokens()).isEqualTo(6);
        assertThat(response.getMetadata().getUsage().getTotalTokens()).isEqualTo(expected.promptTokens() + 6);
    }

    @Test
    void aPromptsOptionsComeBeforeTheModels() {
        UniPicChatModel model = UniPicChatModel.builder(Models.small())
                .options(ChatOptions.builder()
                        .maxTokens(20)
                        .temperature(9.0)
                        .topP(0.9)
                        .build())
                .seed(3)
                .repetitionPenalty(2)
                .vision(VisionPath.MAR)
                .build();
        Answer expected = sdk(DescribeRequest.builder("What?")
                .image(RED)
                .maxTokens(12)
                .temperature(9)
                .topP(0.9)
                .topK(4)
                .seed(3)
                .repetitionPenalty(2)
                .vision(VisionPath.MAR));
        ChatOptions options = ChatOptions.builder().maxTokens(12).topK(4).build();
        assertThat(text(model.call(new Prompt(user("What?", media(RED)), options))))
                .isEqualTo(expected.text());
        assertThat(model.getOptions().getMaxTokens()).isEqualTo(20);
        assertThat(model.getOptions().getModel())
                .isEqualTo(Models.small().info().name());
    }

    @Test
    void stopSequencesEndTheAnswer() {
        UniPicChatModel model = UniPicChatModel.builder(Models.trained()).build();
        ChatOptions options =
                ChatOptions.builder().stopSequences(List.of(" above")).build();
        ChatResponse response = model.call(new Prompt(user("Describe the image in detail.", media(RED)), options));
        assertThat(text(response)).isEqualTo("a red circle");
        assertThat(response.getResult().getMetadata().getFinishReason()).isEqualTo("STOP");
    }

    @Test
    void aCacheComputesNothingAgain() {
        try (ConversationCache cache = new ConversationCache(4, 10_000)) {
            UniPicChatModel model = model().conversationCache(cache).build();
            UserMessage what = user("What?", media(RED));
            ChatResponse first = model.call(new Prompt(what));
            ChatResponse second = model.call(new Prompt(what, new AssistantMessage(text(first)), HELLO));
            assertThat(second.getMetadata().getUsage().getCacheReadInputTokens())
                    .isEqualTo(first.getMetadata().getUsage().getTotalTokens().longValue());
        }
    }

    @Test
    void aStreamIsTheAnswerAndEndsWithUsage() {
        UniPicChatModel model = UniPicChatModel.builder(Models.trained()).build();
        Prompt prompt = new Prompt(user("Describe the image in detail.", media(RED)));
        List<ChatResponse> parts = model.stream(prompt).collectList().block();
        assertThat(parts).hasSizeGreaterThan(5);
        assertThat(parts.stream().map(UniPicChatModelTest::text).collect(Collectors.joining()))
                .isEqualTo(CAPTION);
        ChatResponse last = parts.get(parts.size() - 1);
        assertThat(last.getResult().getMetadata().getFinishReason()).isEqualTo("STOP");
        assertThat(last.getMetadata().getUsage().getTotalTokens())
                .isEqualTo(model.call(prompt).getMetadata().getUsage().getTotalTokens());
        assertThat(parts)
                .extracting(part -> part.getMetadata().getId())
                .containsOnly(last.getMetadata().getId());
    }

    /** The answer would have a thousand tokens, and its thread ends. */
    @Test
    void aStreamThatIsCutStopsTheModel() throws InterruptedException {
        long open = Tensor.open();
        AtomicReference<Thread> thread = new AtomicReference<>();
        UniPicChatModel model = UniPicChatModel.builder(Models.small())
                .executor(task -> {
                    thread.set(new Thread(task));
                    thread.get().start();
                })
                .build();
        List<String> parts = new ArrayList<>();
        model.stream(new Prompt(HELLO))
                .take(3)
                .map(UniPicChatModelTest::text)
                .doOnNext(parts::add)
                .blockLast();
        thread.get().join();
        assertThat(parts).hasSize(3);
        assertThat(Tensor.open()).isEqualTo(open);
    }

    @Test
    void aStreamEndsWithItsError() {
        Flux<ChatResponse> stream = model().build().stream(new Prompt(new AssistantMessage("Yes.")));
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> stream.blockLast(Duration.ofMinutes(1)))
                .withMessageContaining("last message");
    }

    static Stream<Arguments> unsupported() {
        AssistantMessage call = AssistantMessage.builder()
                .content("")
                .toolCalls(List.of(new AssistantMessage.ToolCall("1", "function", "add", "{}")))
                .build();
        ToolResponseMessage result = ToolResponseMessage.builder()
                .responses(List.of(new ToolResponseMessage.ToolResponse("1", "add", "3")))
                .build();
        Media web = new Media(MimeTypeUtils.IMAGE_PNG, URI.create("https://a/b.png"));
        Media pdf = new Media(Media.Format.DOC_PDF, URI.create("https://a/b.pdf"));
        return Stream.of(
                Arguments.of("tool call", new Prompt(call, HELLO)),
                Arguments.of("TOOL", new Prompt(result, HELLO)),
                Arguments.of("fetched", new Prompt(user("What?", web))),
                Arguments.of("application/pdf", new Prompt(user("What?", pdf))),
                Arguments.of("model 'gpt'", options(options -> options.model("gpt"))),
                Arguments.of("frequencyPenalty", options(options -> options.frequencyPenalty(1.0))),
                Arguments.of("presencePenalty", options(options -> options.presencePenalty(-1.0))),
                Arguments.of("output schema", new Prompt(HELLO, new WithSchema())),
                Arguments.of(
                        "calling tools",
                        new Prompt(
                                HELLO,
                                ToolCallingChatOptions.builder()
                                        .toolCallbacks(List.of(new Tool()))
                                        .build())));
    }

    private static Prompt options(Consumer<ChatOptions.Builder<?>> set) {
        ChatOptions.Builder<?> options = ChatOptions.builder();
        set.accept(options);
        return new Prompt(HELLO, options.build());
    }

    private static final class WithSchema extends DefaultChatOptions implements StructuredOutputChatOptions {
        WithSchema() {
            super(null, null, null, null, null, null, null, null);
        }

        @Override
        public String getOutputSchema() {
            return "{}";
        }

        @Override
        public StructuredOutputChatOptions.Builder<?> mutate() {
            throw new UnsupportedOperationException();
        }
    }

    private static final class Tool implements ToolCallback {
        @Override
        public ToolDefinition getToolDefinition() {
            return ToolDefinition.builder().name("add").inputSchema("{}").build();
        }

        @Override
        public String call(String input) {
            throw new AssertionError(input);
        }
    }

    @ParameterizedTest
    @MethodSource("unsupported")
    void whatIsNotSupportedIsNamed(String feature, Prompt prompt) {
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> model().build().call(prompt))
                .withMessageContaining(feature)
                .withMessageContaining("not supported");
    }

    @Test
    void imagesAreOfABoundedSize() {
        UniPicChatModel model = model().readOptions(new ReadOptions(true, 100)).build();
        assertThatExceptionOfType(UniPicException.class)
                .isThrownBy(() -> model.call(user("What?", media(RED))))
                .withMessageContaining("1 to 100 pixels");
    }

    @Test
    void optionsAreCheckedBeforeTheFirstRequest() {
        for (ChatOptions wrong : List.of(
                ChatOptions.builder().maxTokens(0).build(),
                ChatOptions.builder().temperature(-1.0).build(),
                ChatOptions.builder().topP(0.0).build(),
                ChatOptions.builder().topK(-1).build(),
                ChatOptions.builder().stopSequences(List.of("")).build())) {
            assertThatExceptionOfType(InvalidRequestException.class)
                    .isThrownBy(() -> model().options(wrong).build());
        }
        assertThatExceptionOfType(UniPicException.class)
                .isThrownBy(() -> model().repetitionPenalty(0).build());
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> model().options(
                                ChatOptions.builder().presencePenalty(1.0).build())
                        .build())
                .withMessageContaining("presencePenalty");
    }
}
