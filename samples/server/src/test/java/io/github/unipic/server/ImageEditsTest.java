package io.github.unipic.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.unipic.EditRequest;
import io.github.unipic.Image;
import io.github.unipic.ImageRequest;
import io.github.unipic.InpaintRequest;
import io.github.unipic.Mask;
import io.github.unipic.ReadOptions;
import io.github.unipic.testing.TestImages;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.http.HttpResponse;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Edits and inpainting, as OpenAI's clients ask for them. */
class ImageEditsTest {
    private static final TestServer SERVER = TestServer.shared();
    private static final Image SOURCE = TestImages.gradient(64, 64);
    private static final Mask LEFT = Mask.rectangle(64, 64, 0, 0, 32, 64);
    private static final Map<String, String> FEW =
            Map.of("prompt", "a red circle", "iterations", "4", "num_inference_steps", "5", "seed", "7");

    private static ImageRequest few(ImageRequest.Builder<?> request) {
        return request.iterations(4).diffusionSteps(5).seed(7).build();
    }

    /** A mask as it comes: transparent, or white without alpha, on the left; or all transparent. */
    private static byte[] maskFile(String kind) throws IOException {
        BufferedImage image = new BufferedImage(
                64, 64, kind.equals("white") ? BufferedImage.TYPE_INT_RGB : BufferedImage.TYPE_INT_ARGB);
        for (int y = 0; y < 64; y++) {
            for (int x = 0; x < 64; x++) {
                boolean redrawn = x < 32 || kind.equals("all");
                image.setRGB(x, y, kind.equals("white") ? redrawn ? 0xffffff : 0 : redrawn ? 0 : 0xff00ff00);
            }
        }
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        ImageIO.write(image, "png", bytes);
        return bytes.toByteArray();
    }

    private static Image edited(TestServer.Form form) throws Exception {
        HttpResponse<String> answer = SERVER.post("/v1/images/edits", form);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        JsonNode json = TestServer.json(answer);
        return Image.decode(
                Base64.getDecoder().decode(json.at("/data/0/b64_json").asText()), ReadOptions.DEFAULT);
    }

    @Test
    void withoutAMaskItIsAnEditByInstruction() throws Exception {
        Image expected = SERVER.unipic()
                .images(few(EditRequest.builder(SOURCE, "a red circle").size(64)))
                .get(0);
        assertThat(edited(TestServer.form(FEW).text("size", "64x64").file("image", SOURCE.toPng())))
                .isEqualTo(expected);
        assertThat(edited(TestServer.form(FEW).text("size", "64x64").fileWithoutName("image[]", SOURCE.toPng())))
                .isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"transparent", "white"})
    void aMaskTellsWhatIsRegenerated(String kind) throws Exception {
        Image expected = SERVER.unipic()
                .images(few(InpaintRequest.builder(SOURCE, LEFT, "a red circle")))
                .get(0);
        TestServer.Form form = TestServer.form(FEW).text("size", "63x65"); // of no meaning here
        assertThat(edited(form.file("image", SOURCE.toPng()).file("mask", maskFile(kind))))
                .isEqualTo(expected);
    }

    @Test
    void aMaskThatIsTransparentThroughoutRegeneratesAll() throws Exception {
        Image expected = SERVER.unipic()
                .images(few(InpaintRequest.builder(SOURCE, Mask.rectangle(64, 64, 0, 0, 64, 64), "a red circle")))
                .get(0);
        assertThat(edited(TestServer.form(FEW).file("image", SOURCE.toPng()).file("mask", maskFile("all"))))
                .isEqualTo(expected);
    }

    @Test
    void aStreamIsAskedForInTheForm() throws Exception {
        List<TestServer.Event> events = TestServer.events(SERVER.post(
                "/v1/images/edits",
                TestServer.form(FEW)
                        .file("image", SOURCE.toPng())
                        .file("mask", maskFile("white"))
                        .text("partial_images", "1")
                        .text("stream", "true")));
        assertThat(events)
                .extracting(TestServer.Event::name)
                .containsExactly("image_edit.partial_image", "image_edit.completed");
    }

    @Test
    void whatIsWrongIsNamed() throws Exception {
        byte[] png = SOURCE.toPng();
        assertWrong("image", TestServer.form(FEW));
        assertWrong("prompt", TestServer.form(Map.of()).file("image", png));
        assertWrong("image", TestServer.form(FEW).file("image", new byte[] {1, 2, 3}));
        assertWrong("image", TestServer.form(FEW).file("image[]", png).file("image[]", png));
        assertWrong("mask", TestServer.form(FEW).file("image", png).file("mask", new byte[40]));
        assertWrong("size", TestServer.form(FEW).file("image", png).text("size", "64x32"));
        assertWrong("n", TestServer.form(FEW).file("image", png).text("n", "eleven"));
        assertWrong(
                "image",
                TestServer.form(FEW)
                        .file(
                                "image",
                                Image.ofRgb(2049, 2048, new byte[3 * 2049 * 2048])
                                        .toPng())
                        .file("mask", maskFile("white")));
        // Of another size than the image.
        assertWrong(
                "",
                TestServer.form(FEW)
                        .file("image", TestImages.gradient(32, 32).toPng())
                        .file("mask", maskFile("white")));
    }

    private static void assertWrong(String parameter, TestServer.Form form) throws Exception {
        HttpResponse<String> answer = SERVER.post("/v1/images/edits", form);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        assertThat(TestServer.json(answer).at("/error/param").asText(""))
                .as(answer.body())
                .isEqualTo(parameter);
    }
}
