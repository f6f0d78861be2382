package io.github.unipic.server;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.openai.client.OpenAIClient;
import com.openai.client.okhttp.OpenAIOkHttpClient;
import com.openai.core.JsonValue;
import com.openai.core.http.StreamResponse;
import com.openai.errors.BadRequestException;
import com.openai.errors.RateLimitException;
import com.openai.errors.UnauthorizedException;
import com.openai.models.chat.completions.ChatCompletion;
import com.openai.models.chat.completions.ChatCompletionChunk;
import com.openai.models.chat.completions.ChatCompletionContentPart;
import com.openai.models.chat.completions.ChatCompletionContentPartImage;
import com.openai.models.chat.completions.ChatCompletionContentPartText;
import com.openai.models.chat.completions.ChatCompletionCreateParams;
import com.openai.models.chat.completions.ChatCompletionStreamOptions;
import com.openai.models.images.ImageEditParams;
import com.openai.models.images.ImageEditStreamEvent;
import com.openai.models.images.ImageGenStreamEvent;
import com.openai.models.images.ImageGenerateParams;
import com.openai.models.images.ImagesResponse;
import io.github.unipic.EditRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.ImageRequest;
import io.github.unipic.InpaintRequest;
import io.github.unipic.Mask;
import io.github.unipic.ReadOptions;
import io.github.unipic.testing.TestImages;
import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** OpenAI's own client for Java, as it comes. */
@Timeout(300)
class OpenAiClientTest {
    private static final TestServer SERVER =
            TestServer.start(options -> options.apiKey("secret").queue(0));
    private static final OpenAIClient CLIENT = client("secret");
    private static final Image SOURCE = TestImages.gradient(64, 64);

    @AfterAll
    static void close() {
        CLIENT.close();
        SERVER.close();
    }

    private static OpenAIClient client(String key) {
        return OpenAIOkHttpClient.builder()
                .baseUrl(SERVER.uri("/v1").toString())
                .apiKey(key)
                .build();
    }

    private static ImageGenerateParams.Builder small() {
        return ImageGenerateParams.builder()
                .prompt("a red circle")
                .size("64x64")
                .putAdditionalBodyProperty("seed", JsonValue.from(7))
                .putAdditionalBodyProperty("iterations", JsonValue.from(4))
                .putAdditionalBodyProperty("num_inference_steps", JsonValue.from(5));
    }

    private static Image drawn(ImageRequest.Builder<?> request) {
        return SERVER.unipic()
                .images(request.iterations(4).diffusionSteps(5).seed(7).build())
                .get(0);
    }

    private static Image expected() {
        return drawn(GenerateRequest.builder("a red circle").size(64, 64));
    }

    private static Image image(Optional<String> base64) {
        return image(base64.orElseThrow());
    }

    private static Image image(String base64) {
        return Image.decode(Base64.getDecoder().decode(base64), ReadOptions.DEFAULT);
    }

    @Test
    void modelsAreListed() {
        assertThat(CLIENT.models().list().data())
                .singleElement()
                .satisfies(model -> assertThat(model.validate().id())
                        .isEqualTo(SERVER.unipic().info().name()));
    }

    @Test
    void imagesAreDrawn() {
        ImagesResponse response = CLIENT.images().generate(small().n(2).build()).validate();
        assertThat(response.data().orElseThrow()).hasSize(2);
        assertThat(image(response.data().get().get(0).b64Json())).isEqualTo(expected());
        assertThat(response.usage().orElseThrow().outputTokens()).isEqualTo(32);
    }

    @Test
    void previewsArriveInAStream() {
        try (StreamResponse<ImageGenStreamEvent> stream =
                CLIENT.images().generateStreaming(small().partialImages(2).build())) {
            List<ImageGenStreamEvent> events =
                    stream.stream().map(ImageGenStreamEvent::validate).toList();
            assertThat(events).hasSize(3);
            assertThat(events.get(0).generationPartialImage().orElseThrow().partialImageIndex())
                    .isZero();
            assertThat(events.get(1).generationPartialImage().orElseThrow().partialImageIndex())
                    .isEqualTo(1);
            assertThat(image(events.get(2).generationCompleted().orElseThrow().b64Json()))
                    .isEqualTo(expected());
        }
    }

    private static ImageEditParams.Builder edit() {
        return ImageEditParams.builder()
                .image(new ByteArrayInputStream(SOURCE.toPng()))
                .prompt("a red circle")
                .putAdditionalBodyProperty("seed", JsonValue.from("7"))
                .putAdditionalBodyProperty("iterations", JsonValue.from("4"))
                .putAdditionalBodyProperty("num_inference_steps", JsonValue.from("5"));
    }

    /** Transparent on the left. */
    private static byte[] alphaMask() throws IOException {
        BufferedImage mask = new BufferedImage(64, 64, BufferedImage.TYPE_INT_ARGB);
        mask.createGraphics().fillRect(32, 0, 32, 64);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(mask, "png", bytes);
        return bytes.toByteArray();
    }

