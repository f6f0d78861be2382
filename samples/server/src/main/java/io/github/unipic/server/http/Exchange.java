package io.github.unipic.server.http;

import io.github.unipic.Cancellation;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.HostPort;
import org.eclipse.jetty.util.thread.Scheduler;

/**
 * A request and its answer. Belongs to the request's thread, but for what says otherwise.
 *
 * <p>Some clients give up when nothing comes for some minutes. So an answer that takes longer than
 * {@link Limits#silence} begins with blanks, which JSON allows and event streams have comments for. Its status is 200
 * from then on, also when the job fails.
 */
public final class Exchange {
    private static final Pattern SCHEME = Pattern.compile("https?");
    private static final Pattern PREFIX = Pattern.compile("(/[\\w.~-]{1,100}){1,10}");

    private static final byte[] BLANK = {' '};
    private static final byte[] COMMENT = ": still here\n\n".getBytes(StandardCharsets.US_ASCII);

    private final Request request;
    private final Response response;
    private final String id;
    private final Limits limits;
    private final MemoryBudget.Share memory;
    private final Outbox outbox;
    private final Cancellation cancellation = new Cancellation();

    private volatile Optional<BoundedBody> body = Optional.empty();
    private Optional<ClientWatch> watch = Optional.empty();
    private Optional<AccessLog.Work> work = Optional.empty();
    private Optional<String> prompt = Optional.empty();
    private volatile boolean gone;

    // Guarded by this, because blanks are sent on another thread.
    private Scheduler.Task nextBlank = () -> false;
    private boolean begun;
    private boolean streaming;
    /** Or nobody awaits the answer any longer. */
    private boolean answered;

    Exchange(Request request, Response response, String id, Limits limits, MemoryBudget budget) {
        this.request = request;
        this.response = response;
        this.id = id;
        this.limits = limits;
        memory = budget.new Share();
        outbox = new Outbox(response, this::clientGone);
        // A client may wait for hours, but not block the server while it writes or reads.
        request.addIdleTimeoutListener(timeout ->
                outbox.isWriting() || body.filter(BoundedBody::isReading).isPresent());
    }

    /** The request's id, which the answer's header {@code X-Request-Id} and the log tell. */
    public String id() {
        return id;
    }

    public String method() {
        return request.getMethod();
    }

    /** Empty for CONNECT, which has none. */
    public String path() {
        return Objects.requireNonNullElse(Request.getPathInContext(request), "");
    }

    /**
     * A value of the address's query.
     *
     * @throws HttpError when the query is damaged
     */
    public Optional<String> query(String name) {
        try {
            return Optional.ofNullable(Request.extractQueryParameters(request, StandardCharsets.UTF_8)
                    .getValue(name));
        } catch (RuntimeException e) {
            throw HttpError.invalid(name, "the address's query is no valid UTF-8 in percent encoding");
        }
    }

    /** The first header of a name. */
    public Optional<String> header(String name) {
        return Optional.ofNullable(request.getHeaders().get(name));
    }

    /** All headers of a name. */
    List<String> headers(String name) {
        return request.getHeaders().getValuesList(name);
    }

    /** The host that the client addresses, with its port if there is one. */
    String authority() {
        HostPort host = request.getHttpURI().getHost() == null
                ? null
                : new HostPort(
                        request.getHttpURI().getHost(), request.getHttpURI().getPort());
        return host == null ? "" : host.toString();
    }

    /**
     * The address that the client used for this server, without a path, or with the one that a proxy strips. A proxy
     * says what it changed by {@code X-Forwarded-Proto} and {@code X-Forwarded-Prefix}. A client that sends these
     * itself changes only the address in its own answer.
     */
    public String baseUrl() {
        String scheme = forwarded(HttpHeader.X_FORWARDED_PROTO.asString(), SCHEME)
                .orElseGet(() -> request.getHttpURI().getScheme());
        String prefix = forwarded("X-Forwarded-Prefix", PREFIX).orElse("");
        return scheme + "://" + authority() + prefix;
    }

    private Optional<String> forwarded(String header, Pattern valid) {
        return header(header).filter(value -> valid.matcher(value).matches());
    }

