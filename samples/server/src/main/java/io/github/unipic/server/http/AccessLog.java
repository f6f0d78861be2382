package io.github.unipic.server.http;

import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One line for each request: as {@code name=value}, the parts that a client chose in quotes and escaped. */
final class AccessLog {
    private static final Logger LOG = LoggerFactory.getLogger("io.github.unipic.server.access");
    private static final int LONGEST_PROMPT = 500;

    private AccessLog() {}

    /** An id for a new request, which its answer tells. */
    static String newId(Response response) {
        String id = HexFormat.of().toHexDigits(ThreadLocalRandom.current().nextLong());
        response.getHeaders().put("X-Request-Id", id);
        return id;
    }

    /** Logs a request that reached no route. */
    static void log(String id, Request request, int status) {
        LOG.info("id={} {} status={}", id, start(request), status);
    }

    /** Logs a request. */
    static void log(Exchange exchange, Request request, int status, long millis, boolean withPrompt) {
        String prompt = withPrompt
                ? exchange.prompt()
                        .map(text -> " prompt=\"" + quoted(text, LONGEST_PROMPT) + "\"")
                        .orElse("")
                : "";
        LOG.info(
                "id={} {} status={} bytes={} ms={}{}{}",
                exchange.id(),
                start(request),
                status,
                exchange.sent(),
                millis,
                exchange.work().map(Work::line).orElse(""),
                prompt);
    }

    /**
     * What was done for a request.
     *
     * @param task its name
     * @param waitMillis until its turn came
     * @param runMillis the job itself
     */
    record Work(String task, long waitMillis, long runMillis) {
        private String line() {
            return " task=" + task + " wait_ms=" + waitMillis + " run_ms=" + runMillis;
        }
    }

    private static String start(Request request) {
        return "client=" + Request.getRemoteAddr(request) + " method="
                + Parameters.shown(String.valueOf(request.getMethod())) + " path=\""
                + quoted(String.valueOf(Request.getPathInContext(request)), 100) + "\"";
    }

    /** On one line and without quotes, cut. */
    private static String quoted(String text, int longest) {
        StringBuilder quoted = new StringBuilder();
        text.codePoints().limit(longest).forEach(point -> {
            switch (point) {
                case '\n' -> quoted.append("\\n");
                case '\r' -> quoted.append("\\r");
                case '\t' -> quoted.append("\\t");
                case '"' -> quoted.append("\\\"");
                case '\\' -> quoted.append("\\\\");
                default -> {
                    if (isPrintable(point)) {
                        quoted.appendCodePoint(point);
                    } else {
                        quoted.append("\\u{").append(Integer.toHexString(point)).append('}');
                    }
                }
            }
        });
        return text.codePointCount(0, text.length()) > longest
                ? quoted.append("...").toString()
                : quoted.toString();
    }

    private static boolean isPrintable(int point) {
        return switch (Character.getType(point)) {
            case Character.CONTROL,
                    Character.FORMAT,
                    Character.SURROGATE,
                    Character.PRIVATE_USE,
                    Character.UNASSIGNED,
                    Character.LINE_SEPARATOR,
                    Character.PARAGRAPH_SEPARATOR -> false;
            default -> true;
        };
    }
}
