package io.github.unipic.langchain4j;

import dev.langchain4j.model.chat.ChatModel;
import dev.langchain4j.model.chat.common.AbstractChatModelIT;
import dev.langchain4j.model.chat.request.ChatRequestParameters;
import dev.langchain4j.model.chat.request.DefaultChatRequestParameters;
import io.github.unipic.conformance.testing.Models;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** LangChain4j's own tests, without those that ask for the world's knowledge: {@link ShapesTests}. */
class PublishedChatTest extends AbstractChatModelIT {
    private final ShapesTests shapes = new ShapesTests((defaults, request) -> chat(
                    UniPicChatModel.builder(Models.trained())
                            .defaultRequestParameters(defaults)
                            .build(),
                    request)
            .chatResponse());

    @Override
    protected List<ChatModel> models() {
        return List.of(createModelWith(DefaultChatRequestParameters.EMPTY));
    }

    @Override
    protected ChatModel createModelWith(ChatRequestParameters parameters) {
        return UniPicChatModel.builder(Models.small())
                .defaultRequestParameters(parameters)
                .build();
    }

    @Override
    protected ChatRequestParameters createIntegrationSpecificParameters(int maxOutputTokens) {
        return createParameters(maxOutputTokens);
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
    protected void should_respect_user_message(ChatModel model) {
        shapes.userMessage();
    }

    @Override
    @ParameterizedTest
    @MethodSource("models")
    protected void should_respect_system_message(ChatModel model) {
        shapes.systemMessage();
    }

    @Override
    @ParameterizedTest
    @MethodSource("models")
    protected void should_respect_multiple_messages(ChatModel model) {
        shapes.multipleMessages();
    }

    @Override
    @ParameterizedTest
    @MethodSource("models")
    protected void should_respect_stopSequences_in_chat_request(ChatModel model) {
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
    protected void should_accept_single_image_as_base64_encoded_string(ChatModel model) {
        shapes.imageAsBase64();
    }

    @Override
    @ParameterizedTest
    @MethodSource("models")
    protected void should_accept_multiple_images_as_base64_encoded_strings(ChatModel model) {
        shapes.imagesAsBase64();
    }
}
