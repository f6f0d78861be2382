package io.github.unipic.export.hub;

import io.github.unipic.files.ByteSize;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.ConnectException;
import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpConnectTimeoutException;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import javax.net.ssl.SSLException;

/**
 * Speaks HTTP with the hub. Redirects are followed here and not by Java, so that the token goes to the hub itself and
 * to nobody else. Thread-safe.
 */
final class HubClient {
    private static final int MOST_REDIRECTS = 10;
    private static final int LARGEST_DESCRIPTION = 32 << 20;
    private static final String KEPT = "what has arrived is kept: run the same command again";
    private static final Pattern CONTENT_RANGE = Pattern.compile("bytes (\\d{1,18})-\\d{1,18}/(\\d{1,18}|\\*)");

    private final HubSettings settings;
    private final Patience patience;
    private final HttpClient http;

    HubClient(HubSettings settings, Patience patience) {
        this.settings = settings;
        this.patience = patience;
        this.http = HttpClient.newBuilder()
                .version(HttpClient.Version.HTTP_1_1) // A connection for each file.
                .followRedirects(HttpClient.Redirect.NEVER)
                .connectTimeout(patience.connect())
                .proxy(settings.proxies())
                .build();
    }

    /**
     * Bytes of a file that are about to arrive.
     *
     * @param offset the first one's: 0 if the hub does not continue a file
     */
    record Content(Body body, long offset) implements AutoCloseable {
        @Override
        public void close() {
            body.close();
        }
    }

    /** What a repository has at a revision. Tries again where that may help. */
    Repository repository(String name, String revision) throws IOException, InterruptedException {
        URI address = address("/api/models/" + path(name) + "/revision/" + encoded(revision) + "?blobs=true");
        String what = name + (revision.equals(DownloadRequest.REVISION) ? "" : " at revision " + revision);
        byte[] answer = Retries.run(patience, () -> {
            try {
                HttpResponse<Body> response = get(address, what, OptionalLong.empty());
                try (Body body = response.body()) {
                    refuseWebPage(response, what);
                    return readAll(body, response.uri(), what);
                }
            } catch (PassingFailure e) {
                if (e.getCause() instanceof ConnectException) {
                    // At the beginning that is mostly a name or a network that is wrong, not one that was lost.
                    throw new DownloadException(e.getMessage(), e);
                }
                throw e;
            }
        });
        return Repository.parse(name, settings.endpoint(), answer);
    }

    /** A repository of which nothing is known but where it should be. */
    Repository undescribed(String name) {
        return new Repository(name, "", Repository.NO_LICENSE, settings.endpoint() + "/" + name, Map.of());
    }

    private byte[] readAll(Body body, URI from, String what) throws IOException, InterruptedException {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        while (true) {
            Optional<List<ByteBuffer>> bytes = next(body, from, what);
            if (bytes.isEmpty()) {
                return all.toByteArray();
            }
            for (ByteBuffer buffer : bytes.get()) {
                if (all.size() + buffer.remaining() > LARGEST_DESCRIPTION) {
                    throw new DownloadException(from.getHost() + " describes " + what + " with more than "
                            + ByteSize.of(LARGEST_DESCRIPTION) + "; that is no model's repository");
                }
                byte[] chunk = new byte[buffer.remaining()];
                buffer.get(chunk);
                all.writeBytes(chunk);
            }
        }
    }

    /** The next bytes of a body, or empty at its end. */
    Optional<List<ByteBuffer>> next(Body body, URI from, String what) throws IOException, InterruptedException {
        try {
            return body.next(patience.stall());
        } catch (IOException e) {
            throw new PassingFailure(
                    "the connection to " + from.getHost() + " broke off while " + what + " was fetched ("
                            + e.getMessage() + "); " + KEPT,
                    e);
        }
    }

