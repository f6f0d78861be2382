package io.github.unipic.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.server.http.Limits;
import java.net.InetSocketAddress;
import java.net.http.HttpClient;
import java.net.http.HttpClient.Version;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;
import org.eclipse.jetty.http.HostPortHttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpScheme;
import org.eclipse.jetty.http.HttpURI;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.http.MetaData;
import org.eclipse.jetty.http2.ErrorCode;
import org.eclipse.jetty.http2.HTTP2Session;
import org.eclipse.jetty.http2.api.Session;
import org.eclipse.jetty.http2.api.Stream;
import org.eclipse.jetty.http2.client.HTTP2Client;
import org.eclipse.jetty.http2.frames.DataFrame;
import org.eclipse.jetty.http2.frames.HeadersFrame;
import org.eclipse.jetty.http2.frames.ResetFrame;
import org.eclipse.jetty.util.Callback;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** HTTP/2 without TLS: by an upgrade, and at once. */
@Timeout(300)
class Http2Test {
    private static final int MOST_REQUESTS = 8;

    private static final TestServer SERVER =
            TestServer.start(options -> options.jobs(2).limits(Limits.DEFAULTS.withConnections(MOST_REQUESTS)));

    private static final HTTP2Client CLIENT = new HTTP2Client();

    private static final String LONG =
            "{\"prompt\":\"a\",\"size\":\"512x512\",\"iterations\":1024,\"num_inference_steps\":1000}";
    private static final String MIDDLE =
            "{\"prompt\":\"a\",\"size\":\"256x256\",\"iterations\":64,\"num_inference_steps\":100}";

    @BeforeAll
    static void start() throws Exception {
        CLIENT.start();
    }

    @AfterAll
    static void close() throws Exception {
        CLIENT.stop();
        SERVER.close();
    }

    @Test
    void aClientMayUpgrade() throws Exception {
        HttpResponse<String> health = HttpClient.newBuilder()
                .version(Version.HTTP_2)
                .build()
                .send(HttpRequest.newBuilder(SERVER.uri("/health")).build(), BodyHandlers.ofString());
        assertThat(health.version()).isEqualTo(Version.HTTP_2);
        assertThat(health.body()).contains("ready");
    }

    private static Session connect() throws Exception {
        return connect(SERVER);
    }

    private static Session connect(TestServer server) throws Exception {
        return CLIENT.connect(new InetSocketAddress("127.0.0.1", server.uri("/").getPort()), new Session.Listener() {})
                .get();
    }

    /** Gathers the body of an answer. */
    private static final class Body implements Stream.Listener {
        private final StringBuilder text = new StringBuilder();
        private final CompletableFuture<String> whole = new CompletableFuture<>();
        private int status;

        @Override
        public void onHeaders(Stream stream, HeadersFrame frame) {
            if (frame.getMetaData() instanceof MetaData.Response response) {
                status = response.getStatus();
            }
            stream.demand();
        }

        @Override
        public void onDataAvailable(Stream stream) {
            Stream.Data data = stream.readData();
            if (data == null) {
                stream.demand();
                return;
            }
            text.append(StandardCharsets.UTF_8.decode(data.frame().getByteBuffer()));
            boolean last = data.frame().isEndStream();
            data.release();
            if (last) {
                whole.complete(text.toString());
            } else {
                stream.demand();
            }
        }

        @Override
        public void onFailure(Stream stream, int error, String reason, Throwable failure, Callback callback) {
            whole.completeExceptionally(failure);
            callback.succeeded();
        }

        @Override
        public void onReset(Stream stream, ResetFrame frame, Callback callback) {
            whole.completeExceptionally(new IllegalStateException("reset: " + frame));
            callback.succeeded();
        }
    }

    private static Stream post(Session session, String json, Body body) throws Exception {
        HttpURI uri = HttpURI.from("http://127.0.0.1:8080/v1/images/generations");
        HttpFields headers = HttpFields.build().put("Content-Type", "application/json");
        MetaData.Request request = new MetaData.Request("POST", uri, HttpVersion.HTTP_2, headers);
        Stream stream =
                session.newStream(new HeadersFrame(request, null, false), body).get();
        stream.data(new DataFrame(stream.getId(), ByteBuffer.wrap(json.getBytes(StandardCharsets.UTF_8)), true))
                .get();
        return stream;
    }

