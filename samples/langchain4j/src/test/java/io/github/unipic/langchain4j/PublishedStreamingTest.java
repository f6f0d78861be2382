package io.github.unipic.langchain4j;

import dev.langchain4j.model.chat.StreamingChatModel;
import dev.langchain4j.model.chat.common.ShortWaitStreamingIT;
import dev.langchain4j.model.chat.listener.ChatModelListener;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import io.github.unipic.conformance.testing.Models;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** LangChain4j's own tests, without those that ask for the world's knowledge: {@link ShapesTests}. */
class PublishedStreamingTest extends ShortWaitStreamingIT {
    private final ShapesTests shapes = new ShapesTests((defaults, request) -> chat(
                    UniPicStreamingChatModel.builder(Models.trained())
                            .defaultRequestParameters(defaults)
                            .build(),
                    request)
            .chatResponse());

    @Override
    protected List<StreamingChatModel> models() {
        return List.of(createModelWith(DefaultChatRequestParameters.EMPTY));
    }

    @Override
    protected StreamingChatModel createModelWith(ChatRequestParameters parameters) {
        return UniPicStreamingChatModel.builder(Models.small())
                .defaultRequestParameters(parameters)
                .build();
    }

    @Override
    protected ChatRequestParameters createIntegrationSpecificParameters(int maxOutputTokens) {
        return createParameters(maxOutputTokens);
    }

    /**
     * Without a model, three tests end at once that look for "Berlin": {@link StreamingTest} has them in its own words.
     */
    @Override
    public StreamingChatModel createModelWith(ChatModelListener listener) {
        return null;
    }

    @Override
    protected boolean supportsModelNameParameter() {
        return false;
    }

    @Override
    protected boolean supportsTools() {
        return false;
    }

    @Override
    protected boolean supportsToolChoiceRequired() {
        return false;
    }

    @Override
    protected boolean supportsJsonResponseFormat() {
        return false;
    }

    @Override
    protected boolean supportsJsonResponseFormatWithSchema() {
        return false;
    }

    @Override
    protected boolean supportsJsonResponseFormatWithRawSchema() {
        return false;
    }

    @Override
    protected boolean supportsSingleImageInputAsPublicURL() {
        return false;
    }

    @Override
    @ParameterizedTest
    @MethodSource("models")
    protected void should_respect_user_message(StreamingChatModel model) {
        shapes.userMessage();
    }

    @Override
    @ParameterizedTest
    @MethodSource("models")
    protected void should_respect_system_message(StreamingChatModel model) {
        shapes.systemMessage();
    }

    @Override
    @ParameterizedTest
    @MethodSource("models")
    protected void should_respect_multiple_messages(StreamingChatModel model) {
        shapes.multipleMessages();
    }

    @Override
    @ParameterizedTest
    @MethodSource("models")
    protected void should_respect_stopSequences_in_chat_request(StreamingChatModel model) {
        shapes.stopSequencesInChatRequest();
    }

    @Override
    @Test
    protected void should_respect_stopSequences_in_default_model_parameters() {
        shapes.stopSequencesInDefaultParameters();
    }

    @Override
    @ParameterizedTest
    @MethodSource("models")
    protected void should_accept_single_image_as_base64_encoded_string(StreamingChatModel model) {
        shapes.imageAsBase64();
    }

    @Override
    @ParameterizedTest
    @MethodSource("models")
    protected void should_accept_multiple_images_as_base64_encoded_strings(StreamingChatModel model) {
        shapes.imagesAsBase64();
    }
}
