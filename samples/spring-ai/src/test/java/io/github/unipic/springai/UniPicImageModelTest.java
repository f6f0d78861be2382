package io.github.unipic.springai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.EditRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.GuidanceSchedule;
import io.github.unipic.Image;
import io.github.unipic.ImageRequest;
import io.github.unipic.InpaintRequest;
import io.github.unipic.Mask;
import io.github.unipic.ReadOptions;
import io.github.unipic.UniPicException;
import io.github.unipic.conformance.testing.Models;
import io.github.unipic.testing.TestImages;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.springframework.ai.content.Media;
import org.springframework.ai.image.ImageMessage;
import org.springframework.ai.image.ImageOptions;
import org.springframework.ai.image.ImageOptionsBuilder;
import org.springframework.ai.image.ImagePrompt;
import org.springframework.util.MimeTypeUtils;

/** Each image is that of the SDK. */
class UniPicImageModelTest {
    private static final Image SOURCE = TestImages.gradient(64, 64);
    private static final Image WHITE_LEFT = whiteLeft();

    private static Image whiteLeft() {
        byte[] rgb = new byte[64 * 64 * 3];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (i / 3 % 64 < 32 ? 255 : 0);
        }
        return Image.ofRgb(64, 64, rgb);
    }

    private static UniPicImageModel.Builder model() {
        return UniPicImageModel.builder(Models.small()).seed(7).iterations(2).diffusionSteps(3);
    }

    private static <B extends ImageRequest.Builder<B>> B few(B request) {
        return request.seed(7).iterations(2).diffusionSteps(3);
    }

    private static ImageOptions size(int width, int height) {
        return ImageOptionsBuilder.builder().width(width).height(height).build();
    }

    private static ImagePrompt prompt(String text, ImageOptions options, Image... media) {
        return new ImagePrompt(message(text, media), options);
    }

    private static ImageMessage message(String text, Image... images) {
        List<Media> media = List.of(images).stream()
                .map(image -> Media.builder()
                        .mimeType(MimeTypeUtils.IMAGE_PNG)
                        .data(image.toPng())
                        .build())
                .toList();
        return new ImageMessage(text, null, media, Map.of());
    }

    private static List<Image> images(UniPicImageModel.Builder model, ImagePrompt prompt) {
        return model.build().call(prompt).getResults().stream()
                .map(result -> {
                    assertThat(result.getOutput().getUrl()).isNull();
                    byte[] file = Base64.getDecoder().decode(result.getOutput().getB64Json());
                    return Image.decode(file, ReadOptions.DEFAULT);
                })
                .toList();
    }

    @Test
    void generatesImages() {
        ImageOptions options = ImageOptionsBuilder.builder()
                .n(2)
                .width(64)
                .height(32)
                .model(Models.small().info().name())
                .responseFormat("b64_json")
                .build();
        List<Image> expected = Models.small()
                .generate(few(GenerateRequest.builder("a red circle").size(64, 32))
                        .count(2)
                        .build());
        assertThat(images(model(), prompt("a red circle", options)))
                .isEqualTo(expected)
                .doesNotHaveDuplicates();
        UniPicImageModel.Builder defaults = model().options(options);
        assertThat(images(defaults, new ImagePrompt("a red circle"))).isEqualTo(expected);
        UniPicImageMetadata metadata = (UniPicImageMetadata) defaults.build()
                .call(new ImagePrompt("a red circle"))
                .getResult()
                .getMetadata();
        assertThat(metadata.text()).containsEntry("seed", "7");
    }

    @Test
    void optionsAreTheSdks() {
        UniPicImageModel.Builder model = model().guidance(5)
                .guidanceSchedule(GuidanceSchedule.CONSTANT)
                .temperature(0.5)
                .negativePrompt("Generate a blue image.");
        Image expected = Models.small()
                .generate(few(GenerateRequest.builder("a red circle").size(64, 32))
                        .guidance(5)
                        .guidanceSchedule(GuidanceSchedule.CONSTANT)
                        .temperature(0.5)
                        .negativePrompt("Generate a blue image.")
                        .build())
                .get(0);
        assertThat(images(model, prompt("a red circle", size(64, 32)))).containsExactly(expected);
    }

    @Test
    void aMessageWithAnImageEditsIt() {
        Image expected = Models.small()
                .edit(few(EditRequest.builder(SOURCE, "Make it blue").size(32)).build())
                .get(0);
        assertThat(images(model(), prompt("Make it blue", size(32, 32), SOURCE)))
                .containsExactly(expected);
    }

    @Test
    void aMessageWithAMaskRegeneratesAPart() {
        Image expected = Models.small()
                .inpaint(few(InpaintRequest.builder(SOURCE, Mask.rectangle(64, 64, 0, 0, 32, 64), "a blue square"))
                        .seam(0)
                        .build())
                .get(0);
        assertThat(images(model().seam(0), new ImagePrompt(List.of(message("a blue square", SOURCE, WHITE_LEFT)))))
                .containsExactly(expected);
    }

    @Test
    void whatIsNotSupportedIsNamed() {
        assertUnsupported("3", prompt("a", size(64, 64), SOURCE, SOURCE, SOURCE), "image and a mask");
        assertUnsupported(
                "model", prompt("a", ImageOptionsBuilder.builder().model("gpt").build()), "model 'gpt'");
        assertUnsupported(
                "style",
                prompt("a", ImageOptionsBuilder.builder().style("vivid").build()),
                "style");
        assertUnsupported(
                "url",
                prompt("a", ImageOptionsBuilder.builder().responseFormat("url").build()),
                "'url'");
        assertUnsupported("two", new ImagePrompt(List.of(new ImageMessage("a"), new ImageMessage("b"))), "2 messages");
        assertUnsupported("weight", new ImagePrompt(List.of(new ImageMessage("a", -1f))), "weight");
    }

    @Test
    void defaultsThatAreNotSupportedAreNamed() {
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .isThrownBy(() -> model().options(
                                ImageOptionsBuilder.builder().style("vivid").build())
                        .build())
                .withMessageContaining("style");
    }

    private static void assertUnsupported(String what, ImagePrompt prompt, String feature) {
        assertThatExceptionOfType(UnsupportedOperationException.class)
                .as(what)
                .isThrownBy(() -> model().build().call(prompt))
                .withMessageContaining(feature)
                .withMessageContaining("not supported");
    }

    @Test
    void whatIsWrongIsNamed() {
        assertInvalid("square", () -> model().build().call(prompt("a", size(64, 32), SOURCE)));
        assertInvalid(
                "set both",
                () -> model().build()
                        .call(prompt(
                                "a", ImageOptionsBuilder.builder().width(64).build())));
        assertInvalid("prompt", () -> model().build().call(new ImagePrompt(" ")));
        assertInvalid(
                "1 to 100 pixels",
                () -> model().readOptions(new ReadOptions(true, 100)).build().call(prompt("a", size(64, 64), SOURCE)));
        assertInvalid("seam", () -> model().seam(-2));
        assertInvalid("seam", () -> model().seam(129));
        assertThat(model().seam(-1).seam(128).build()).isNotNull();
        for (Consumer<UniPicImageModel.Builder> wrong : List.<Consumer<UniPicImageModel.Builder>>of(
                model -> model.options(size(0, 64)),
                model -> model.options(ImageOptionsBuilder.builder().n(65).build()),
                model -> model.iterations(0),
                model -> model.diffusionSteps(0),
                model -> model.guidance(0),
                model -> model.temperature(0),
                model -> model.negativePrompt(" "))) {
            UniPicImageModel.Builder model = model();
            wrong.accept(model);
            assertInvalid("", model::build);
        }
    }

    private static void assertInvalid(String what, Runnable call) {
        assertThatExceptionOfType(UniPicException.class).isThrownBy(call::run).withMessageContaining(what);
    }

    @Test
    void isCancelled() {
        Cancellation cancellation = new Cancellation();
        UniPicImageModel.Builder model =
                model().listener(progress -> cancellation.cancel()).cancellation(cancellation);
        assertThatExceptionOfType(CancelledException.class)
                .isThrownBy(() -> images(model, new ImagePrompt("a red circle")));
    }
}