    /** The bytes of a file from an offset on, at the commit that the repository was described at. One try. */
    Content open(Repository repository, RemoteFile file, long offset) throws IOException, InterruptedException {
        String what = file.path() + " of " + repository.name();
        HttpResponse<Body> response =
                get(address(repository, file), what, offset > 0 ? OptionalLong.of(offset) : OptionalLong.empty());
        try {
            refuseWebPage(response, what);
            long start = response.statusCode() == 206 ? start(response, file, offset, what) : 0;
            response.headers().firstValue("Content-Encoding").ifPresent(encoding -> {
                if (!encoding.equals("identity")) {
                    throw unexpected(response, what, "in the encoding " + encoding);
                }
            });
            OptionalLong length = response.headers().firstValueAsLong("Content-Length");
            if (length.isPresent() && length.getAsLong() != file.size() - start) {
                throw unexpected(
                        response,
                        what,
                        "with " + length.getAsLong() + " bytes where " + (file.size() - start) + " are announced");
            }
            return new Content(response.body(), start);
        } catch (RuntimeException e) {
            response.body().close();
            throw e;
        }
    }

    URI address(Repository repository, RemoteFile file) {
        return address("/" + path(repository.name()) + "/resolve/" + repository.commit() + "/" + path(file.path()));
    }

    private static long start(HttpResponse<Body> response, RemoteFile file, long offset, String what) {
        Matcher range = CONTENT_RANGE.matcher(
                response.headers().firstValue("Content-Range").orElse(""));
        if (!range.matches()
                || Long.parseLong(range.group(1)) != offset
                || !range.group(2).equals("*") && Long.parseLong(range.group(2)) != file.size()) {
            throw unexpected(response, what, "with other bytes than those asked for");
        }
        return offset;
    }

    private static DownloadException unexpected(HttpResponse<Body> response, String what, String how) {
        return new DownloadException(response.uri().getHost() + " sent " + what + " " + how
                + "; if HF_ENDPOINT is set, use another hub, and otherwise try again later");
    }

    /** What a login page of a network, or a page that explains an error, is to a program. */
    private static void refuseWebPage(HttpResponse<Body> response, String what) {
        String type = response.headers().firstValue("Content-Type").orElse("");
        if (type.startsWith("text/html")) {
            throw new DownloadException(
                    response.uri().getHost() + " sent a web page in place of " + what
                            + "; open " + response.uri().getScheme() + "://"
                            + response.uri().getHost()
                            + " in a browser: a login page of this network or a proxy may be in between, or HF_ENDPOINT is wrong");
        }
    }

    /** Gets an address, following redirects; the answer is 200, or 206 for a part. */
    private HttpResponse<Body> get(URI address, String what, OptionalLong offset)
            throws IOException, InterruptedException {
        URI current = address;
        for (int redirects = 0; redirects <= MOST_REDIRECTS; redirects++) {
            HttpResponse<Body> response = send(current, what, offset);
            int status = response.statusCode();
            if (status == 200 || status == 206 && offset.isPresent()) {
                return response;
            }
            if (status == 407) {
                // Java gives this one no body.
                throw new DownloadException("the proxy wants a name and a password; put them into HTTPS_PROXY"
                        + " (http://NAME:PASSWORD@HOST:PORT)");
            }
            // The rest of the body is of no interest.
            response.body().close();
            if (status < 300 || status > 399) {
                throw failure(response, what, offset);
            }
            current = next(response, what);
        }
        throw new DownloadException(address.getHost() + " redirects " + what + " more than " + MOST_REDIRECTS
                + " times; if HF_ENDPOINT is set, use another hub, and otherwise try again later");
    }

    private URI next(HttpResponse<Body> response, String what) {
        String location = response.headers().firstValue("Location").orElse("");
        try {
            URI next = response.uri().resolve(new URI(location));
            boolean secure = "https".equalsIgnoreCase(next.getScheme());
            boolean web = secure || "http".equalsIgnoreCase(next.getScheme());
            if (!location.isEmpty() && web && next.getHost() != null && next.getRawUserInfo() == null) {
                if (!secure && "https".equalsIgnoreCase(response.uri().getScheme())) {
                    throw new DownloadException(response.uri().getHost() + " redirects " + what + " to "
                            + next.getHost() + " without encryption, which is refused; if HF_ENDPOINT is set, use"
                            + " another hub");
                }
                return next;
            }
        } catch (URISyntaxException e) {
            // As below.
        }
        throw new DownloadException(response.uri().getHost() + " redirects " + what + " to nowhere (status "
                + response.statusCode() + "); if HF_ENDPOINT is set, use another hub, and otherwise try again later");
    }

