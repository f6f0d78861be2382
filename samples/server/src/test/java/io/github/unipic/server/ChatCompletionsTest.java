package io.github.unipic.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.unipic.Answer;
import io.github.unipic.DescribeRequest;
import io.github.unipic.Image;
import io.github.unipic.testing.TestImages;
import java.net.http.HttpResponse;
import java.util.Base64;
import java.util.List;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Conversations about images, as OpenAI's clients send them. */
class ChatCompletionsTest {
    private static final TestServer SERVER = TestServer.start(options -> options);
    private static final Image IMAGE = TestImages.gradient(64, 64);
    private static final String URL =
            "data:image/png;base64," + Base64.getEncoder().encodeToString(IMAGE.toPng());
    private static final String QUESTION = """
            {"role":"user","content":[{"type":"text","text":"what is this?"},{"type":"image_url","image_url":{"url":"%s"}}]}""".formatted(URL);

    @AfterAll
    static void close() {
        SERVER.close();
    }

    private static String request(String further, String... messages) {
        return "{\"messages\":[" + String.join(",", messages) + "]" + further + "}";
    }

    private static JsonNode ask(String request) throws Exception {
        HttpResponse<String> answer = SERVER.post("/v1/chat/completions", request);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
        return TestServer.json(answer);
    }

    @Test
    void anAnswerIsThatOfTheSdk() throws Exception {
        JsonNode json = ask(request(",\"max_tokens\":8", QUESTION));
        Answer expected = SERVER.unipic()
                .describe(DescribeRequest.builder("what is this?")
                        .image(IMAGE)
                        .maxTokens(8)
                        .build());
        assertThat(json.at("/choices/0/message/content").asText()).isEqualTo(expected.text());
        assertThat(json.at("/choices/0/finish_reason").asText()).isEqualTo("length");
        assertThat(json.at("/usage/prompt_tokens").asInt()).isEqualTo(expected.promptTokens());
        assertThat(json.at("/usage/completion_tokens").asInt()).isEqualTo(8);
        assertThat(json.at("/usage/total_tokens").asInt()).isEqualTo(8 + expected.promptTokens());
    }

    @Test
    void aStreamHasTheSameTextAndUsage() throws Exception {
        JsonNode whole = ask(request(",\"max_completion_tokens\":9", QUESTION));
        List<TestServer.Event> events = SERVER.events(
                "/v1/chat/completions",
                request(
                        ",\"max_completion_tokens\":9,\"stream\":true,\"stream_options\":{\"include_usage\":true}",
                        QUESTION));
        String text = events.stream()
                .map(event -> event.data().at("/choices/0/delta/content").asText())
                .collect(Collectors.joining());
        assertThat(text).isEqualTo(whole.at("/choices/0/message/content").asText());
        JsonNode last = events.get(events.size() - 1).data();
        assertThat(last.get("choices")).isEmpty();
        assertThat(last.at("/usage/total_tokens")).isEqualTo(whole.at("/usage/total_tokens"));
    }

    /** Behind a longer answer the same text would have other tokens, so the model's own end is awaited. */
    @Test
    void aSecondTurnGoesOnFromTheFirst() throws Exception {
        String system = "{\"role\":\"system\",\"content\":\"Be brief.\"}";
        JsonNode first = ask(request(",\"max_tokens\":5", system, QUESTION));
        String said = TestServer.quoted(first.at("/choices/0/message/content").asText());
        String next = request(
                ",\"max_tokens\":5",
                system,
                QUESTION,
                "{\"role\":\"assistant\",\"content\":" + said + "}",
                "{\"role\":\"user\",\"content\":\"and now?\"}");
        JsonNode second = ask(next);
        int cached = second.at("/usage/prompt_tokens_details/cached_tokens").asInt();
        assertThat(cached)
                .isGreaterThanOrEqualTo(first.at("/usage/total_tokens").asInt());
        assertThat(ask(next).at("/choices/0/message/content"))
                .as("asked once more")
                .isEqualTo(second.at("/choices/0/message/content"));
    }

