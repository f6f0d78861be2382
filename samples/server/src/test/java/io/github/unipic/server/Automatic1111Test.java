package io.github.unipic.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.github.unipic.EditRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.ImageRequest;
import io.github.unipic.InpaintRequest;
import io.github.unipic.Mask;
import io.github.unipic.ReadOptions;
import io.github.unipic.testing.TestImages;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.net.http.HttpResponse;
import java.util.Base64;
import java.util.concurrent.FutureTask;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** AUTOMATIC1111's dialect, as Open WebUI, LibreChat and SillyTavern speak it. */
class Automatic1111Test {
    private static final TestServer SERVER = TestServer.shared();
    private static final Image SOURCE = TestImages.gradient(64, 64);

    private static String base64(Image image) {
        return Base64.getEncoder().encodeToString(image.toPng());
    }

    private static JsonNode post(String path, String json) throws Exception {
        HttpResponse<String> answer = SERVER.post("/sdapi/v1/" + path, json);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return TestServer.json(answer);
    }

    private static Image first(JsonNode answer) {
        return Image.decode(Base64.getDecoder().decode(answer.at("/images/0").asText()), ReadOptions.DEFAULT);
    }

    private static Image expected(ImageRequest.Builder<?> request) {
        return SERVER.unipic().images(request.diffusionSteps(5).seed(7).build()).get(0);
    }

    @Test
    void textToImage() throws Exception {
        JsonNode answer = post(
                "txt2img",
                "{\"prompt\":\"a red circle\",\"negative_prompt\":\"blur\",\"width\":64,\"height\":64,\"steps\":5,"
                        + "\"cfg_scale\":2,\"seed\":7,\"sampler_name\":\"Euler a\",\"batch_size\":2}");
        assertThat(answer.get("images")).hasSize(2);
        // As many at once, because products of other sizes may be rounded otherwise.
        assertThat(first(answer).rgb())
                .isEqualTo(expected(GenerateRequest.builder("a red circle")
                                .negativePrompt("blur")
                                .guidance(2)
                                .size(64, 64)
                                .count(2))
                        .rgb());
        JsonNode info = new ObjectMapper().readTree(answer.get("info").asText());
        assertThat(info.get("seed").asLong()).isEqualTo(7);
        assertThat(info.get("all_seeds")).hasSize(2);
        assertThat(info.get("infotexts").get(0).asText()).contains("a red circle", "Negative prompt: blur", "Seed: 7");
    }

    @Test
    void anImageIsEditedOrInpainted() throws Exception {
        String request = "{\"init_images\":[\"data:image/png;base64," + base64(SOURCE)
                + "\"],\"prompt\":\"a red circle\",\"steps\":5,\"seed\":7,\"denoising_strength\":0.5";
        assertThat(first(post("img2img", request + "}")))
                .isEqualTo(expected(EditRequest.builder(SOURCE, "a red circle")));
        assertThat(first(post("img2img", request + ",\"mask\":\"\"}")))
                .as("an empty mask is none")
                .isEqualTo(expected(EditRequest.builder(SOURCE, "a red circle")));
        Mask mask = Mask.rectangle(64, 64, 32, 32, 32, 32);
        String masked = request + ",\"mask\":\"" + base64(TestImages.cornerMask(64, 64, 32, 32)) + "\"";
        assertThat(first(post("img2img", masked + "}")))
                .isEqualTo(expected(InpaintRequest.builder(SOURCE, mask, "a red circle")));
        assertThat(first(post("img2img", masked + ",\"inpainting_mask_invert\":1}")))
                .isEqualTo(expected(InpaintRequest.builder(SOURCE, mask.inverted(), "a red circle")));
    }

    /** Strokes on a transparent layer, the opposite of OpenAI's masks. */
    @ParameterizedTest
    @ValueSource(ints = {0xffff_ffff, 0xff00_0000})
    void aMaskWithAlphaRegeneratesWhatIsOpaque(int stroke) throws Exception {
        BufferedImage strokes = new BufferedImage(64, 64, BufferedImage.TYPE_INT_ARGB);
        for (int i = 0; i < 32 * 64; i++) {
            strokes.setRGB(i % 32, i / 32, stroke);
        }
        ByteArrayOutputStream png = new ByteArrayOutputStream();
        ImageIO.write(strokes, "png", png);
        JsonNode answer = post(
                "img2img",
                "{\"init_images\":[\"" + base64(SOURCE) + "\"],\"prompt\":\"a red circle\",\"steps\":5,\"seed\":7,"
                        + "\"mask\":\"" + Base64.getEncoder().encodeToString(png.toByteArray()) + "\"}");
        Mask left = Mask.rectangle(64, 64, 0, 0, 32, 64);
        assertThat(first(answer)).isEqualTo(expected(InpaintRequest.builder(SOURCE, left, "a red circle")));
    }

