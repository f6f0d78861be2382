package io.github.unipic.server;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langchain4j.data.message.ImageContent;
import dev.langchain4j.data.message.TextContent;
import dev.langchain4j.data.message.UserMessage;
import dev.langchain4j.model.chat.response.ChatResponse;
import dev.langchain4j.model.openai.OpenAiChatModel;
import dev.langchain4j.model.openai.OpenAiImageModel;
import io.github.unipic.Image;
import io.github.unipic.ReadOptions;
import io.github.unipic.testing.TestImages;
import java.util.Base64;
import org.junit.jupiter.api.Test;

/** LangChain4j's own module for OpenAI. */
class LangChain4jTest {
    private static final TestServer SERVER = TestServer.shared();
    private static final String URL = SERVER.uri("/v1").toString();

    @Test
    void drawsAnImage() {
        OpenAiImageModel model = OpenAiImageModel.builder()
                .baseUrl(URL)
                .apiKey("none")
                .modelName("small-model")
                .size("64x64")
                .build();
        String base64 = model.generate("a red circle").content().base64Data();
        assertThat(Image.decode(Base64.getDecoder().decode(base64), ReadOptions.DEFAULT)
                        .width())
                .isEqualTo(64);
    }

    @Test
    void asksAboutAnImage() {
        OpenAiChatModel model = OpenAiChatModel.builder()
                .baseUrl(URL)
                .apiKey("none")
                .modelName("small-model")
                .maxCompletionTokens(5)
                .build();
        String base64 =
                Base64.getEncoder().encodeToString(TestImages.gradient(64, 64).toPng());
        ChatResponse answer =
                model.chat(UserMessage.from(TextContent.from("what is this?"), ImageContent.from(base64, "image/png")));
        assertThat(answer.aiMessage().text()).isNotEmpty();
        assertThat(answer.tokenUsage().outputTokenCount()).isEqualTo(5);
        assertThat(answer.tokenUsage().inputTokenCount()).isPositive();
    }
}
