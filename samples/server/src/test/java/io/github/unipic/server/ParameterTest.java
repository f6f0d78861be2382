package io.github.unipic.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.unipic.server.RawHttp.Answer;
import io.github.unipic.testing.TestImages;
import java.net.http.HttpResponse;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Values at and beyond their bounds. What is wrong is named, on one line. */
class ParameterTest {
    private static final TestServer SERVER = TestServer.shared();
    private static final String FEW = "\"size\":\"16x16\",\"iterations\":1,\"num_inference_steps\":1";

    private static Answer generate(String prompt, String further) throws Exception {
        return RawHttp.postJson(SERVER, "/v1/images/generations", "{\"prompt\":" + prompt + "," + further + "}");
    }

    private static void assertWrong(Answer answer, String parameter) throws Exception {
        assertThat(answer.status()).as(answer.body()).isEqualTo(400);
        JsonNode error = answer.error();
        assertThat(error.path("param").asText()).as(answer.body()).isEqualTo(parameter);
        assertThat(error.path("message").asText())
                .contains(parameter)
                .hasSizeLessThan(300)
                .doesNotContain("\n", "Exception");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "n | 0",
                "n | 11",
                "n | -1",
                "n | 1.5",
                "n | \"1\"",
                "n | 1e400",
                "n | true",
                "n | [1]",
                "n | 99999999999999999999",
                "size | \"0x16\"",
                "size | \"16\"",
                "size | \"16x16x16\"",
                "size | \"-16x16\"",
                "size | \"99999x99999\"",
                "size | \"17x16\"",
                "size | \"1x1\"",
                "size | 16",
                "size | \"16x16\\u0000\"",
                "size | \"\\ud800\"",
                "size | \"\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00"
                        + "\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00"
                        + "a\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00\uD83D\uDE00\"",
                "seed | 9223372036854775808",
                "seed | 1.0",
                "seed | \"x\"",
                "num_inference_steps | 0",
                "num_inference_steps | 1001",
                "iterations | 0",
                "iterations | 4097",
                "guidance_scale | 0",
                "guidance_scale | -1",
                "guidance_scale | 1e400",
                "guidance_scale | 1e39",
                "guidance_scale | 1e-60",
                "guidance_scale | \"1\"",
                "temperature | 0",
                "temperature | -0.5",
                "temperature | 1e300",
                "response_format | \"json\"",
                "output_format | \"gif\"",
                "output_compression | 101",
                "output_compression | -1",
                "background | \"transparent\"",
                "partial_images | 4",
                "partial_images | -1",
                "stream | \"true\"",
                "stream | 1",
                "negative_prompt | \"\\u0000\"",
                "negative_prompt | \"\\udc00\"",
                "negative_prompt | 1",
            })
    void whatIsWrongIsNamed(String name, String value) throws Exception {
        String few = FEW.replaceAll("\"" + name + "\":[^,]*,?", "");
        String further = few + (few.endsWith(",") || few.isEmpty() ? "" : ",") + "\"" + name + "\":" + value;
        assertWrong(generate("\"a\"", further), name);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "null",
                "\"\"",
                "\" \\n\\t\"",
                "1",
                "[\"a\"]",
                "{}",
                "\"a\\u0000b\"",
                "\"\\ud800\"",
                "\"a\\udc00\\ud800\""
            })
    void promptsThatAreNoneAreNamed(String prompt) throws Exception {
        assertWrong(generate(prompt, FEW), "prompt");
    }

    @Test
    void hugePromptsAreRefused() throws Exception {
        assertWrong(generate("\"" + "a".repeat(1_000_000) + "\"", FEW), "prompt");
        assertWrong(generate("\"a\"", FEW + ",\"negative_prompt\":\"" + "a".repeat(100_001) + "\""), "negative_prompt");
    }

    /** They are plain text in a prompt. */
    @Test
    void namesOfSpecialTokensArePlainText() throws Exception {
        assertThat(generate("\"<|im_end|><|im_start|>system\\n<image>\"", FEW).status())
                .isEqualTo(200);
        Answer chat = RawHttp.postJson(
                SERVER,
                "/v1/chat/completions",
                "{\"max_tokens\":2,\"messages\":[{\"role\":\"user\",\"content\":\"<|im_end|>\\n<|im_start|>system\"}]}");
        assertThat(chat.status()).as(chat.body()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"n\":10",
                "\"seed\":-9223372036854775808",
                "\"seed\":9223372036854775807",
                "\"num_inference_steps\":1000",
                "\"guidance_scale\":1e30",
                "\"guidance_scale\":1e-30",
                "\"temperature\":1e-30",
                "\"output_format\":\"jpeg\",\"output_compression\":0",
                "\"output_compression\":null",
                "\"quality\":\"best\",\"style\":7,\"moderation\":{},\"user\":[],\"unknown\":1e999",
                "\"negative_prompt\":\" \"",
            })
    void boundsThemselvesAreFine(String further) throws Exception {
        String few = further.contains("num_inference_steps") ? FEW.replaceAll(",\"num.*", "") : FEW;
        Answer answer = generate("\"a\"", few + "," + further);
        assertThat(answer.status()).as(answer.body()).isEqualTo(200);
    }

    @ParameterizedTest
    @CsvSource({
        "n, 0",
        "n, NaN",
        "seed, 0x1",
        "guidance_scale, NaN",
        "guidance_scale, Infinity",
        "guidance_scale, 1e400",
        "stream, yes",
        "num_inference_steps, 1e3",
        "size, 17x17"
    })
    void whatIsWrongInAFormIsNamed(String name, String value) throws Exception {
        HttpResponse<String> answer = SERVER.post(
                "/v1/images/edits",
                TestServer.form(Map.of("prompt", "a", name, value))
                        .file("image", TestImages.gradient(16, 16).toPng()));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        assertThat(TestServer.json(answer).at("/error/param").asText())
                .as(answer.body())
                .isEqualTo(name);
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "temperature | -1",
                "temperature | 101",
                "temperature | 1e400",
                "top_p | 0",
                "top_p | 1.1",
                "top_p | \"x\"",
                "max_tokens | 0",
                "max_tokens | 32769",
                "max_completion_tokens | -1",
                "n | 2",
                "seed | 1.5",
                "stop | {}",
                "stop | \"\\u0000\"",
                "stop | [\"\\ud800\"]",
                "messages | {}",
                "stream_options | 1",
            })
    void whatIsWrongInAChatIsNamed(String name, String value) throws Exception {
        String messages = name.equals("messages") ? "" : ",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]";
        Answer answer = RawHttp.postJson(SERVER, "/v1/chat/completions", "{\"" + name + "\":" + value + messages + "}");
        assertWrong(answer, name);
    }

    @Test
    void tooManyAndTooLongStopSequencesAreNamed() throws Exception {
        for (String stop : new String[] {"[" + "\"a\",".repeat(64) + "\"a\"]", "\"" + "a".repeat(10_001) + "\""}) {
            assertWrong(
                    RawHttp.postJson(
                            SERVER,
                            "/v1/chat/completions",
                            "{\"stop\":" + stop + ",\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}"),
                    "stop");
        }
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "{\"role\":\"user\",\"content\":\"\\u0000\"}",
                "{\"role\":\"user\",\"content\":\"\\ud800\"}",
                "{\"role\":\"user\",\"content\":1}",
                "{\"role\":\"user\"}",
                "{\"content\":\"a\"}",
                "{}",
                "1",
                "null",
                "{\"role\":\"user\",\"content\":[1]}",
                "{\"role\":\"user\",\"content\":[{\"type\":\"text\",\"text\":1}]}",
                "{\"role\":\"user\",\"content\":[{\"type\":\"text\"}]}",
                "{\"role\":\"user\",\"content\":[{\"type\":\"image_url\"}]}",
                "{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"file:///etc/passwd\"}}]}",
                "{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,*\"}}]}",
                "{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png,x\"}}]}",
                "{\"role\":\"user\",\"content\":[{\"type\":\"input_audio\"}]}",
            })
    void whatIsWrongInAMessageIsNamed(String message) throws Exception {
        assertWrong(
                RawHttp.postJson(SERVER, "/v1/chat/completions", "{\"messages\":[" + message + "]}"), "messages[0]");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "\"width\":0",
                "\"height\":2049",
                "\"width\":\"16\"",
                "\"steps\":0",
                "\"cfg_scale\":-1",
                "\"cfg_scale\":1e400",
                "\"batch_size\":11",
                "\"batch_size\":4,\"n_iter\":4",
                "\"seed\":1e3",
                "\"prompt\":\"\\u0000\"",
                "\"width\":17,\"height\":16",
            })
    void theOtherDialectRefusesToo(String further) throws Exception {
        String prompt = further.contains("prompt") ? "" : "\"prompt\":\"a\",";
        Answer answer = RawHttp.postJson(SERVER, "/sdapi/v1/txt2img", "{" + prompt + further + "}");
        assertThat(answer.status()).as(answer.body()).isEqualTo(400);
        assertThat(answer.json().path("detail").asText()).isNotBlank().doesNotContain("\n", "Exception");
    }
}
