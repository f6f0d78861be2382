package io.github.unipic.server;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Chromium without a window, driven by the W3C WebDriver protocol through chromedriver. */
final class Browser implements AutoCloseable {
    private static final ObjectMapper MAPPER = new ObjectMapper();
    private static final Pattern STARTED = Pattern.compile(".*started successfully on port (\\d+).*");
    private static final String ELEMENT = "element-6066-11e4-a52e-4f735466cecf";

    /** More than a test may take. */
    private static final int SCRIPT_MILLISECONDS = 600_000;

    /** Keys as WebDriver names them. */
    static final String ENTER = "\uE007";

    static final String SHIFT = "\uE008";
    static final String CONTROL = "\uE009";
    static final String LEFT = "\uE012";
    static final String UP = "\uE013";
    static final String RIGHT = "\uE014";
    static final String DOWN = "\uE015";

    private static final Map<String, Object> PRESS = Map.of("type", "pointerDown", "button", 0);
    private static final Map<String, Object> RELEASE = Map.of("type", "pointerUp", "button", 0);

    private final HttpClient client = HttpClient.newHttpClient();
    private final Process driver;
    private final String session;

    private Browser(Process driver, String session) {
        this.driver = driver;
        this.session = session;
    }

    /** What is missing on this machine, if anything. */
    static Optional<String> missing() {
        return Stream.of("chromium", "chromedriver")
                .filter(name -> find(name).isEmpty())
                .findFirst()
                .map(name -> "there is no " + name + " on the PATH (Debian: apt-get install chromium chromium-driver)");
    }

    private static Optional<Path> find(String program) {
        return Stream.of(System.getenv().getOrDefault("PATH", "").split(File.pathSeparator))
                .map(folder -> Path.of(folder, program))
                .filter(Files::isExecutable)
                .findFirst();
    }

    /** @param downloads where it saves files */
    static Browser start(Path downloads) throws IOException, InterruptedException {
        Process driver = new ProcessBuilder(find("chromedriver").orElseThrow().toString(), "--port=0")
                .redirectErrorStream(true)
                .start();
        try {
            String base = "http://127.0.0.1:" + port(driver) + "/session";
            ObjectNode options = MAPPER.createObjectNode();
            options.put("binary", find("chromium").orElseThrow().toString());
            options.putPOJO(
                    "args",
                    List.of(
                            "--headless=new",
                            // Root, as in containers, has no sandbox; it visits the test's own pages only.
                            "--no-sandbox",
                            "--disable-dev-shm-usage",
                            // Few pixel values, no tab strip, no animations: what else costs most.
                            "--window-size=1024,768",
                            "--kiosk",
                            "--force-prefers-reduced-motion"));
            options.putPOJO("prefs", Map.of("download.default_directory", downloads.toString()));
            ObjectNode capabilities = MAPPER.createObjectNode();
            capabilities.put("browserName", "chrome").set("goog:chromeOptions", options);
            capabilities.putPOJO("timeouts", Map.of("script", SCRIPT_MILLISECONDS));
            capabilities.putPOJO("goog:loggingPrefs", Map.of("browser", "ALL"));
            JsonNode answer = new Browser(driver, base)
                    .call("POST", "", Map.of("capabilities", Map.of("alwaysMatch", capabilities)));
            return new Browser(driver, base + "/" + answer.get("sessionId").asText());
        } catch (IOException | RuntimeException e) {
            driver.destroy();
            throw e;
        }
    }

    private static String port(Process driver) throws IOException {
        BufferedReader output = driver.inputReader();
        for (String line = output.readLine(); line != null; line = output.readLine()) {
            Matcher started = STARTED.matcher(line);
            if (started.matches()) {
                return started.group(1);
            }
        }
        throw new IOException("chromedriver ended without a port");
    }

    void open(URI uri) {
        call("POST", "/url", Map.of("url", uri.toString()));
    }

    void reload() {
        call("POST", "/refresh", Map.of());
    }

    /** Runs a function's body; {@code arguments} are its arguments. */
    JsonNode run(String script, Object... arguments) {
        return call("POST", "/execute/sync", Map.of("script", script, "args", List.of(arguments)));
    }

    /** Runs the body of an asynchronous function; {@code args} are its arguments. */
    JsonNode runAsync(String script, Object... arguments) {
        return run("return (async (...args) => {" + script + "})(...arguments)", arguments);
    }

    /** Waits in the page, where asking again is cheap, until an expression holds. A test's own time limit ends it. */
    void await(String expression, Object... arguments) {
        runAsync(
                "const isShown = (css) => document.querySelector(css)?.checkVisibility();" + "while (!(" + expression
                        + ")) { await new Promise((resolve) => setTimeout(resolve, 10)) }",
                arguments);
    }

