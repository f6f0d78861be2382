package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** {@code unipic serve}: how it ends, and what it refuses. */
@Timeout(300)
class ServeTest {
    private static final String SHORT =
            "{\"prompt\":\"a red circle\",\"size\":\"64x64\",\"iterations\":16,\"num_inference_steps\":25}";
    private static final String LONG =
            "{\"prompt\":\"a red circle\",\"size\":\"256x256\",\"iterations\":256,\"num_inference_steps\":1000}";

    private static final String BEGUN = "unipic_job_wait_seconds_count{task=\"generate\"} 1";

    @TempDir
    private Path folder;

    /** A server in a process of its own. */
    private static final class Served implements AutoCloseable {
        private final HttpClient client = HttpClient.newHttpClient();
        private final Process process;
        private final BufferedReader messages;
        private final URI uri;

        Served(String... options) throws IOException {
            List<String> command = new ArrayList<>(CommandLineProcess.java());
            command.addAll(List.of(
                    "-cp",
                    System.getProperty("java.class.path"),
                    UniPicCommand.class.getName(),
                    "serve",
                    "--port",
                    "0"));
            command.addAll(List.of(options));
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
            builder.environment().keySet().removeIf(name -> name.startsWith("UNIPIC_"));
            builder.environment().putAll(CommandLineRun.BUILT_IN);
            process = builder.start();
            messages = process.inputReader();
            String line = await("Listening at ");
            uri = URI.create(line.replaceAll(".*Listening at (\\S+) .*", "$1"));
        }

        /** The next message that has a text. */
        String await(String text) throws IOException {
            String line = messages.readLine();
            while (line != null && !line.contains(text)) {
                line = messages.readLine();
            }
            assertThat(line).as("before the end: " + text).isNotNull();
            return line;
        }

        /** The other messages, to the end. */
        List<String> rest() {
            return messages.lines().toList();
        }

        /** With the key of a server that asks for one. */
        private HttpRequest.Builder request(String path) {
            return HttpRequest.newBuilder(uri.resolve(path)).header("Authorization", "Bearer secret");
        }

        /** Begins a job, and waits until it runs; a short one may have ended by then. */
        CompletableFuture<HttpResponse<String>> begin(String json) throws Exception {
            CompletableFuture<HttpResponse<String>> answer = client.sendAsync(
                    request("/v1/images/generations")
                            .header("Content-Type", "application/json")
                            .POST(BodyPublishers.ofString(json))
                            .build(),
                    BodyHandlers.ofString());
            HttpRequest metrics = request("/metrics").build();
            while (!answer.isDone()
                    && !client.send(metrics, BodyHandlers.ofString()).body().contains(BEGUN)) {
                Thread.sleep(5);
            }
            return answer;
        }

        /** SIGTERM; not by the process, which would close its streams. */
        void terminate() {
            process.toHandle().destroy();
        }

        int exitCode() throws InterruptedException {
            return process.waitFor();
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }
    }

