package io.github.unipic.server.openai;

import io.github.unipic.Answer;
import io.github.unipic.ConversationCache;
import io.github.unipic.DescribeRequest;
import io.github.unipic.server.http.EventStream;
import io.github.unipic.server.http.Exchange;
import io.github.unipic.server.http.Route;
import io.github.unipic.server.images.SubmittedImages;
import io.github.unipic.server.jobs.JobMetrics;
import io.github.unipic.server.jobs.JobQueue;
import io.github.unipic.server.openai.ChatResponse.Choice;
import io.github.unipic.server.openai.ChatResponse.Chunk;
import io.github.unipic.server.openai.ChatResponse.ChunkChoice;
import io.github.unipic.server.openai.ChatResponse.Delta;
import io.github.unipic.server.openai.ChatResponse.Text;
import io.github.unipic.server.openai.ChatResponse.Usage;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.function.IntConsumer;

/** {@code POST /v1/chat/completions}: answers the last message of a conversation with images. */
public final class ChatCompletions implements Route {
    private final JobQueue queue;
    private final SubmittedImages images;
    private final ConversationCache cache;
    private final JobMetrics metrics;

    public ChatCompletions(JobQueue queue, SubmittedImages images, ConversationCache cache, JobMetrics metrics) {
        this.queue = queue;
        this.images = images;
        this.cache = cache;
        this.metrics = metrics;
    }

    @Override
    public void handle(Exchange exchange) throws IOException {
        ChatRequest request = ChatRequest.of(exchange.json(), images.of(exchange));
        DescribeRequest.Builder question = request.question().cancellation(exchange.cancellation());
        long created = Instant.now().getEpochSecond();
        if (request.stream()) {
            answerInChunks(exchange, request, question, created);
            return;
        }
        Answer answer = run(exchange, question.build(), before -> {});
        Choice choice = new Choice(0, new Text("assistant", answer.text()), ChatResponse.finishReason(answer));
        exchange.send(
                200,
                new ChatResponse(
                        id(exchange), "chat.completion", created, modelName(), List.of(choice), Usage.of(answer)));
    }

    private void answerInChunks(
            Exchange exchange, ChatRequest request, DescribeRequest.Builder question, long created) {
        EventStream events = exchange.events();
        question.listener(text -> events.send(chunk(exchange, created, Delta.text(text), Optional.empty())));
        IntConsumer position = before -> events.comment("queued behind " + before);
        Answer answer = run(exchange, question.build(), position);
        events.send(chunk(exchange, created, Delta.NOTHING, Optional.of(ChatResponse.finishReason(answer))));
        if (request.includeUsage()) {
            events.send(new Chunk(
                    id(exchange),
                    "chat.completion.chunk",
                    created,
                    modelName(),
                    List.of(),
                    Optional.of(Usage.of(answer))));
        }
        events.sendText("[DONE]");
    }

    private Chunk chunk(Exchange exchange, long created, Delta delta, Optional<String> finishReason) {
        return new Chunk(
                id(exchange),
                "chat.completion.chunk",
                created,
                modelName(),
                List.of(new ChunkChoice(0, delta, finishReason)),
                Optional.empty());
    }

    private Answer run(Exchange exchange, DescribeRequest question, IntConsumer position) {
        exchange.asked(question.question());
        Answer answer = queue.run("describe", exchange, position, unipic -> cache.ask(unipic, question));
        metrics.answered(
                answer.promptTokens(), answer.cachedTokens(), answer.tokens().size());
        return answer;
    }

    private String modelName() {
        return queue.model().orElseThrow().info().name();
    }

    private static String id(Exchange exchange) {
        return "chatcmpl-" + exchange.id();
    }
}
