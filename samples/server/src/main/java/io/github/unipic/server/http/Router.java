package io.github.unipic.server.http;

import io.github.unipic.CancelledException;
import io.github.unipic.ImageFormatException;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.UniPicException;
import java.io.IOException;
import java.net.SocketAddress;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.jetty.io.EofException;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Finds the route of a request, and turns failures into answers. */
public final class Router extends Handler.Abstract {
    private static final Logger LOG = LoggerFactory.getLogger(Router.class);

    /** The status of nginx for a client that has closed the connection; it is only logged. */
    private static final int CLIENT_GONE = 499;

    /** By path, or by its beginning where that ends in a slash; then by method. */
    private final Map<String, Map<String, Route>> routes = new HashMap<>();

    /** The paths that need no key. */
    private final Set<String> open = new HashSet<>();

    private final Limits limits;
    private final MemoryBudget budget;
    private final RequestDeadline deadline;
    private final AtomicInteger active = new AtomicInteger();
    private final AccessControl access;
    private final AnswerListener listener;
    private final boolean logPrompts;

    /** Is notified of answers. */
    @FunctionalInterface
    public interface AnswerListener {
        /**
         * A request was answered.
         *
         * @param path of its route; empty for a request that has none
         */
        void answered(String path, int status);
    }

    /**
     * @param listener is notified of answers
     * @param logPrompts whether the log has what clients asked
     */
    public Router(Limits limits, AccessControl access, AnswerListener listener, boolean logPrompts) {
        this.limits = limits;
        this.access = access;
        this.listener = listener;
        this.logPrompts = logPrompts;
        budget = new MemoryBudget(limits.memory());
        deadline = new RequestDeadline(limits.head());
    }

    Limits limits() {
        return limits;
    }

    AnswerListener listener() {
        return listener;
    }

    RequestDeadline deadline() {
        return deadline;
    }

    /**
     * Adds a route. To be called before the server starts.
     *
     * @param path one path, or with a slash at its end those of one more segment (but {@code /} is one path)
     */
    public Router add(String method, String path, Route route) {
        routes.computeIfAbsent(path, key -> new HashMap<>()).put(method, route);
        return this;
    }

    /** Adds a route that needs no key, otherwise as {@link #add}. */
    public Router addOpen(String method, String path, Route route) {
        open.add(path);
        return add(method, path, route);
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        long start = System.nanoTime();
        SocketAddress client = request.getConnectionMetaData().getRemoteSocketAddress();
        Exchange exchange = new Exchange(request, response, AccessLog.newId(response), limits, budget);
        int status = CLIENT_GONE;
        deadline.begin(client);
        try {
            String pattern = pattern(exchange);
            status = answer(exchange, pattern);
            listener.answered(pattern, status);
            AccessLog.log(exchange, request, status, (System.nanoTime() - start) / 1_000_000, logPrompts);
            if (status != CLIENT_GONE) {
                exchange.discardBody();
            }
        } finally {
            deadline.end(client);
            if (status == CLIENT_GONE) {
                // Quiet, and closes what is half written.
                callback.failed(new EofException("the client is gone"));
            } else {
                callback.succeeded();
            }
        }
        return true;
    }

    /** Gives the status for the log. */
    private int answer(Exchange exchange, String pattern) {
        Route route = error -> {};
        try {
            try {
                requireRoom();
                access.checkOrigin(exchange);
                route = find(exchange, pattern);
                if (!open.contains(pattern)) {
                    access.checkKey(exchange);
                }
                route.handle(exchange);
            } catch (HttpError e) {
                fail(exchange, route, e);
            } catch (CancelledException e) {
                fail(exchange, route, HttpError.unavailable("cancelled", 1, e.getMessage()));
            } catch (InvalidRequestException | ImageFormatException e) {
                fail(exchange, route, HttpError.invalid("", e.getMessage()));
            } catch (UniPicException e) {
                LOG.error("{} failed: {}", exchange.id(), e.getMessage());
                fail(exchange, route, HttpError.failed(e.getMessage()));
            } catch (RuntimeException | Error e) {
                LOG.error("{} failed", exchange.id(), e);
                fail(
                        exchange,
                        route,
                        HttpError.failed("internal error; the server's log has request " + exchange.id()));
            } finally {
                active.decrementAndGet();
                exchange.close();
            }
        } catch (IOException e) {
            return CLIENT_GONE;
        }
        return exchange.isClientGone() ? CLIENT_GONE : exchange.status();
    }

    /** Each request takes a thread, and over HTTP/2 one connection brings many. */
    private void requireRoom() {
        if (active.incrementAndGet() > limits.connections()) {
            throw HttpError.unavailable("overloaded", 1, "the server answers too many requests at once; try again");
        }
    }

    /** The path of the route that a request is for; empty for none. */
    private String pattern(Exchange exchange) {
        String path = exchange.path();
        String folder = path.substring(0, path.lastIndexOf('/') + 1);
        return routes.containsKey(path) ? path : folder.length() > 1 && routes.containsKey(folder) ? folder : "";
    }

    private Route find(Exchange exchange, String pattern) {
        Map<String, Route> methods = routes.get(pattern);
        if (methods == null) {
            throw HttpError.refused(404, "not_found", "there is nothing at " + Parameters.shown(exchange.path()));
        }
        Route route = methods.get(exchange.method().equals("HEAD") ? "GET" : exchange.method());
        if (route == null) {
            String allowed = String.join(", ", new TreeSet<>(methods.keySet()));
            exchange.setHeader("Allow", allowed);
            throw HttpError.refused(
                    405, "method_not_allowed", Parameters.shown(exchange.path()) + " takes " + allowed + " only");
        }
        return route;
    }

    private static void fail(Exchange exchange, Route route, HttpError error) throws IOException {
        if (exchange.isAnswered() || exchange.isClientGone()) {
            return;
        }
        Object content = route.describe(error);
        if (exchange.isStreaming()) {
            new EventStream(exchange).send("error", content);
        } else {
            error.retryAfter().ifPresent(seconds -> exchange.setHeader("Retry-After", Integer.toString(seconds)));
            exchange.send(error.status(), content);
        }
    }
}
