package io.github.unipic.server.jobs;

import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.EditRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.ImageFormatException;
import io.github.unipic.ImageRequest;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.UniPic;
import io.github.unipic.server.http.Exchange;
import io.github.unipic.server.http.HttpError;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.IntConsumer;

/**
 * Runs jobs on the model, a few at once and the others in the order in which they came. A job runs on its request's own
 * thread, which waits here for its turn. Thread-safe.
 */
public final class JobQueue {
    private static final int RETRY_SECONDS = 5;

    private final int atOnce;
    private final int mostWaiting;
    private final JobMetrics metrics;

    private final List<Ticket> waiting = new ArrayList<>();
    private final List<Cancellation> running = new ArrayList<>();
    private Optional<UniPic> model = Optional.empty();
    private boolean closed;

    /** What the queue does with a job. */
    public enum State {
        /** It waits until the model is loaded. */
        LOADING,
        /** It runs when it is its turn. */
        READY,
        /** It is refused. */
        SHUTTING_DOWN;

        /** As answers name it. */
        public String id() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /** A job that waits. */
    private static final class Ticket {
        private int told;
    }

    /**
     * @param atOnce how many jobs run at once, 1 or more
     * @param mostWaiting how many may wait
     */
    public JobQueue(int atOnce, int mostWaiting, JobMetrics metrics) {
        this.atOnce = atOnce;
        this.mostWaiting = mostWaiting;
        this.metrics = metrics;
    }

    /** Lets jobs begin, with a model that the caller closes after this. Gives false when this is closed already. */
    public synchronized boolean open(UniPic unipic) {
        if (!closed) {
            model = Optional.of(unipic);
            notifyAll();
        }
        return !closed;
    }

    /** The model, once it is loaded. */
    public synchronized Optional<UniPic> model() {
        return model;
    }

    public synchronized State state() {
        if (closed) {
            return State.SHUTTING_DOWN;
        }
        return model.isPresent() ? State.READY : State.LOADING;
    }

    public synchronized int running() {
        return running.size();
    }

    public synchronized int waiting() {
        return waiting.size();
    }

    /**
     * Runs a job once it is its turn.
     *
     * @param task its name, for the metrics and the log
     * @param exchange whose cancellation ends the wait; the job itself must look after it
     * @param position is told how many jobs are before this one, when it has to wait and whenever that changes
     * @throws HttpError when too many wait, or the server ends
     * @throws CancelledException when it was cancelled while it waited
     */
    public <T> T run(String task, Exchange exchange, IntConsumer position, Function<UniPic, T> job) {
        Cancellation cancellation = exchange.cancellation();
        long queued = System.nanoTime();
        long started = queued;
        boolean running = false;
        try {
            UniPic unipic = await(cancellation, position);
            running = true;
            started = System.nanoTime();
            metrics.waited(task, Duration.ofNanos(started - queued));
            return job.apply(unipic);
        } catch (CancelledException e) {
            metrics.cancelled(task);
            throw e;
        } catch (HttpError | InvalidRequestException | ImageFormatException e) {
            throw e;
        } catch (RuntimeException | Error e) {
            metrics.failed(task);
            throw e;
        } finally {
            if (running) {
                end(cancellation);
                Duration ran = Duration.ofNanos(System.nanoTime() - started);
                metrics.ran(task, ran);
                exchange.worked(task, Duration.ofNanos(started - queued), ran);
            }
        }
    }

    /** Makes the images of a request once it is its turn, otherwise as {@link #run}. */
    public List<Image> images(ImageRequest request, Exchange exchange, IntConsumer position) {
        String task = task(request);
        exchange.asked(request.prompt());
        List<Image> images = run(task, exchange, position, unipic -> unipic.images(request));
        metrics.made(task, images.size());
        return images;
    }

    private static String task(ImageRequest request) {
        if (request instanceof GenerateRequest) {
            return "generate";
        }
        return request instanceof EditRequest ? "edit" : "inpaint";
    }

    private UniPic await(Cancellation cancellation, IntConsumer position) {
        Ticket ticket = new Ticket();
        enter(ticket);
        Cancellation.Registration wake = cancellation.onCancel(this::wake);
        try {
            while (true) {
                int before;
                synchronized (this) {
                    while (!cancellation.isCancelled()
                            && !closed
                            && !isNext(ticket)
                            && waiting.indexOf(ticket) == ticket.told - 1) {
                        wait();
                    }
                    if (cancellation.isCancelled()) {
                        throw new CancelledException("the request was cancelled while it waited");
                    }
                    requireOpen();
                    if (isNext(ticket)) {
                        waiting.remove(ticket);
                        running.add(cancellation);
                        return model.orElseThrow();
                    }
                    before = waiting.indexOf(ticket);
                    ticket.told = before + 1;
                }
                // Not under the lock, because it may write to a slow client.
                position.accept(before);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new CancelledException("the request was interrupted while it waited");
        } finally {
            wake.close();
            synchronized (this) {
                waiting.remove(ticket);
                notifyAll();
            }
        }
    }

    private synchronized void enter(Ticket ticket) {
        requireOpen();
        // Those that will run at once are in the list, too, until they have noticed and the model is loaded.
        if (running.size() + waiting.size() - atOnce >= mostWaiting) {
            throw HttpError.busy(
                    RETRY_SECONDS,
                    "the queue is full (" + running.size() + " running, " + waiting.size() + " waiting); try again in "
                            + RETRY_SECONDS + " s");
        }
        waiting.add(ticket);
    }

    private boolean isNext(Ticket ticket) {
        return model.isPresent() && running.size() < atOnce && waiting.get(0) == ticket;
    }

    private void requireOpen() {
        if (closed) {
            throw HttpError.unavailable("shutting_down", RETRY_SECONDS, "the server is shutting down");
        }
    }

    private synchronized void wake() {
        notifyAll();
    }

    private synchronized void end(Cancellation cancellation) {
        running.remove(cancellation);
        notifyAll();
    }

    /** Refuses new jobs and those that wait, and lets the running ones end; after the grace time it cancels them. */
    public void close(Duration grace) {
        List<Cancellation> left;
        synchronized (this) {
            closed = true;
            notifyAll();
            long end = System.nanoTime() + grace.toNanos();
            try {
                for (long rest = grace.toMillis();
                        !running.isEmpty() && rest > 0;
                        rest = (end - System.nanoTime()) / 1_000_000) {
                    wait(rest);
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            left = List.copyOf(running);
        }
        left.forEach(Cancellation::cancel);
    }
}
