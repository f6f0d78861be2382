package io.github.unipic.server;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What operators look at: metrics and the access log. */
@Timeout(300)
class OperationTest {
    private static final TestServer SERVER = TestServer.start(options -> options);
    private static final TestServer LOGGING = TestServer.start(options -> options.logPrompts(true));
    private static final String FEW = "\"size\":\"16x16\",\"iterations\":1,\"num_inference_steps\":1}";
    private static final Pattern SAMPLE =
            Pattern.compile("([a-z_]+)(?:\\{((?:[a-z_]+=\"(?:[^\"\\\\]|\\\\.)*\",?)+)})? (NaN|[+-]Inf|[0-9.E+-]+)");

    @AfterAll
    static void close() {
        SERVER.close();
        LOGGING.close();
    }

    @Test
    void metricsAreValidAndNamedAsPrometheusAdvises() throws Exception {
        RawHttp.postJson(SERVER, "/v1/images/generations", "{\"prompt\":\"a\",\"n\":2," + FEW);
        RawHttp.postJson(
                SERVER,
                "/v1/chat/completions",
                "{\"max_tokens\":3,\"messages\":[{\"role\":\"user\",\"content\":\"a\"}]}");
        RawHttp.get(SERVER, "/no\"thing");
        SERVER.awaitText("/metrics", "status=\"400\"");
        RawHttp.Answer answer = RawHttp.get(SERVER, "/metrics");
        assertThat(answer.header("Content-Type")).startsWith("text/plain; version=0.0.4");
        Map<String, String> types = new HashMap<>();
        Map<String, Double> samples = new HashMap<>();
        for (String line : answer.body().split("\n")) {
            if (line.startsWith("# TYPE ")) {
                assertThat(types.put(line.split(" ")[2], line.split(" ")[3]))
                        .as(line)
                        .isNull();
            } else if (!line.startsWith("# HELP ")) {
                Matcher sample = SAMPLE.matcher(line);
                assertThat(sample.matches()).as(line).isTrue();
                assertThat(samples.put(line.substring(0, line.lastIndexOf(' ')), Double.parseDouble(sample.group(3))))
                        .as(line)
                        .isNull();
                String family = sample.group(1).replaceAll("_(bucket|sum|count)$", "");
                assertThat(types).as(line).containsKey(family);
            }
        }
        types.forEach((name, type) -> {
            assertThat(name).matches("(unipic|process)_[a-z_]+");
            assertThat(name.endsWith("_total")).as(name).isEqualTo(type.equals("counter"));
            if (type.equals("histogram")) {
                assertThat(name).endsWith("_seconds");
            }
        });
        assertThat(types.keySet())
                .contains(
                        "unipic_requests_total",
                        "unipic_jobs_waiting",
                        "unipic_jobs_running",
                        "unipic_job_wait_seconds",
                        "unipic_job_run_seconds",
                        "unipic_job_cancellations_total",
                        "unipic_images_total",
                        "unipic_tokens_total",
                        "unipic_heap_used_bytes");
        assertThat(samples)
                .containsEntry("unipic_images_total{task=\"generate\"}", 2.0)
                .containsEntry("unipic_job_run_seconds_count{task=\"generate\"}", 1.0)
                .containsEntry("unipic_job_wait_seconds_count{task=\"describe\"}", 1.0)
                .containsEntry("unipic_jobs_running", 0.0);
        assertThat(samples.get("unipic_tokens_total{kind=\"generated\"}")).isBetween(0.0, 3.0);
        assertThat(samples.get("unipic_tokens_total{kind=\"prompt\"}")).isPositive();
        assertThat(samples.get("unipic_requests_total{path=\"\",status=\"400\"}"))
                .isPositive();
        assertThat(samples.get("unipic_heap_used_bytes")).isPositive();
    }

    /** One line for each request, whatever it has. */
    @Test
    void theLogHasALineForEachRequest() throws Exception {
        PrintStream before = System.err;
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        Set<String> ids = new HashSet<>();
        String drawn;
        System.setErr(new PrintStream(bytes, true, StandardCharsets.UTF_8));
        try {
            String prompt =
                    "\"one\\nfalse status=200 \\\"two\\\" \\u2028 \\u001b[31m \\u202e " + "x".repeat(1000) + "\"";
            drawn = RawHttp.postJson(LOGGING, "/v1/images/generations", "{\"prompt\":" + prompt + "," + FEW)
                    .header("X-Request-Id");
            ids.add(drawn);
            ids.add(RawHttp.get(LOGGING, "/a%0Ab%22c").header("X-Request-Id"));
            ids.add(RawHttp.get(LOGGING, "//").header("X-Request-Id"));
            ids.add(RawHttp.send(LOGGING, "GET / HTTP/1.1\r\n\r\n").header("X-Request-Id"));
            ids.add(RawHttp.postJson(TestServer.shared(), "/v1/images/generations", "{\"prompt\":\"hidden\"," + FEW)
                    .header("X-Request-Id"));
            // A line is written once the answer was sent; an earlier test's may still come, too.
            while (!ids.stream().allMatch(id -> lines(bytes).stream().anyMatch(line -> isOf(id, line)))) {
                Thread.sleep(5);
            }
        } finally {
            System.setErr(before);
        }
        List<String> lines = lines(bytes);
        assertThat(ids).hasSize(5).doesNotContain("");
        for (String id : ids) {
            assertThat(lines.stream().filter(each -> isOf(id, each))).hasSize(1);
        }
        String line =
                lines.stream().filter(each -> isOf(drawn, each)).findFirst().orElseThrow();
        assertThat(line)
                .contains("client=127.0.0.1 method=POST path=\"/v1/images/generations\" status=200 bytes=")
                .contains(" task=generate wait_ms=")
                .contains(" run_ms=")
                .contains("prompt=\"one\\nfalse status=200 \\\"two\\\" \\u{2028} \\u{1b}[31m \\u{202e} xxx")
                .endsWith("xxx...\"")
                .hasSizeLessThan(1000);
        assertThat(lines).noneMatch(each -> each.contains("hidden"));
    }

    private static boolean isOf(String id, String line) {
        return line.contains("id=" + id + " ");
    }

    private static List<String> lines(ByteArrayOutputStream log) {
        return log.toString(StandardCharsets.UTF_8)
                .lines()
                .filter(line -> line.contains("access - id="))
                .toList();
    }
}