    /** The key is the first line that is not blank; a mark at the beginning and blanks do not count. */
    @Test
    void requestsThatBringTheKeyAreAnsweredAndMayFinish() throws Exception {
        Path file = Files.writeString(folder.resolve("key.txt"), "\ufeff\r\n  secret \r\nother\r\n");
        try (Served server = new Served("--api-key-file", file.toString())) {
            HttpRequest withoutKey =
                    HttpRequest.newBuilder(server.uri.resolve("/v1/models")).build();
            // On a connection of its own, as this client takes the end of an HTTP/2 connection for that of its
            // requests.
            assertThat(HttpClient.newHttpClient()
                            .send(withoutKey, BodyHandlers.ofString())
                            .statusCode())
                    .isEqualTo(401);
            CompletableFuture<HttpResponse<String>> answer = server.begin(SHORT);
            if (OS.WINDOWS.isCurrentOs()) {
                assertThat(answer.get().statusCode()).isEqualTo(200);
                return; // there is no such signal
            }
            server.terminate();
            assertThat(answer.get().statusCode()).isEqualTo(200);
            assertThat(answer.get().body()).contains("b64_json");
            assertThat(server.rest()).noneMatch(line -> line.contains("Exception"));
            assertThat(server.exitCode()).isZero();
        }
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void butNotLongerThanTheGraceTime() throws Exception {
        try (Served server = new Served("--grace", "0.2s")) {
            CompletableFuture<HttpResponse<String>> answer = server.begin(LONG);
            server.terminate();
            assertThat(answer.get().statusCode()).isEqualTo(503);
            assertThat(server.rest()).noneMatch(line -> line.contains("Exception"));
            assertThat(server.exitCode()).isZero();
        }
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aSecondSignalEndsAtOnce() throws Exception {
        try (Served server = new Served()) {
            server.begin(LONG);
            server.terminate();
            server.await("Ending");
            // One that follows at once counts as the same.
            while (!server.process.waitFor(100, TimeUnit.MILLISECONDS)) {
                server.terminate();
            }
            assertThat(server.exitCode()).isEqualTo(UniPicCommand.CANCELLED);
        }
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void itEndsWhileTheModelIsLoaded() throws Exception {
        try (Served server = new Served()) {
            server.terminate();
            assertThat(server.rest()).noneMatch(line -> line.contains("Exception"));
            assertThat(server.exitCode()).isZero();
        }
    }

    private static String refused(Map<String, String> environment, String... options) {
        List<String> command = new ArrayList<>(List.of("serve"));
        command.addAll(List.of(options));
        CommandLineRun run = CommandLineRun.in(environment, command.toArray(String[]::new));
        assertThat(run.exitCode()).as(run.err()).isEqualTo(UniPicCommand.WRONG_INPUT);
        assertThat(run.errLines()).hasSizeLessThanOrEqualTo(2);
        return run.errLines().get(run.errLines().size() - 1);
    }

    @Test
    void aPortInUseIsNamed() throws Exception {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            assertThat(refused(Map.of(), "--port", Integer.toString(taken.getLocalPort())))
                    .startsWith("unipic: cannot listen at 127.0.0.1:" + taken.getLocalPort())
                    .contains("in use");
        }
    }

    @Test
    void aModelThatDoesNotLoadEndsTheServer() {
        assertThat(refused(Map.of(), "--port", "0", "--model", folder.toString()))
                .startsWith("unipic: ")
                .contains(folder.toString());
    }

    @ParameterizedTest
    @CsvSource({
        "--port, 65536, 65535",
        "--port, -1, 65535",
        "--port, x, --port",
        "--jobs, 0, at least 1",
        "--queue, -1, 0 or more",
        "--grace, soon, 30s",
        "--grace, -5s, 0 to 24 hours",
        "--grace, 25h, 0 to 24 hours",
        "--grace, 99999999999999999h, 30s",
        "--host, no such host, no such host",
        "--host, 0.0.0.0, API key",
        "--tls-cert, missing.pem, --tls-key",
    })
    void wrongOptionsAreNamed(String option, String value, String named) {
        assertThat(refused(Map.of(), option, value)).contains(named);
    }

    @Test
    void unusableKeysAreRefusedAndNotShown() throws Exception {
        Path file = folder.resolve("key.txt");
        String[] asked = {"--port", "0", "--api-key-file", file.toString()};
        assertThat(refused(Map.of(), asked)).contains("key.txt: no such file");
        for (String content :
                new String[] {"", " \n\t\n", "sec ret", "s\u00e9cret", "sec\u0000ret", "x".repeat(4097)}) {
            Files.writeString(file, content);
            assertThat(refused(Map.of(), asked)).contains("API key").doesNotContain("sec", "xxx");
        }
        Files.write(file, new byte[] {'s', 'e', 'c', (byte) 0xff});
        assertThat(refused(Map.of(), asked)).contains("API key").doesNotContain("sec");
        assertThat(refused(Map.of(), "--port", "0", "--api-key-file", folder.toString()))
                .contains("cannot read the API key");
        assertThat(refused(Map.of("UNIPIC_API_KEY", "sec ret"), "--port", "0"))
                .contains("API key")
                .doesNotContain("sec");
        assertThat(refused(Map.of("UNIPIC_API_KEY", "  "), "--port", "0", "--host", "0.0.0.0"))
                .contains("API key");
    }
}