    private static void await(int running) throws Exception {
        SERVER.awaitText("/health", "\"running\":" + running + ",");
    }

    @Test
    void resettingOneStreamLeavesTheOthersAlone() throws Exception {
        Session session = connect();
        Body first = new Body();
        Body second = new Body();
        Stream stream = post(session, LONG, first);
        post(session, MIDDLE.replace("{", "{\"stream\":true,"), second);
        await(2);
        stream.reset(new ResetFrame(stream.getId(), ErrorCode.CANCEL_STREAM_ERROR.code))
                .get();
        assertThat(second.whole.get()).contains("event: image_generation.completed");
        assertThat(second.status).isEqualTo(200);
        await(0);
        Body third = new Body();
        post(session, "{}", third);
        assertThat(third.whole.get()).contains("'prompt' is missing");
        assertThat(third.status).isEqualTo(400);
    }

    @Test
    void aJobMayOutlastTheIdleTimeout() throws Exception {
        Duration idle = Duration.ofSeconds(1);
        Duration enough = Duration.ofMinutes(1);
        try (TestServer impatient = TestServer.start(
                options -> options.jobs(2).limits(Limits.DEFAULTS.withPatience(idle, idle, enough, enough)))) {
            Session session = connect(impatient);
            Body plain = new Body();
            Body streaming = new Body();
            String job = MIDDLE.replace("\"iterations\":64", "\"iterations\":16");
            post(session, job, plain);
            post(session, job.replace("{", "{\"stream\":true,"), streaming);
            assertThat(plain.whole.get()).contains("b64_json");
            assertThat(streaming.whole.get()).contains("event: image_generation.completed");
        }
    }

    @Test
    void closingTheConnectionEndsItsJobs() throws Exception {
        Session session = connect();
        post(session, LONG, new Body());
        post(session, LONG, new Body());
        await(2);
        ((HTTP2Session) session).getEndPoint().close();
        await(0);
    }

    /** One connection could take all threads; requests beyond the limit are refused, and later ones are served. */
    @Test
    void requestsAreBoundedNotOnlyConnections() throws Exception {
        Session session = connect();
        MetaData.Request request = new MetaData.Request(
                "POST",
                HttpURI.from("http://127.0.0.1:8080/v1/images/generations"),
                HttpVersion.HTTP_2,
                HttpFields.build().put("Content-Type", "application/json"));
        try {
            for (int i = 0; i < MOST_REQUESTS; i++) {
                session.newStream(new HeadersFrame(request, null, false), new Body())
                        .get();
            }
            String answer = "";
            while (!answer.contains("overloaded")) {
                Body body = new Body();
                // Without a body, as the stream is reset if the request is refused before its body has arrived.
                session.newStream(new HeadersFrame(request, null, true), body).get();
                answer = body.whole.get();
            }
        } finally {
            ((HTTP2Session) session).getEndPoint().close();
        }
        SERVER.awaitText("/health", "ready");
    }

    /** It has no path. */
    @Test
    void connectIsRefused() throws Exception {
        Session session = connect();
        Body body = new Body();
        MetaData.Request request = new MetaData.ConnectRequest(
                HttpScheme.HTTP, new HostPortHttpField("127.0.0.1:8080"), null, HttpFields.EMPTY, null);
        session.newStream(new HeadersFrame(request, null, true), body).get();
        assertThat(body.whole.get()).contains("not_found");
        assertThat(body.status).isEqualTo(404);
    }

    @Test
    void foreignAuthoritiesAreRefused() throws Exception {
        Session session = connect();
        Body body = new Body();
        MetaData.Request request = new MetaData.Request(
                "GET", HttpURI.from("http://evil.example/health"), HttpVersion.HTTP_2, HttpFields.EMPTY);
        session.newStream(new HeadersFrame(request, null, true), body).get();
        assertThat(body.whole.get()).contains("host_not_allowed");
        assertThat(body.status).isEqualTo(403);
    }
}
