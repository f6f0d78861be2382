package io.github.unipic.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.sun.management.OperatingSystemMXBean;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.UniPic;
import io.github.unipic.fuzz.ByteMutator;
import io.github.unipic.fuzz.JsonMutator;
import io.github.unipic.fuzz.MemoryFuzzTarget;
import io.github.unipic.fuzz.Mutator;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;

/**
 * The body of a request. The server's model is never loaded and its queue is full, so a request that is right is turned
 * away when all of it has been read.
 *
 * @param name of the target
 * @param path that the bodies go to
 * @param type of the bodies
 */
record RequestFuzz(String name, String path, String type, Mutator mutator) implements MemoryFuzzTarget {
    private static final String JSON = "application/json";
    private static final int QUEUE_FULL = 429;

    /** The work is done on other threads than the one that reads, whose time is watched anyway. */
    private static final OperatingSystemMXBean PROCESS =
            ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

    private static final int MOST_SECONDS = 10;

    /** All that are read differently. */
    static List<RequestFuzz> all() {
        return List.of(
                new RequestFuzz(
                        "chat",
                        "/v1/chat/completions",
                        JSON,
                        new JsonMutator("system", "assistant", "image_url", "data:image/png;base64,", "json_object")
                                .within("messages", "stop", "stream_options", "response_format")),
                new RequestFuzz(
                        "generations", "/v1/images/generations", JSON, new JsonMutator("url", "0x0", "auto", "50..5")),
                new RequestFuzz(
                        "edits",
                        "/v1/images/edits",
                        "multipart/form-data; boundary=x",
                        new ByteMutator()
                                .with(
                                        "--x\r\n",
                                        "--x--",
                                        "\r\n\r\n",
                                        "name=\"mask\"",
                                        "name=",
                                        "filename*=UTF-8''%ff")),
                new RequestFuzz(
                        "img2img", "/sdapi/v1/img2img", JSON, new JsonMutator("data:image/png;base64,", "====")));
    }

    @Override
    public int mutations() {
        return 400;
    }

    @Override
    public void read(byte[] body) throws IOException {
        long before = PROCESS.getProcessCpuTime();
        RawHttp.Answer answer = RawHttp.post(Server.TEST, path, type, body, "Connection: close");
        long seconds = TimeUnit.NANOSECONDS.toSeconds(PROCESS.getProcessCpuTime() - before);
        if (seconds > MOST_SECONDS) {
            throw new AssertionError("It took " + seconds + " s of the processor's time");
        }
        if (answer.header("Content-Type").startsWith("text/event-stream")) {
            if (!answer.body().contains("queue_full")) {
                throw new AssertionError(answer.body());
            }
        } else if (answer.status() != QUEUE_FULL) {
            JsonNode json = answer.json();
            String message = json.path("error").isObject()
                    ? json.path("error").path("message").asText()
                    : json.path("errors").asText();
            if (answer.status() < 400 || answer.status() >= 500) {
                throw new AssertionError(answer.status() + ": " + message);
            }
            throw new InvalidRequestException(message);
        }
    }

    /** Started when it is first asked for, which is in the process that tries the inputs. */
    private static final class Server {
        static {
            // A line for each of millions of requests.
            System.setProperty("org.slf4j.simpleLogger.log.io.github.unipic.server.access", "warn");
        }

        static final TestServer TEST = TestServer.of(
                UniPicServer.builder(Server::neverLoaded).port(0).queue(0).start());

        /** Fills the queue. Referenced, because a socket that is not may be closed. */
        static final RawHttp WAITING = waiting();

        private static UniPic neverLoaded() {
            try {
                new CountDownLatch(1).await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
            throw new IllegalStateException("interrupted");
        }

        private static RawHttp waiting() {
            try {
                String prompt = "{\"prompt\": \"a red fox\"}";
                RawHttp waiting = new RawHttp(TEST)
                        .write("POST /v1/images/generations HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: " + JSON
                                + "\r\nContent-Length: " + prompt.length() + "\r\n\r\n" + prompt);
                TEST.awaitText("/health", "\"waiting\":1");
                return waiting;
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        }
    }
}