    void awaitShown(String css) {
        await("isShown(args[0])", css);
    }

    void click(String css) {
        call("POST", "/element/" + element(css) + "/click", Map.of());
    }

    /** Presses keys in an element. */
    void type(String css, String keys) {
        call("POST", "/element/" + element(css) + "/value", Map.of("text", keys));
    }

    /** Writes over what a field holds, as if pasted: each key pressed costs as much. */
    void write(String css, String text) {
        run(
                "const field = document.querySelector(arguments[0]); field.focus(); field.select();"
                        + "document.execCommand('insertText', false, arguments[1])",
                css,
                text);
    }

    String text(String css) {
        return call("GET", "/element/" + element(css) + "/text", null).asText();
    }

    String value(String css) {
        return call("GET", "/element/" + element(css) + "/property/value", null).asText();
    }

    /** The name that users of screen readers are told. */
    String label(String css) {
        return call("GET", "/element/" + element(css) + "/computedlabel", null).asText();
    }

    boolean isShown(String css) {
        return run("return !!document.querySelector(arguments[0])?.checkVisibility()", css)
                .asBoolean();
    }

    int count(String css) {
        return run("return document.querySelectorAll(arguments[0]).length", css).asInt();
    }

    /** Drags the pointer ("mouse" or "touch") between positions in an element, as fractions of its width and height. */
    void drag(String pointer, String css, double... positions) {
        JsonNode box = run(
                "const box = document.querySelector(arguments[0]).getBoundingClientRect();"
                        + "return [box.x, box.y, box.width, box.height]",
                css);
        Stream.Builder<Object> actions = Stream.builder();
        for (int i = 0; i < positions.length; i += 2) {
            long x =
                    Math.round(box.get(0).asDouble() + positions[i] * box.get(2).asDouble());
            long y = Math.round(
                    box.get(1).asDouble() + positions[i + 1] * box.get(3).asDouble());
            actions.add(Map.of("type", "pointerMove", "duration", i == 0 ? 0 : 40, "x", x, "y", y));
            if (i == 0) {
                actions.add(PRESS);
            }
        }
        actions.add(RELEASE);
        point(pointer, actions.build().toList());
    }

    /** Clicks twice as fast as it can. */
    void doubleClick(String css) {
        JsonNode move = run(
                "const element = document.querySelector(arguments[0]); element.scrollIntoView({ block: 'nearest' });"
                        + "const box = element.getBoundingClientRect();"
                        + "const [x, y] = [box.x + box.width / 2, box.y + box.height / 2].map(Math.round);"
                        + "return { type: 'pointerMove', x, y }",
                css);
        point("mouse", List.of(move, PRESS, RELEASE, PRESS, RELEASE));
    }

    private void point(String pointer, List<?> actions) {
        call(
                "POST",
                "/actions",
                Map.of(
                        "actions",
                        List.of(Map.of(
                                "type",
                                "pointer",
                                "id",
                                pointer,
                                "parameters",
                                Map.of("pointerType", pointer),
                                "actions",
                                actions))));
    }

    /** A command of Chromium's own protocol. */
    JsonNode command(String name, Map<String, ?> parameters) {
        return call("POST", "/goog/cdp/execute", Map.of("cmd", name, "params", parameters));
    }

    /** The errors that the console has got since the last call: refusals by the page's security policy among them. */
    List<String> errors() {
        return call("POST", "/se/log", Map.of("type", "browser")).findParents("level").stream()
                .filter(entry -> entry.get("level").asText().equals("SEVERE"))
                .map(entry -> entry.get("message").asText())
                .toList();
    }

    /** Waits for a condition. A test's own time limit ends it. */
    static void await(Supplier<Boolean> condition) {
        try {
            while (!condition.get()) {
                Thread.sleep(25);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    private String element(String css) {
        return call("POST", "/element", Map.of("using", "css selector", "value", css))
                .get(ELEMENT)
                .asText();
    }

    private JsonNode call(String method, String path, Object body) {
        try {
            HttpRequest request = HttpRequest.newBuilder(URI.create(session + path))
                    .method(
                            method,
                            body == null
                                    ? BodyPublishers.noBody()
                                    : BodyPublishers.ofByteArray(MAPPER.writeValueAsBytes(body)))
                    .build();
            JsonNode value = MAPPER.readTree(
                            client.send(request, BodyHandlers.ofByteArray()).body())
                    .get("value");
            if (value.has("error")) {
                throw new IllegalStateException(path + ": "
                        + value.get("message").asText().lines().findFirst().orElse(""));
            }
            return value;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() {
        try {
            call("DELETE", "", null);
        } finally {
            driver.destroy();
        }
    }
}