    @Test
    void anImageIsEditedAndInpainted() throws IOException {
        ImagesResponse edited = CLIENT.images().edit(edit().size("64x64").build());
        assertThat(image(edited.validate().data().orElseThrow().get(0).b64Json()))
                .isEqualTo(drawn(EditRequest.builder(SOURCE, "a red circle").size(64)));
        ImagesResponse inpainted = CLIENT.images().edit(edit().mask(alphaMask()).build());
        assertThat(image(inpainted.validate().data().orElseThrow().get(0).b64Json()))
                .isEqualTo(drawn(InpaintRequest.builder(SOURCE, Mask.rectangle(64, 64, 0, 0, 32, 64), "a red circle")));
    }

    @Test
    void anEditIsStreamed() {
        try (StreamResponse<ImageEditStreamEvent> stream = CLIENT.images()
                .editStreaming(edit().partialImages(1).size("64x64").build())) {
            List<ImageEditStreamEvent> events =
                    stream.stream().map(ImageEditStreamEvent::validate).toList();
            assertThat(events).hasSize(2);
            assertThat(events.get(0).partialImage()).isPresent();
            assertThat(events.get(1).completed()).isPresent();
        }
    }

    private static ChatCompletionCreateParams.Builder question() {
        String url = "data:image/png;base64," + Base64.getEncoder().encodeToString(SOURCE.toPng());
        return ChatCompletionCreateParams.builder()
                .model("small-model")
                .maxCompletionTokens(6)
                .addSystemMessage("Be brief.")
                .addUserMessageOfArrayOfContentParts(List.of(
                        ChatCompletionContentPart.ofText(ChatCompletionContentPartText.builder()
                                .text("what is this?")
                                .build()),
                        ChatCompletionContentPart.ofImageUrl(ChatCompletionContentPartImage.builder()
                                .imageUrl(ChatCompletionContentPartImage.ImageUrl.builder()
                                        .url(url)
                                        .build())
                                .build())));
    }

    @Test
    void anImageIsTalkedAbout() {
        ChatCompletion answer = CLIENT.chat().completions().create(question().build());
        answer.validate();
        assertThat(answer.usage().orElseThrow().completionTokens()).isEqualTo(6);
        assertThat(answer.choices().get(0).finishReason()).isEqualTo(ChatCompletion.Choice.FinishReason.LENGTH);
        ChatCompletionCreateParams streamed = question()
                .streamOptions(
                        ChatCompletionStreamOptions.builder().includeUsage(true).build())
                .build();
        try (StreamResponse<ChatCompletionChunk> stream =
                CLIENT.chat().completions().createStreaming(streamed)) {
            List<ChatCompletionChunk> chunks =
                    stream.stream().map(ChatCompletionChunk::validate).toList();
            String text = chunks.stream()
                    .flatMap(chunk -> chunk.choices().stream())
                    .flatMap(choice -> choice.delta().content().stream())
                    .collect(Collectors.joining());
            assertThat(text)
                    .isEqualTo(answer.choices().get(0).message().content().orElseThrow());
            assertThat(chunks.get(chunks.size() - 1).usage().orElseThrow().promptTokens())
                    .isEqualTo(answer.usage().get().promptTokens());
        }
    }

    @Test
    void errorsHaveTheirOwnExceptions() {
        assertThatThrownBy(() -> CLIENT.images().generate(small().size("63x64").build()))
                .isInstanceOf(BadRequestException.class)
                .hasMessageContaining("64");
        OpenAIClient stranger = client("wrong");
        assertThatThrownBy(() -> stranger.models().list())
                .isInstanceOf(UnauthorizedException.class)
                .hasMessageContaining("API key");
        stranger.close();
    }

    /** The queue has no room, so while one job runs another is refused, and comes through when that one has ended. */
    @Test
    void aRefusedRequestIsTriedAgain() throws Exception {
        ImageGenerateParams slow = small().size("512x512")
                .putAdditionalBodyProperty("iterations", JsonValue.from(1024))
                .putAdditionalBodyProperty("num_inference_steps", JsonValue.from(1000))
                .build();
        StreamResponse<ImageGenStreamEvent> running = CLIENT.images().generateStreaming(slow);
        try {
            awaitRunning(1);
            OpenAIClient impatient =
                    CLIENT.withOptions(options -> options.maxRetries(0).timeout(Duration.ofMinutes(1)));
            assertThatThrownBy(() -> impatient.images().generate(small().build()))
                    .isInstanceOf(RateLimitException.class)
                    .hasMessageContaining("waiting");
        } finally {
            running.close();
        }
        awaitRunning(0);
        assertThat(image(CLIENT.images()
                        .generate(small().build())
                        .data()
                        .orElseThrow()
                        .get(0)
                        .b64Json()))
                .isEqualTo(expected());
    }

    private static void awaitRunning(int number) throws Exception {
        SERVER.awaitText("/health", "\"running\":" + number);
    }
}
