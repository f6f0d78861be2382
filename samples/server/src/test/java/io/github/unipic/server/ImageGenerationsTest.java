package io.github.unipic.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.unipic.DiffusionSteps;
import io.github.unipic.GenerateRequest;
import io.github.unipic.GuidanceSchedule;
import io.github.unipic.Image;
import io.github.unipic.ReadOptions;
import io.github.unipic.Reuse;
import java.io.IOException;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Images from prompts, as OpenAI's clients ask for them. */
class ImageGenerationsTest {
    private static final TestServer SERVER = TestServer.shared();

    private static final String SMALL =
            "\"prompt\":\"a red circle\",\"size\":\"64x64\",\"iterations\":4,\"num_inference_steps\":5,\"seed\":7";

    @Test
    void anImageIsThatOfTheSdk() throws Exception {
        HttpResponse<String> answer = SERVER.post("/v1/images/generations", "{" + SMALL + "}");
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        JsonNode json = TestServer.json(answer);
        assertThat(image(json.at("/data/0/b64_json"))).isEqualTo(expected(7));
        assertThat(json.at("/data/0/seed").asLong()).isEqualTo(7);
        assertThat(json.get("size").asText()).isEqualTo("64x64");
        assertThat(json.at("/usage/output_tokens").asInt()).isEqualTo(16);
        assertThat(json.at("/usage/input_tokens_details/text_tokens").asInt())
                .isEqualTo(SERVER.unipic().countTokens("a red circle"));
    }

    @Test
    void fewerOperationsAreOptions() throws Exception {
        JsonNode json = TestServer.json(SERVER.post(
                "/v1/images/generations",
                "{\"prompt\":\"a red circle\",\"size\":\"64x64\",\"iterations\":4,\"seed\":7,\"fast\":true,"
                        + "\"num_inference_steps\":\"6..2\",\"guidance_schedule\":\"linear\"}"));
        GenerateRequest request = GenerateRequest.builder("a red circle")
                .size(64, 64)
                .iterations(4)
                .seed(7)
                .fast()
                .diffusionSteps(DiffusionSteps.annealed(6, 2))
                .guidanceSchedule(GuidanceSchedule.LINEAR)
                .build();
        assertThat(request.guidanceReuse()).contains(Reuse.every(4));
        assertThat(request.tokenReuse()).contains(Reuse.every(4));
        assertThat(image(json.at("/data/0/b64_json")))
                .isEqualTo(SERVER.unipic().generate(request).get(0));
    }

    @Test
    void whatIsReusedCanBeGivenOneByOne() throws Exception {
        JsonNode json = TestServer.json(SERVER.post(
                "/v1/images/generations",
                "{\"prompt\":\"a red circle\",\"size\":\"64x64\",\"iterations\":6,\"seed\":7,\"num_inference_steps\":4,"
                        + "\"guidance_every\":3,\"tokens_every\":2}"));
        GenerateRequest request = GenerateRequest.builder("a red circle")
                .size(64, 64)
                .iterations(6)
                .seed(7)
                .diffusionSteps(4)
                .guidanceReuse(Reuse.every(3))
                .tokenReuse(Reuse.every(2))
                .build();
        Image image = image(json.at("/data/0/b64_json"));
        assertThat(image).isEqualTo(SERVER.unipic().generate(request).get(0));
        assertThat(image.metadata().get("parameters"))
                .contains(
                        "\"guidance_reuse\":{\"initial\":2,\"every\":3}",
                        "\"token_reuse\":{\"initial\":2,\"every\":2}");
    }

    @Test
    void severalImagesHaveSeedsThatFollow() throws Exception {
        JsonNode json = TestServer.json(SERVER.post("/v1/images/generations", "{\"n\":2," + SMALL + "}"));
        assertThat(json.get("data")).hasSize(2);
        assertThat(image(json.at("/data/1/b64_json")).rgb())
                .isEqualTo(expected(8).rgb());
    }

    @Test
    void aStreamHasPreviewsAndTheImage() throws Exception {
        List<TestServer.Event> events = SERVER.events(
                "/v1/images/generations", "{\"stream\":true,\"partial_images\":2,\"progress\":true," + SMALL + "}");
        assertThat(events)
                .extracting(TestServer.Event::name)
                .filteredOn(name -> !name.endsWith("queued"))
                .containsExactly(
                        "image_generation.progress",
                        "image_generation.progress",
                        "image_generation.partial_image",
                        "image_generation.progress",
                        "image_generation.partial_image",
                        "image_generation.progress",
                        "image_generation.completed");
        TestServer.Event last = events.get(events.size() - 1);
        assertThat(image(last.data().get("b64_json"))).isEqualTo(expected(7));
    }

    @Test
    void anImageByAddressIsFetchedOnceMore() throws Exception {
        JsonNode json =
                TestServer.json(SERVER.post("/v1/images/generations", "{\"response_format\":\"url\"," + SMALL + "}"));
        byte[] file = SERVER.get(json.at("/data/0/url").asText());
        assertThat(Image.decode(file, ReadOptions.DEFAULT)).isEqualTo(expected(7));
        assertThat(json.at("/data/0/b64_json").isMissingNode()).isTrue();
    }

    @Test
    void anAddressIsThatOfTheProxy() throws Exception {
        String authority = SERVER.uri("/").getAuthority();
        assertThat(addressBehind("https", "/unipic/a-b")).startsWith("https://" + authority + "/unipic/a-b/v1/");
        assertThat(addressBehind("javascript", "//elsewhere/")).startsWith("http://" + authority + "/v1/");
    }

    private static String addressBehind(String scheme, String prefix) throws Exception {
        HttpRequest.Builder request = HttpRequest.newBuilder(SERVER.uri("/v1/images/generations"))
                .header("Content-Type", "application/json")
                .header("X-Forwarded-Proto", scheme)
                .header("X-Forwarded-Prefix", prefix)
                .POST(BodyPublishers.ofString("{\"response_format\":\"url\"," + SMALL + "}"));
        return TestServer.json(SERVER.send(request)).at("/data/0/url").asText();
    }

    private static Image expected(long seed) {
        GenerateRequest request = GenerateRequest.builder("a red circle")
                .size(64, 64)
                .iterations(4)
                .diffusionSteps(5)
                .seed(seed)
                .build();
        return SERVER.unipic().generate(request).get(0);
    }

    private static Image image(JsonNode base64) throws IOException {
        return Image.decode(Base64.getDecoder().decode(base64.asText()), ReadOptions.DEFAULT);
    }
}
