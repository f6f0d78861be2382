package io.github.unipic.export.hub;

import java.io.IOException;
import java.net.http.HttpResponse.BodySubscriber;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.Flow;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The body of an answer as it arrives. Unlike a stream it does not wait for ever. For one reading thread. */
final class Body implements BodySubscriber<Body>, AutoCloseable {
    /** What arrived, or how it ended. */
    private record Event(List<ByteBuffer> bytes, Optional<Throwable> failure, boolean end) {}

    private final BlockingQueue<Event> events = new LinkedBlockingQueue<>();
    private Flow.Subscription subscription;
    private boolean closed;

    /**
     * The next bytes, or empty at the end.
     *
     * @throws IOException if the connection was cut, or nothing arrived for that long
     */
    Optional<List<ByteBuffer>> next(Duration patience) throws IOException, InterruptedException {
        Event event = events.poll(patience.toMillis(), TimeUnit.MILLISECONDS);
        if (event == null) {
            throw new IOException("nothing arrived for " + patience.toSeconds() + " s");
        }
        if (event.failure().isPresent()) {
            throw new IOException(reason(event.failure().get()), event.failure().get());
        }
        if (event.end()) {
            return Optional.empty();
        }
        subscription.request(1);
        return Optional.of(event.bytes());
    }

    private static String reason(Throwable failure) {
        return failure.getMessage() == null ? failure.getClass().getSimpleName() : failure.getMessage();
    }

    @Override
    public CompletionStage<Body> getBody() {
        return CompletableFuture.completedFuture(this);
    }

    @Override
    public synchronized void onSubscribe(Flow.Subscription given) {
        subscription = given;
        if (closed) {
            given.cancel();
        } else {
            given.request(1);
        }
    }

    @Override
    public void onNext(List<ByteBuffer> bytes) {
        events.add(new Event(bytes, Optional.empty(), false));
    }

    @Override
    public void onError(Throwable failure) {
        events.add(new Event(List.of(), Optional.of(failure), false));
    }

    @Override
    public void onComplete() {
        events.add(new Event(List.of(), Optional.empty(), true));
    }

    /** Wants no more: the connection ends, unless the body has arrived entirely. */
    @Override
    public synchronized void close() {
        closed = true;
        if (subscription != null) {
            subscription.cancel();
        }
    }
}