    /** Reads the body as a JSON object. To be called once. */
    public Parameters json() throws IOException {
        requireType("application/json");
        // Whole, also when it turns out to be wrong: a client that still sends would not see the answer.
        return new Parameters(Json.readObject(body().readAllBytes()), false);
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
            throw unsupportedType("the Content-Type must be " + wanted + ", not '" + Parameters.shown(type) + "'");
        }
        header("Content-Encoding")
                .filter(encoding -> !encoding.equalsIgnoreCase("identity"))
                .ifPresent(encoding -> {
                    throw unsupportedType("a body must come as it is, not with the Content-Encoding '"
                            + Parameters.shown(encoding) + "'");
                });
        return type;
    }

    private static HttpError unsupportedType(String message) {
        return HttpError.refused(415, "unsupported_media_type", message);
    }

    private BoundedBody body() {
        if (request.getLength() > limits.body()) {
            throw BoundedBody.tooLarge(limits.body());
        }
        return openBody();
    }

    private BoundedBody openBody() {
        BoundedBody stream = new BoundedBody(Content.Source.asInputStream(request), memory, limits);
        body = Optional.of(stream);
        return stream;
    }

    /** Discards what was not read of the body. To be called once the request is answered. */
    void discardBody() {
        if (request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_2) {
            return; // Ending the stream tells the client to send no more.
        }
        if (body.isEmpty() && request.getHeaders().contains(HttpHeader.EXPECT)) {
            return; // The client waits to be asked for the body.
        }
        body.orElseGet(this::openBody).discard();
    }

    /**
     * Counts what the request holds in memory until it is answered.
     *
     * @throws HttpError when that is too much
     */
    public void acquireMemory(long bytes) {
        memory.acquire(bytes);
    }

    /** Is cancelled when the client goes away. To be asked for once the body was read. */
    public Cancellation cancellation() {
        if (watch.isEmpty() && !isAnswered()) {
            watch = Optional.of(ClientWatch.start(request, this::clientGone));
            scheduleBlank(limits.silence());
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

    private synchronized void scheduleBlank(Duration delay) {
        nextBlank = request.getConnectionMetaData()
                .getConnector()
                .getScheduler()
                .schedule(this::sendBlank, delay.toMillis(), TimeUnit.MILLISECONDS);
    }

    synchronized void sendBlank() {
        if (answered) {
            return;
        }
        begin(200, "application/json");
        outbox.add(streaming ? COMMENT : BLANK);
        scheduleBlank(limits.blanks());
    }

    /** Sets status and type, unless the answer has begun. */
    private synchronized void begin(int status, String contentType) {
        if (!begun) {
            begun = true;
            response.setStatus(status);
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, contentType);
        }
    }

    /** Sets a header of the answer, unless it has begun. */
    public synchronized void setHeader(String name, String value) {
        if (!begun) {
            response.getHeaders().put(new HttpField(name, value));
        }
    }

    /** Answers with a JSON value. */
    public void send(int status, Object json) throws IOException {
        send(status, "application/json", Json.write(json));
    }

    /** Answers with bytes, and waits until the client has taken them. */
    public void send(int status, String contentType, byte[] bytes) throws IOException {
        if (method().equals("HEAD")) {
            setHeader("Content-Length", Integer.toString(bytes.length));
        }
        begin(status, contentType);
        end(method().equals("HEAD") ? new byte[0] : bytes);
    }

    /** Begins an answer of events, with status 200. It ends when the route returns. */
    public synchronized EventStream events() {
        setHeader("Cache-Control", "no-store");
        // For nginx, which would gather them.
        setHeader("X-Accel-Buffering", "no");
        begin(200, "text/event-stream; charset=utf-8");
        streaming = true;
        return new EventStream(this);
    }

    void add(byte[] bytes) {
        outbox.add(bytes);
    }

    void flush() throws IOException {
        try {
            outbox.await(limits.download());
        } catch (IOException e) {
            clientGone();
            throw e;
        }
    }

    private void end(byte[] bytes) throws IOException {
        endWatch();
        outbox.end(bytes);
        flush();
    }

    long pending() {
        return outbox.pending();
    }

    /** Whether an answer of events has begun. */
    synchronized boolean isStreaming() {
        return streaming;
    }

    synchronized boolean isAnswered() {
        return answered;
    }

    int status() {
        return response.getStatus();
    }

    long sent() {
        return outbox.total();
    }

    /** Notes for the log what was done. */
    public void worked(String task, Duration waited, Duration ran) {
        work = Optional.of(new AccessLog.Work(task, waited.toMillis(), ran.toMillis()));
    }

    Optional<AccessLog.Work> work() {
        return work;
    }

    /** Notes for the log what the client asked, which is logged only where the operator wants that. */
    public void asked(String text) {
        prompt = Optional.of(text);
    }

    Optional<String> prompt() {
        return prompt;
    }

    /** Ends what is left open. */
    void close() throws IOException {
        try {
            if (isStreaming() && !isAnswered()) {
                end(new byte[0]);
            }
        } finally {
            endWatch();
            memory.release();
        }
    }

    private void endWatch() {
        synchronized (this) {
            answered = true; // A blank that waits for the lock would be followed by others forever.
            nextBlank.cancel();
        }
        watch.ifPresent(ClientWatch::end);
        watch = Optional.empty();
    }
}
