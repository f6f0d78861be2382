package io.github.unipic.langchain4j;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.langchain4j.data.image.Image;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import dev.langchain4j.model.output.Response;
import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.EditRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.GuidanceSchedule;
import io.github.unipic.ImageRequest;
import io.github.unipic.InpaintRequest;
import io.github.unipic.Mask;
import io.github.unipic.ReadOptions;
import io.github.unipic.conformance.testing.Models;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.function.Consumer;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Each image is that of the SDK. */
class UniPicImageModelTest {
    private static final Mask LEFT = Mask.rectangle(64, 64, 0, 0, 32, 64);

    private static UniPicImageModel.Builder model() {
        return UniPicImageModel.builder(Models.small())
                .size(64, 32)
                .editSize(32)
                .seed(7)
                .iterations(2)
                .diffusionSteps(3);
    }

    private static <B extends ImageRequest.Builder<B>> B few(B request) {
        return request.seed(7).iterations(2).diffusionSteps(3);
    }

    private static io.github.unipic.Image decoded(Image image) {
        assertThat(image.mimeType()).isEqualTo("image/png");
        assertThat(image.url()).isNull();
        return io.github.unipic.Image.decode(Base64.getDecoder().decode(image.base64Data()), ReadOptions.DEFAULT);
    }

    @Test
    void generatesAnImageThatTellsItsRequest() {
        Response<Image> response = model().build().generate("a red circle");
        io.github.unipic.Image expected = Models.small()
                .generate(few(GenerateRequest.builder("a red circle").size(64, 32))
                        .build())
                .get(0);
        assertThat(decoded(response.content())).isEqualTo(expected);
        assertThat(response.metadata()).containsEntry("seed", "7").containsEntry("prompt", "a red circle");
    }

    @Test
    void generatesImagesThatDiffer() {
        List<Image> images = model().build().generate("a red circle", 3).content();
        List<io.github.unipic.Image> expected = Models.small()
                .generate(few(GenerateRequest.builder("a red circle").size(64, 32))
                        .count(3)
                        .build());
        assertThat(images)
                .map(UniPicImageModelTest::decoded)
                .isEqualTo(expected)
                .doesNotHaveDuplicates();
    }

    @Test
    void withoutASeedEachImageIsAnother() {
        UniPicImageModel model = UniPicImageModel.builder(Models.small())
                .size(32, 32)
                .iterations(1)
                .diffusionSteps(1)
                .build();
        assertThat(model.generate("a red circle").content())
                .isNotEqualTo(model.generate("a red circle").content());
    }

    /** Each option changes the image to what the SDK makes of it. */
    @Test
    void optionsAreTheSdks() {
        List<Integer> iterations = new ArrayList<>();
        UniPicImageModel model = model().guidance(5)
                .guidanceSchedule(GuidanceSchedule.CONSTANT)
                .temperature(0.5)
                .negativePrompt("Generate a blue image.")
                .listener(progress -> iterations.add(progress.iteration()))
                .build();
        io.github.unipic.Image expected = Models.small()
                .generate(few(GenerateRequest.builder("a red circle").size(64, 32))
                        .guidance(5)
                        .guidanceSchedule(GuidanceSchedule.CONSTANT)
                        .temperature(0.5)
                        .negativePrompt("Generate a blue image.")
                        .build())
                .get(0);
        io.github.unipic.Image drawn = decoded(model.generate("a red circle").content());
        assertThat(drawn).isEqualTo(expected);
        assertThat(drawn.metadata()).isEqualTo(expected.metadata());
        assertThat(iterations).containsExactly(1, 2);
    }

    @Test
    void editsAsAnInstructionSays() {
        io.github.unipic.Image expected = Models.small()
                .edit(few(EditRequest.builder(Scenes.RED.image(), "Make it blue")
                                .size(32))
                        .build())
                .get(0);
        for (Image source : List.of(Scenes.RED.base64(), Scenes.RED.dataUrl())) {
            Response<Image> response = model().build().edit(source, "Make it blue");
            assertThat(decoded(response.content())).isEqualTo(expected);
            assertThat(response.metadata()).containsEntry("seed", "7");
        }
    }

    /** A mask as it comes: transparent, or white without alpha, on the left. */
    private static Image mask(String kind) throws IOException {
        BufferedImage image = new BufferedImage(
                64, 64, kind.equals("white") ? BufferedImage.TYPE_INT_RGB : BufferedImage.TYPE_INT_ARGB);
        for (int y = 0; y < 64; y++) {
            for (int x = 0; x < 64; x++) {
                boolean regenerated = x < 32;
                image.setRGB(x, y, kind.equals("white") ? regenerated ? 0xffffff : 0 : regenerated ? 0 : 0xffffffff);
            }
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(image, "png", bytes);
        return Image.builder()
                .base64Data(Base64.getEncoder().encodeToString(bytes.toByteArray()))
                .build();
    }

    @ParameterizedTest
    @ValueSource(strings = {"transparent", "white"})
    void aMaskTellsWhatIsRegenerated(String kind) throws IOException {
        io.github.unipic.Image expected = Models.small()
                .inpaint(few(InpaintRequest.builder(Scenes.RED.image(), LEFT, "a blue square"))
                        .seam(0)
                        .build())
                .get(0);
        Response<Image> response = model().seam(0).build().edit(Scenes.RED.base64(), mask(kind), "a blue square");
        assertThat(decoded(response.content())).isEqualTo(expected);
    }

    @Test
    void whatIsWrongIsNamed() throws IOException {
        UniPicImageModel model = model().build();
        assertInvalid("prompt", () -> model.generate(" "));
        assertInvalid("count", () -> model.generate("a", 0));
        assertInvalid("neither", () -> model.edit(Image.builder().build(), "a"));
        assertInvalid("base64", () -> model.edit(Image.builder().base64Data("A").build(), "a"));
        Image wide = Image.builder()
                .base64Data(Base64.getEncoder()
                        .encodeToString(
                                io.github.unipic.Image.ofRgb(2, 1, new byte[6]).toPng()))
                .build();
        Image mask = mask("white");
        assertInvalid("same size", () -> model.edit(wide, mask, "a"));
        assertInvalid(
                "1 to 100 pixels",
                () -> model().readOptions(new ReadOptions(true, 100)).build().edit(mask, "a"));
        assertThatExceptionOfType(UnsupportedFeatureException.class)
                .isThrownBy(
                        () -> model.edit(Image.builder().url("https://a/b.png").build(), "a"))
                .withMessageContaining("fetched (https)");
    }

    @Test
    void optionsAreCheckedBeforeTheFirstRequest() {
        for (Consumer<UniPicImageModel.Builder> wrong : List.<Consumer<UniPicImageModel.Builder>>of(
                model -> model.size(0, 64),
                model -> model.editSize(-1),
                model -> model.seam(129),
                model -> model.iterations(0),
                model -> model.diffusionSteps(1001),
                model -> model.guidance(0),
                model -> model.temperature(-1),
                model -> model.negativePrompt(""))) {
            UniPicImageModel.Builder model = model();
            wrong.accept(model);
            assertInvalid("", model::build);
        }
    }

    private static void assertInvalid(String what, Runnable call) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(call::run)
                .withMessageContaining(what);
    }

    @Test
    void isCancelled() {
        Cancellation cancellation = new Cancellation();
        UniPicImageModel model = model().listener(progress -> cancellation.cancel())
                .cancellation(cancellation)
                .build();
        assertThatExceptionOfType(CancelledException.class).isThrownBy(() -> model.generate("a red circle"));
    }
}