    @Test
    void anotherImageIsAnotherConversation() throws Exception {
        JsonNode first = ask(request(",\"max_tokens\":4", QUESTION));
        String said = TestServer.quoted(first.at("/choices/0/message/content").asText());
        String other = QUESTION.replace(
                URL,
                "data:image/png;base64,"
                        + Base64.getEncoder()
                                .encodeToString(TestImages.gradient(64, 48).toPng()));
        JsonNode second = ask(request(
                ",\"max_tokens\":4",
                other,
                "{\"role\":\"assistant\",\"content\":" + said + "}",
                "{\"role\":\"user\",\"content\":\"and now?\"}"));
        assertThat(second.at("/usage/prompt_tokens_details/cached_tokens").asInt())
                .isZero();
    }

    /** The part behind them is not looked at any more: what is too long is refused as soon as it is. */
    @Test
    void textInPartsIsBoundedAsItIsJoined() throws Exception {
        String part = "{\"type\":\"text\",\"text\":\"" + "a".repeat(50_000) + "\"}";
        HttpResponse<String> answer = SERVER.post(
                "/v1/chat/completions",
                request("", "{\"role\":\"user\",\"content\":[" + part + "," + part + ",{\"type\":\"unknown\"}]}"));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        assertThat(TestServer.json(answer).at("/error/message").asText())
                .isEqualTo("messages[0] has more than 100000 characters");
    }

    @Test
    void partsAreLines() throws Exception {
        String text = "{\"type\":\"text\",\"text\":\"%s\"},";
        String lines = text.formatted("") + text.formatted("what is") + text.formatted("") + text.formatted("this?");
        JsonNode json = ask(request(",\"max_tokens\":4", QUESTION.replace(text.formatted("what is this?"), lines)));
        Answer expected = SERVER.unipic()
                .describe(DescribeRequest.builder("what is\nthis?")
                        .image(IMAGE)
                        .maxTokens(4)
                        .build());
        assertThat(json.at("/choices/0/message/content").asText()).isEqualTo(expected.text());
        assertThat(json.at("/usage/prompt_tokens").asInt()).isEqualTo(expected.promptTokens());
    }

    @ParameterizedTest
    @ValueSource(strings = {"system", "developer", "assistant"})
    void imagesAreTheUsersOnly(String role) throws Exception {
        String message = QUESTION.replace("\"user\"", "\"" + role + "\"");
        String user = "{\"role\":\"user\",\"content\":\"a\"}";
        boolean last = role.equals("assistant");
        HttpResponse<String> answer = SERVER.post(
                "/v1/chat/completions", last ? request("", user, message, user) : request("", message, user));
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        assertThat(TestServer.json(answer).at("/error/message").asText())
                .isEqualTo("messages[" + (last ? 1 : 0)
                        + "] has an image, which only the user's messages can have; put it into one of them");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            value = {
                "messages | {}",
                "messages | {\"messages\":[]}",
                "messages | {\"messages\":[{\"role\":\"user\",\"content\":\"\"}]}",
                "messages[0] | {\"messages\":[{\"role\":\"assistant\",\"content\":\"a\"}]}",
                "messages[0] | {\"messages\":[{\"role\":\"robot\",\"content\":\"a\"}]}",
                "messages[1] | {\"messages\":[{\"role\":\"user\",\"content\":\"a\"},{\"role\":\"system\",\"content\":\"a\"}]}",
                "messages[0] | {\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"http://169.254.169.254/\"}}]}]}",
                "messages[0] | {\"messages\":[{\"role\":\"user\",\"content\":[{\"type\":\"image_url\",\"image_url\":{\"url\":\"data:image/png;base64,AAAA\"}}]}]}",
                "n | {\"n\":2,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
                "tools | {\"tools\":[{}],\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
                "stop | {\"stop\":[1],\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
                "max_tokens | {\"max_tokens\":0,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}",
            })
    void whatIsWrongIsNamed(String parameter, String request) throws Exception {
        HttpResponse<String> answer = SERVER.post("/v1/chat/completions", request);
        assertThat(answer.statusCode()).as(answer.body()).isEqualTo(400);
        assertThat(TestServer.json(answer).at("/error/param").asText())
                .as(answer.body())
                .isEqualTo(parameter);
    }
}
