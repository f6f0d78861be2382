package io.github.unipic.server.openai;

import io.github.unipic.Answer;
import io.github.unipic.Answer.FinishReason;
import io.github.unipic.Conversation;
import io.github.unipic.DescribeRequest;
import io.github.unipic.Message;
import io.github.unipic.UniPic;
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
import java.util.ArrayList;
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
        DescribeRequest.Builder question = request.toRequest().cancellation(exchange.cancellation());
        long created = Instant.now().getEpochSecond();
        if (request.stream()) {
            answerInChunks(exchange, request, question, created);
            return;
        }
        Answered answered = run(exchange, request, question.build(), before -> {});
        Choice choice = new Choice(0, new Text("assistant", answered.answer().text()), answered.finishReason());
        exchange.send(
                200,
                new ChatResponse(
                        id(exchange), "chat.completion", created, modelName(), List.of(choice), answered.usage()));
    }

    private void answerInChunks(
            Exchange exchange, ChatRequest request, DescribeRequest.Builder question, long created) {
        EventStream events = exchange.events();
        question.listener(text -> events.send(chunk(exchange, created, Delta.text(text), Optional.empty())));
        IntConsumer position = before -> events.comment("queued behind " + before);
        Answered answered = run(exchange, request, question.build(), position);
        events.send(chunk(exchange, created, Delta.NOTHING, Optional.of(answered.finishReason())));
        if (request.includeUsage()) {
            events.send(new Chunk(
                    id(exchange),
                    "chat.completion.chunk",
                    created,
                    modelName(),
                    List.of(),
                    Optional.of(answered.usage())));
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

    /** @param cachedTokens of the prompt, those that came from the cache */
    private record Answered(Answer answer, int cachedTokens) {
        Usage usage() {
            return Usage.of(answer, cachedTokens);
        }

        String finishReason() {
            return ChatResponse.finishReason(answer);
        }
    }

    private Answered run(Exchange exchange, ChatRequest request, DescribeRequest question, IntConsumer position) {
        exchange.asked(request.question().text());
        Answered answered =
                queue.run("describe", exchange, position, unipic -> answer(unipic, request, question, exchange));
        metrics.answered(
                answered.answer().promptTokens(),
                answered.cachedTokens(),
                answered.answer().tokens().size());
        return answered;
    }

    private Answered answer(UniPic unipic, ChatRequest request, DescribeRequest question, Exchange exchange) {
        List<Message> history = request.history();
        ConversationCache.Start start = cache.start(history, unipic::conversation);
        Conversation conversation = start.conversation();
        int cachedTokens = conversation.tokens();
        boolean kept = false;
        try {
            conversation.append(history.subList(start.messages(), history.size()), exchange.cancellation());
            Answer answer = conversation.ask(question);
            // Behind a stop sequence the conversation holds tokens that the client does not know.
            if (answer.finishReason() != FinishReason.STOP_SEQUENCE) {
                List<Message> all = new ArrayList<>(history);
                all.add(request.question());
                all.add(new Message.Assistant(answer.text()));
                cache.keep(all, conversation);
                kept = true;
            }
            return new Answered(answer, cachedTokens);
        } finally {
            if (!kept) {
                conversation.close();
            }
        }
    }

    private String modelName() {
        return queue.model().orElseThrow().info().name();
    }

    private static String id(Exchange exchange) {
        return "chatcmpl-" + exchange.id();
    }
}
