package io.github.unipic.server.http;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Optional;
import java.util.Queue;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.IteratingCallback;

/**
 * Writes an answer in the background, so that a slow client holds up nobody but itself: whoever adds bytes does not
 * wait for them to be taken. Thread-safe.
 */
final class Outbox extends IteratingCallback {
    private final Response response;
    private final Runnable onFailure;

    private final Queue<ByteBuffer> waiting = new ArrayDeque<>();
    private boolean complete;
    private boolean done;
    private Optional<Throwable> failure = Optional.empty();
    private long pending;
    private long total;
    private int inFlight;

    /** @param onFailure runs once, when the client takes no more */
    Outbox(Response response, Runnable onFailure) {
        this.response = response;
        this.onFailure = onFailure;
    }

    /** Adds bytes, unless the answer is complete or has failed. */
    void add(byte[] bytes) {
        put(bytes, false);
    }

    /** Adds the last bytes. */
    void end(byte[] bytes) {
        put(bytes, true);
    }

    private void put(byte[] bytes, boolean last) {
        synchronized (this) {
            if (complete || failure.isPresent()) {
                return;
            }
            waiting.add(ByteBuffer.wrap(bytes));
            pending += bytes.length;
            total += bytes.length;
            complete = last;
        }
        iterate();
    }

    /** Bytes that the client has not taken yet. */
    synchronized long pending() {
        return pending;
    }

    /** Whether something is being written. */
    synchronized boolean isWriting() {
        return failure.isEmpty() && !done && (inFlight > 0 || !waiting.isEmpty());
    }

    /** All bytes that were added. */
    synchronized long total() {
        return total;
    }

    /**
     * Waits until all that was added is taken.
     *
     * @throws IOException when the client is gone, or too slow
     */
    void await(Duration limit) throws IOException {
        long end = System.nanoTime() + limit.toNanos();
        synchronized (this) {
            try {
                while (failure.isEmpty() && (complete ? !done : pending > 0)) {
                    long rest = (end - System.nanoTime()) / 1_000_000;
                    if (rest <= 0) {
                        throw new IOException("the answer was not fetched within " + limit.toSeconds() + " s");
                    }
                    wait(rest);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new IOException("interrupted", e);
            }
            if (failure.isPresent()) {
                throw new IOException(failure.get());
            }
        }
    }

    @Override
    protected Action process() {
        ByteBuffer next;
        boolean last;
        synchronized (this) {
            next = waiting.poll();
            if (next == null) {
                return done ? Action.SUCCEEDED : Action.IDLE;
            }
            inFlight = next.remaining();
            last = complete && waiting.isEmpty();
        }
        response.write(last, next, this);
        return Action.SCHEDULED;
    }

    @Override
    protected void onSuccess() {
        synchronized (this) {
            pending -= inFlight;
            inFlight = 0;
            done = complete && waiting.isEmpty();
            notifyAll();
        }
    }

    @Override
    protected void onFailure(Throwable cause) {
        synchronized (this) {
            failure = Optional.of(cause);
            waiting.clear();
            notifyAll();
        }
        onFailure.run();
    }
}
