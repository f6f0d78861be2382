package io.github.unipic.server.http;

import io.github.unipic.Cancellation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.HostPort;

/** A request and its answer. Belongs to the request's thread. */
public final class Exchange {
    private final Request request;
    private final Response response;
    private final String id;
    private final Limits limits;
    private final BodyBudget budget;
    private final Cancellation cancellation = new Cancellation();

    private Optional<BoundedBody> body = Optional.empty();
    private Optional<ClientWatch> watch = Optional.empty();
    private volatile boolean writing;
    private volatile boolean gone;
    private boolean streaming;
    private boolean answered;
    private long sent;

    Exchange(Request request, Response response, String id, Limits limits, BodyBudget budget) {
        this.request = request;
        this.response = response;
        this.id = id;
        this.limits = limits;
        this.budget = budget;
        // A client may wait for hours, but not block the server while it writes or reads.
        request.addIdleTimeoutListener(timeout -> writing || watch.isEmpty());
    }

    /** The request's id, which the answer's header {@code X-Request-Id} and the log tell. */
    public String id() {
        return id;
    }

    public String method() {
        return request.getMethod();
    }

    public String path() {
        return Request.getPathInContext(request);
    }

    /** A value of the address's query. */
    public Optional<String> query(String name) {
        return Optional.ofNullable(
                Request.extractQueryParameters(request, StandardCharsets.UTF_8).getValue(name));
    }

    public Optional<String> header(String name) {
        return Optional.ofNullable(request.getHeaders().get(name));
    }

    /** The host that the client addresses, with its port if there is one. */
    String authority() {
        HostPort host = request.getHttpURI().getHost() == null
                ? null
                : new HostPort(
                        request.getHttpURI().getHost(), request.getHttpURI().getPort());
        return host == null ? "" : host.toString();
    }

    /** The address that the client used for this server, without a path. */
    public String baseUrl() {
        return request.getHttpURI().getScheme() + "://" + authority();
    }

    /** Reads the body as a JSON object. To be called once. */
    public Parameters json() throws IOException {
        requireType("application/json");
        return new Parameters(Json.readObject(body()), false);
    }

    /**
     * Reads the body as a form. To be called once.
     *
     * @param fileParts the names of the parts that are files
     */
    public Form form(Set<String> fileParts) throws IOException {
        String type = requireType("multipart/form-data");
        return Form.read(body(), type, fileParts, limits);
    }

    private String requireType(String wanted) {
        String type = header("Content-Type").orElse("");
        if (!type.split(";", 2)[0].strip().toLowerCase(Locale.ROOT).equals(wanted)) {
            throw HttpError.refused(
                    415,
                    "unsupported_media_type",
                    "the Content-Type must be " + wanted + ", not '" + Parameters.shown(type) + "'");
        }
        return type;
    }

    private BoundedBody body() {
        if (request.getLength() > limits.body()) {
            throw BoundedBody.tooLarge(limits.body());
        }
        BoundedBody stream = new BoundedBody(Content.Source.asInputStream(request), budget, limits);
        body = Optional.of(stream);
        return stream;
    }

    /** Is cancelled when the client goes away. To be asked for once the body was read. */
    public Cancellation cancellation() {
        if (watch.isEmpty() && !answered) {
            watch = Optional.of(ClientWatch.start(request, this::clientGone));
        }
        return cancellation;
    }

    private void clientGone() {
        gone = true;
        cancellation.cancel();
    }

    /** Whether the client has gone away, so that nobody awaits the answer. */
    boolean isClientGone() {
        return gone;
    }

    /** Sets a header of the answer. */
    public void setHeader(String name, String value) {
        response.getHeaders().put(new HttpField(name, value));
    }

    /** Answers with a JSON value. */
    public void send(int status, Object json) throws IOException {
        send(status, "application/json", Json.write(json));
    }

    /** Answers with bytes. */
    public void send(int status, String contentType, byte[] bytes) throws IOException {
        response.setStatus(status);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, contentType);
        if (method().equals("HEAD")) {
            response.getHeaders().put(HttpHeader.CONTENT_LENGTH, bytes.length);
            write(new byte[0], true);
        } else {
            write(bytes, true);
        }
    }

    /** Begins an answer of events, with status 200. It ends when the route returns. */
    public EventStream events() {
        response.setStatus(200);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/event-stream; charset=utf-8");
        response.getHeaders().put(HttpHeader.CACHE_CONTROL, "no-store");
        // For nginx, which would gather them.
        response.getHeaders().put(new HttpField("X-Accel-Buffering", "no"));
        streaming = true;
        return new EventStream(this);
    }

    void write(byte[] bytes, boolean last) throws IOException {
        if (last) {
            endWatch();
            answered = true;
        }
        writing = true;
        try {
            Content.Sink.write(response, last, ByteBuffer.wrap(bytes));
            sent += bytes.length;
        } catch (IOException e) {
            clientGone();
            throw e;
        } finally {
            writing = false;
        }
    }

    /** Whether an answer of events has begun. */
    boolean isStreaming() {
        return streaming;
    }

    boolean isAnswered() {
        return answered;
    }

    int status() {
        return response.getStatus();
    }

    long sent() {
        return sent;
    }

    /** Ends what is left open. */
    void end() throws IOException {
        try {
            if (streaming && !answered) {
                write(new byte[0], true);
            }
        } finally {
            endWatch();
            body.ifPresent(BoundedBody::release);
        }
    }

    private void endWatch() {
        watch.ifPresent(ClientWatch::end);
        watch = Optional.empty();
    }
}