    private HttpResponse<Body> send(URI address, String what, OptionalLong offset)
            throws IOException, InterruptedException {
        HttpRequest.Builder request = HttpRequest.newBuilder(address)
                .header("User-Agent", "unipic-download")
                .header("Accept-Encoding", "identity");
        offset.ifPresent(from -> request.header("Range", "bytes=" + from + "-"));
        if (isHub(address)) {
            settings.token().ifPresent(token -> request.header("Authorization", "Bearer " + token));
        }
        settings.proxies().authorization(address).ifPresent(value -> request.header("Proxy-Authorization", value));
        CompletableFuture<HttpResponse<Body>> answer = http.sendAsync(request.build(), head -> new Body());
        try {
            return answer.get(patience.answer().toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            throw new PassingFailure(
                    address.getHost() + " does not answer the request for " + what + " within "
                            + patience.answer().toSeconds() + " s; try again later",
                    e);
        } catch (ExecutionException e) {
            throw unreachable(address, what, e.getCause());
        } finally {
            // An answer that comes after all must not keep its connection.
            if (!answer.isDone()) {
                answer.cancel(true);
            }
        }
    }

    /** Whether that is where the token belongs. */
    private boolean isHub(URI address) {
        URI endpoint = settings.endpoint();
        return endpoint.getScheme().equalsIgnoreCase(address.getScheme())
                && endpoint.getHost().equalsIgnoreCase(address.getHost())
                && port(endpoint) == port(address);
    }

    private static int port(URI address) {
        return address.getPort() >= 0 ? address.getPort() : "https".equalsIgnoreCase(address.getScheme()) ? 443 : 80;
    }

    private IOException unreachable(URI address, String what, Throwable cause) {
        if (cause instanceof SSLException) {
            throw new DownloadException(
                    "no encrypted connection to " + address.getHost() + " (" + cause.getMessage()
                            + "); if a proxy decrypts traffic here, let Java know its certificate"
                            + " (-Djavax.net.ssl.trustStore=FILE in UNIPIC_JAVA_OPTS)",
                    cause);
        }
        if (cause instanceof ConnectException || cause instanceof HttpConnectTimeoutException) {
            String reason = cause instanceof HttpConnectTimeoutException
                    ? "no connection within " + patience.connect().toSeconds() + " s"
                    : cause.getMessage() == null ? "unknown host, or no connection" : cause.getMessage();
            return new PassingFailure(
                    address.getHost() + " cannot be reached (" + reason + "); check the network, HTTPS_PROXY and"
                            + " HF_ENDPOINT, or set HF_HUB_OFFLINE=1 to use what is there",
                    cause);
        }
        String reason = cause.getMessage() == null ? cause.getClass().getSimpleName() : cause.getMessage();
        return new PassingFailure(
                "the request for " + what + " to " + address.getHost() + " failed (" + reason + "); " + KEPT, cause);
    }

    /** Says what an answer means that brings nothing. */
    private IOException failure(HttpResponse<Body> response, String what, OptionalLong offset) {
        String host = response.uri().getHost();
        int status = response.statusCode();
        String code = response.headers().firstValue("X-Error-Code").orElse("");
        if (code.equals("RevisionNotFound")) {
            throw new DownloadException(
                    host + " has no such revision of this repository: " + what + "; give another --revision");
        }
        if (code.equals("EntryNotFound")) {
            throw new DownloadException(host + " has no " + what + " at that commit; run the same command again");
        }
        switch (status) {
            case 401, 403, 404 -> throw refused(response, what, code);
            case 416 -> {
                if (offset.isPresent()) {
                    return new RangeRefused();
                }
                throw new DownloadException(host + " refuses to send " + what + " (status 416); try again later, or if"
                        + " HF_ENDPOINT is set, use another hub");
            }
            case 429 -> {
                Optional<Duration> pause = pause(response);
                return new PassingFailure(
                        host + " is asked too often from here (status 429)"
                                + pause.map(time -> "; try again in " + time.toSeconds() + " s")
                                        .orElse("; try again later")
                                + (settings.token().isEmpty() ? ", or set HF_TOKEN, which allows more" : "")
                                + "; what has arrived is kept",
                        pause);
            }
            default -> {
                String message = host + " answered the request for " + what + " with status " + status + note(response)
                        + "; try again later: what has arrived is kept";
                if (status >= 500 || status == 408) {
                    return new PassingFailure(message, pause(response));
                }
                throw new DownloadException(message);
            }
        }
    }

    /** 401 and 404 are also what the hub says of what it does not show to this user. */
    private DownloadException refused(HttpResponse<Body> response, String what, String code) {
        String host = response.uri().getHost();
        int status = response.statusCode();
        boolean hub = isHub(response.uri());
        if (!hub) {
            return new DownloadException("the storage host " + host + " refuses " + what + " (status " + status
                    + note(response) + "); its address may have expired: run the same command again");
        }
        String tokens = settings.endpoint() + "/settings/tokens";
        if (code.equals("GatedRepo")) {
            return new DownloadException(what + " is only given to those who agreed to its terms: agree on "
                    + settings.endpoint() + " with your account, and set HF_TOKEN to a token of that account (" + tokens
                    + ")");
        }
        if (status == 401 && settings.token().isPresent()) {
            return new DownloadException(host + " does not accept the token for " + what
                    + note(response) + "; set HF_TOKEN to a valid one (" + tokens
                    + "), or unset it: the published files"
                    + " need none");
        }
        if (status == 403) {
            return new DownloadException(host + " refuses " + what + note(response) + "; "
                    + (settings.token().isPresent()
                            ? "the token (HF_TOKEN) lacks the right to read it"
                            : "set HF_TOKEN")
                    + ": " + tokens);
        }
        return new DownloadException(host + " has no " + what + " that it shows "
                + (settings.token().isPresent() ? "to the owner of this token" : "without a token")
                + "; check the name (--repo OWNER/NAME)"
                + (settings.token().isPresent() ? "" : ", or set HF_TOKEN if it is private"));
    }

    /** What the hub says itself, in parentheses. */
    private static String note(HttpResponse<Body> response) {
        return response.headers()
                .firstValue("X-Error-Message")
                .filter(message -> !message.isBlank())
                .map(message -> " (" + (message.length() > 200 ? message.substring(0, 200) + "..." : message) + ")")
                .orElse("");
    }

    /** Retry-After: seconds or a date. */
    private static Optional<Duration> pause(HttpResponse<Body> response) {
        return response.headers().firstValue("Retry-After").flatMap(text -> {
            try {
                return text.matches("\\d{1,9}")
                        ? Optional.of(Duration.ofSeconds(Long.parseLong(text)))
                        : Optional.of(Duration.between(
                                        Instant.now(),
                                        ZonedDateTime.parse(text, DateTimeFormatter.RFC_1123_DATE_TIME)
                                                .toInstant()))
                                .filter(time -> !time.isNegative());
            } catch (DateTimeParseException e) {
                return Optional.empty();
            }
        });
    }

    private URI address(String path) {
        return URI.create(settings.endpoint() + path);
    }

    private static String path(String names) {
        return Arrays.stream(names.split("/")).map(HubClient::encoded).collect(Collectors.joining("/"));
    }

    private static String encoded(String name) {
        return URLEncoder.encode(name, StandardCharsets.UTF_8).replace("+", "%20");
    }

    /** The hub has no bytes from that offset on. */
    static final class RangeRefused extends IOException {
        private static final long serialVersionUID = 1L;
    }
}