    @Test
    void anEditHasTheSizeThatIsAskedForIfThatIsASquare() throws Exception {
        String request =
                "{\"init_images\":[\"" + base64(SOURCE) + "\"],\"prompt\":\"a red circle\",\"steps\":5,\"seed\":7";
        Image small = expected(EditRequest.builder(SOURCE, "a red circle").size(32));
        assertThat(first(post("img2img", request + ",\"width\":32,\"height\":32}")))
                .isEqualTo(small);
        assertThat(first(post("img2img", request + ",\"height\":32}"))).isEqualTo(small);
        assertThat(first(post("img2img", request + ",\"width\":64,\"height\":32}")))
                .isEqualTo(expected(EditRequest.builder(SOURCE, "a red circle")));
    }

    @Test
    void aLargeImageIsNotInpainted() throws Exception {
        String large = base64(Image.ofRgb(2049, 2048, new byte[3 * 2049 * 2048]));
        HttpResponse<String> answer = SERVER.post(
                "/sdapi/v1/img2img",
                "{\"init_images\":[\"" + large + "\"],\"prompt\":\"a\",\"mask\":\"" + large + "\"}");
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(TestServer.json(answer).get("detail").asText())
                .contains("'init_images' must have at most 4194304 pixels, not 2049x2048");
    }

    @Test
    void seedsGoOnFromTheLargest() throws Exception {
        JsonNode answer = post(
                "txt2img",
                "{\"prompt\":\"a\",\"width\":16,\"height\":16,\"steps\":1,\"batch_size\":2,\"seed\":" + Long.MAX_VALUE
                        + "}");
        assertThat(new ObjectMapper().readTree(answer.get("info").asText()).get("all_seeds"))
                .extracting(JsonNode::asLong)
                .containsExactly(Long.MAX_VALUE, Long.MIN_VALUE);
    }

    @Test
    @Timeout(300)
    void progressHasAPreviewAndInterruptEndsTheJob() throws Exception {
        try (TestServer server = TestServer.start(options -> options)) {
            FutureTask<HttpResponse<String>> job = new FutureTask<>(() -> server.post(
                    "/sdapi/v1/txt2img", "{\"prompt\":\"a red circle\",\"width\":512,\"height\":512,\"steps\":40}"));
            new Thread(job).start();
            JsonNode progress = server.node("/sdapi/v1/progress");
            while (progress.path("current_image").isMissingNode()) {
                Thread.sleep(10);
                progress = server.node("/sdapi/v1/progress");
            }
            assertThat(progress.get("progress").asDouble()).isBetween(0.0, 1.0);
            assertThat(progress.at("/state/job_count").asInt()).isEqualTo(1);
            assertThat(progress.at("/state/sampling_step").asInt()).isPositive();
            assertThat(Image.decode(
                                    Base64.getDecoder()
                                            .decode(progress.get("current_image")
                                                    .asText()),
                                    ReadOptions.DEFAULT)
                            .width())
                    .isEqualTo(512);
            server.post("/sdapi/v1/interrupt", "");
            assertThat(job.get().statusCode()).isEqualTo(503);
            assertThat(server.node("/sdapi/v1/progress").at("/state/job_count").asInt())
                    .isZero();
        }
    }

    @ParameterizedTest
    @CsvSource({
        "options, /sd_model_checkpoint",
        "sd-models, /0/title",
        "samplers, /0/name",
        "schedulers, /0/name",
        "upscalers, /0/name",
        "latent-upscale-modes, /0/name",
    })
    void listsHaveWhatProgramsReadOfThem(String path, String field) throws Exception {
        assertThat(SERVER.node("/sdapi/v1/" + path).at(field).asText()).isNotEmpty();
    }

    @Test
    void optionsCanBeSetAndErrorsAreOfTheDialect() throws Exception {
        post("options", "{\"sd_model_checkpoint\":\"x\"}");
        HttpResponse<String> answer = SERVER.post("/sdapi/v1/txt2img", "{\"prompt\":\" \"}");
        assertThat(answer.statusCode()).isEqualTo(400);
        assertThat(TestServer.json(answer).get("detail").asText()).contains("'prompt' is missing");
    }
}
