package io.github.unipic.server;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.github.unipic.Conversation;
import io.github.unipic.DescribeRequest;
import io.github.unipic.DiffusionSteps;
import io.github.unipic.EditRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.ReadOptions;
import io.github.unipic.Reuse;
import io.github.unipic.UniPic;
import io.github.unipic.testing.SmallModel;
import io.github.unipic.testing.TestImages;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The page, in Chromium, against a server with the small model. */
@Timeout(value = 300, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class PageTest {
    private static final String PROMPT = "a red circle";
    private static final List<String> EXAMPLES = List.of("a green cross", "a blue star");

    private static final Map<String, String> FEW = Map.of("iterations", "2", "num_inference_steps", "2");

    @TempDir
    private static Path downloads;

    private static Browser browser;
    private static TestServer server;

    @BeforeAll
    static void start() throws Exception {
        Browser.missing().ifPresent(reason -> {
            String message = "The page is not tested in a browser: " + reason;
            System.out.println(message);
            Assumptions.abort(message);
        });
        browser = Browser.start(downloads);
        server = TestServer.start(options -> options.note("A demo. Run `unipic download`.")
                .examples(() -> EXAMPLES, () -> List.of("Make it blue"), () -> List.of("what is this?")));
    }

    @AfterAll
    static void close() {
        if (browser != null) {
            browser.close();
        }
        if (server != null) {
            server.close();
        }
    }

    /** Nothing that the page does is refused by its own security policy, and nothing is thrown. */
    @AfterEach
    void theConsoleHasNoErrors() {
        assertThat(browser.errors().stream()
                        .filter(error -> !error.contains("Failed to load resource"))
                        .toList())
                .isEmpty();
    }

    private static void open() {
        open(server.uri("/"));
        awaitReady();
    }

    /** Opens the page as for the first time. */
    private static void open(URI uri) {
        browser.open(uri);
        browser.run("localStorage.clear()");
        rememberFiles();
    }

    private static void reload() {
        browser.reload();
        awaitReady();
        rememberFiles();
    }

    /** From now until it is loaded again, the page has the files that it shows by their URLs in {@code files}. */
    private static void rememberFiles() {
        browser.run("""
                const toUrl = URL.createObjectURL;
                window.files = new Map();
                URL.createObjectURL = (file) => {
                  const url = toUrl(file);
                  files.set(url, file);
                  return url;
                };
                """);
    }

    private static void awaitReady() {
        awaitState("ready");
    }

    private static void awaitState(String state) {
        browser.await("document.getElementById('status').dataset.state === args[0]", state);
    }

    private static void choose(String task) {
        browser.click("[value=" + task + "] + span");
    }

    private static void awaitItems(int count) {
        awaitUnlessError("document.querySelectorAll('#items li').length === args[0] && isShown('#details')", count);
    }

    private static void awaitUnlessError(String expression, Object... arguments) {
        browser.await("isShown('#error') || " + expression, arguments);
        assertThat(browser.isShown("#error")).as(() -> browser.text("#error")).isFalse();
    }

    private static void awaitError(String... words) {
        browser.awaitShown("#error");
        assertThat(browser.text("#error")).contains(words);
    }

    /** Draws a small image with few iterations. */
    private static void draw(int items) {
        fill(FEW);
        fill(Map.of("prompt", PROMPT, "seed", "7"));
        browser.type("#prompt", Browser.ENTER);
        awaitItems(items);
    }

    private static void fill(Map<String, String> fields) {
        browser.run(
                "for (const [id, text] of Object.entries(arguments[0])) { document.getElementById(id).value = text }",
                fields);
    }

    /** What {@link #draw} asks for. */
    private static GenerateRequest request() {
        return GenerateRequest.builder(PROMPT)
                .seed(7)
                .iterations(2)
                .diffusionSteps(2)
                .build();
    }

    /** The file that the image on the stage is downloaded as. */
    private static Image download() throws IOException {
        return Image.decode(downloadedBytes(), ReadOptions.DEFAULT);
    }

    private static byte[] downloadedBytes() throws IOException {
        browser.click("#download");
        Browser.await(
                () -> downloaded().size() == 1 && downloaded().get(0).toString().endsWith(".png"));
        Path file = downloaded().get(0);
        byte[] bytes = Files.readAllBytes(file);
        Files.delete(file);
        return bytes;
    }

    private static List<Path> downloaded() {
        try (Stream<Path> files = Files.list(downloads)) {
            return files.toList();
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The same file without a download, of which each costs as much as an image. */
    private static Image shown() {
        String base64 = browser.runAsync("""
                        const bytes = new Uint8Array(await files.get(document.getElementById('download').href).arrayBuffer());
                        return btoa(bytes.reduce((text, byte) => text + String.fromCharCode(byte), ''));
                        """).asText();
        return Image.decode(Base64.getDecoder().decode(base64), ReadOptions.DEFAULT);
    }

    private static void awaitJobs(String wanted) {
        Browser.await(() -> {
            try {
                return server.text("/health").contains(wanted);
            } catch (IOException | InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
    }

    /** How many jobs of a task the server has cancelled. */
    private static double cancelled(String task) throws IOException, InterruptedException {
        String name = "unipic_job_cancellations_total{task=\"" + task + "\"} ";
        return server.text("/metrics")
                .lines()
                .filter(line -> line.startsWith(name))
                .mapToDouble(line -> Double.parseDouble(line.substring(name.length())))
                .sum();
    }

    @Test
    void anImageIsDrawnAndDownloadedAsItCame() throws Exception {
        open();
        draw(1);
        Image expected = server.unipic().generate(request()).get(0);
        Image image = download();
        assertThat(image).isEqualTo(expected);
        assertThat(image.metadata()).isEqualTo(expected.metadata());
        assertThat(browser.text("#facts")).contains("seed 7", "2 iterations", "2 diffusion steps");
        assertThat(browser.text("#caption")).isEqualTo(PROMPT);
    }

    @Test
    void aPreviewIsSeenAndCancellingEndsTheJob() throws Exception {
        open();
        double cancelled = cancelled("generate");
        browser.write("#prompt", PROMPT);
        browser.write("#num_inference_steps", "1000");
        browser.type("#seed", "7" + Browser.ENTER);
        browser.awaitShown(".frame.drawn.busy img");
        assertThat(browser.text("#progress-text")).matches("Iteration \\d+ of \\d+.*");
        awaitJobs("\"running\":1");
        assertThat(browser.isShown("#run")).isFalse();
        browser.doubleClick("#cancel");
        awaitJobs("\"running\":0,\"waiting\":0");
        browser.awaitShown("#run");
        assertThat(cancelled("generate")).isEqualTo(cancelled + 1);
        assertThat(browser.isShown("#error")).isFalse();
        assertThat(browser.count("#items li")).isZero();
        draw(1);
    }

    @Test
    void otherImagesAreLookedAtWhileSomeAreDrawn() throws Exception {
        open();
        draw(1);
        Image first = shown();
        fill(Map.of("n", "2", "num_inference_steps", "1000", "iterations", "64"));
        browser.click("#run");
        browser.awaitShown(".frame.drawn.busy");
        browser.click("#items button");
        assertThat(browser.count(".frame")).isEqualTo(1);
        assertThat(browser.text("#caption")).isEqualTo(PROMPT);
        assertThat(browser.isShown("#again:disabled")).isTrue();
        awaitUnlessError("document.getElementById('progress-text').textContent !== args[0]", progress());
        browser.click("#watch");
        browser.await("document.querySelectorAll('.frame.drawn.busy').length === 2");
        assertThat(browser.isShown("#details")).isFalse();
        // Nothing else is left to look at.
        browser.click("#items button");
        browser.click("#remove");
        browser.await("!isShown('#details')");
        assertThat(browser.count(".frame.drawn.busy")).isEqualTo(2);
        awaitUnlessError("document.getElementById('progress-text').textContent !== args[0]", progress());
        drop("first.png", first.toPng());
        awaitItems(1);
        assertThat(browser.isShown("#progress")).isTrue();
        browser.click("#cancel");
        browser.awaitShown("#run");
        assertThat(browser.isShown("#progress")).isFalse();
        assertThat(shown()).isEqualTo(first);

        fill(Map.of("seed", "8"));
        browser.runAsync("""
                document.getElementById('run').click();
                while (!document.querySelector('.frame.busy')) {
                  await new Promise((resolve) => setTimeout(resolve));
                }
                document.querySelector('#items button').focus();
                document.querySelector('#items button').click();
                """);
        awaitItems(2);
        browser.awaitShown("#run");
        assertThat(shown()).as("what the user looks at").isEqualTo(first);
        assertThat(browser.isShown("#again:enabled")).isTrue();
        assertThat(browser.run("return document.activeElement.ariaCurrent").asText())
                .isEqualTo("true");
        browser.click("#items button");
        assertThat(browser.text("#facts")).contains("seed 8");
    }

    private static String progress() {
        return browser.text("#progress-text");
    }

    @Test
    void aDoubleClickCountsOnce() {
        open();
        fill(FEW);
        fill(Map.of("prompt", PROMPT, "seed", "7"));
        browser.doubleClick("#run");
        awaitItems(1);
        choose("extend");
        browser.awaitShown(".handle.right");
        browser.type(".handle.right", Browser.RIGHT);
        browser.run("""
                const send = window.fetch;
                window.requests = 0;
                window.fetch = (...args) => {
                  requests++;
                  return send(...args);
                };
                const run = document.getElementById('run');
                run.click();
                run.click();
                """);
        awaitItems(2);
        assertThat(browser.run("return requests").asInt()).isEqualTo(1);
        browser.click("#again");
        awaitItems(3);
        browser.run("const remove = document.getElementById('remove'); remove.click(); remove.click()");
        browser.await("document.querySelectorAll('#items li').length < 3");
        assertThat(browser.count("#items li")).isEqualTo(2);
        // The second click often comes when the next image is already shown.
        browser.run("document.getElementById('remove').dispatchEvent(new MouseEvent('click', { detail: 2 }))");
        browser.click("#items button");
        assertThat(browser.count("#items li")).isEqualTo(2);
    }

    @Test
    void theFormTakesWhatTheServerTakes() throws Exception {
        open();
        fill(Map.of("prompt", PROMPT, "seed", "007", "guidance_scale", "01,5"));
        fill(Map.of("iterations", "2", "num_inference_steps", "4..2 cosine"));
        browser.click("#run");
        awaitItems(1);
        Image expected = server.unipic()
                .generate(request().toBuilder()
                        .guidance(1.5)
                        .diffusionSteps(DiffusionSteps.parse("4..2 cosine"))
                        .build())
                .get(0);
        assertThat(shown()).isEqualTo(expected);
        assertThat(browser.text("#facts")).contains("seed 7", "guidance 1.5", "4..2 cosine diffusion steps");
        browser.click("#again");
        awaitItems(2);
        assertThat(shown()).isEqualTo(expected);
    }

    @Test
    void severalImagesAtOnceHaveSeedsThatFollow() throws Exception {
        open();
        browser.run("document.getElementById('n').value = '2'");
        draw(2);
        assertThat(browser.text("#facts")).contains("seed 7");
        browser.click("#items li:first-child button");
        assertThat(browser.text("#facts")).contains("seed 8");
        assertThat(shown())
                .isEqualTo(server.unipic()
                        .generate(request().toBuilder().seed(8).build())
                        .get(0));
    }

    @Test
    void anImageIsDrawnAgainAndVaried() throws Exception {
        open();
        draw(1);
        Image first = shown();
        browser.click("#again");
        awaitItems(2);
        assertThat(shown()).isEqualTo(first);
        browser.click("#vary");
        awaitItems(3);
        assertThat(browser.text("#facts")).doesNotContain("seed 7 ").contains("2 iterations");
        assertThat(shown()).isNotEqualTo(first);
        browser.click("#use");
        assertThat(browser.text("#facts")).contains("seed " + browser.value("#seed"));
    }

    @Test
    void anEditIsThatOfTheSdk() throws Exception {
        open();
        draw(1);
        Image source = shown();
        choose("edit");
        browser.click(".chip");
        browser.click("#run");
        awaitItems(2);
        Image expected = server.unipic()
                .edit(EditRequest.builder(source, "Make it blue")
                        .seed(7)
                        .iterations(2)
                        .diffusionSteps(2)
                        .build())
                .get(0);
        assertThat(shown()).isEqualTo(expected);
        browser.click("#again");
        awaitItems(3);
        assertThat(shown()).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"mouse", "touch"})
    void whatIsPaintedIsRegenerated(String pointer) throws Exception {
        open();
        draw(1);
        Image source = shown();
        choose("inpaint");
        assertThat(browser.value("#prompt")).isEqualTo(PROMPT);
        browser.drag(pointer, ".mask", 0.7, 0.2, 0.85, 0.2, 0.85, 0.4);
        browser.click("#run");
        awaitItems(2);
        assertKeptAtTheLeftOnly(source, shown());
    }

    @Test
    void aMaskIsPaintedByKeyboard() throws Exception {
        open();
        draw(1);
        Image source = shown();
        choose("inpaint");
        // From the middle to the right, then a stroke down.
        browser.type(".mask", "]".repeat(4) + Browser.RIGHT.repeat(5));
        browser.type(".mask", Browser.SHIFT + Browser.DOWN.repeat(3) + Browser.SHIFT);
        browser.click("#run");
        awaitItems(2);
        assertKeptAtTheLeftOnly(source, shown());
    }

    private static void assertKeptAtTheLeftOnly(Image source, Image result) {
        assertThat(result.width()).isEqualTo(source.width());
        assertThat(differences(source, result, 0, source.width() / 4)).isZero();
        assertThat(differences(source, result, source.width() / 2, source.width()))
                .isPositive();
    }

    /** How many pixel values of these columns differ. */
    private static int differences(Image one, Image other, int fromColumn, int toColumn) {
        byte[] first = one.rgb();
        byte[] second = other.rgb();
        int count = 0;
        for (int i = 0; i < first.length; i++) {
            int column = i / 3 % one.width();
            if (column >= fromColumn && column < toColumn && first[i] != second[i]) {
                count++;
            }
        }
        return count;
    }

    @Test
    void strokesAreErasedAndUndone() {
        open();
        draw(1);
        choose("inpaint");
        browser.click("#run");
        awaitError("Paint over a part of the image first.");
        browser.type(".mask", " ");
        assertThat(painted()).isPositive();
        browser.type(".mask", "]".repeat(14) + "e ");
        assertThat(painted()).isZero();
        browser.type(".mask", Browser.CONTROL + "z" + Browser.CONTROL);
        assertThat(painted()).isPositive();
        browser.click("#tools .plain:last-child");
        assertThat(painted()).isZero();
    }

    private static int painted() {
        return browser.run("const mask = document.querySelector('.mask');"
                        + "const { data } = mask.getContext('2d').getImageData(0, 0, mask.width, mask.height);"
                        + "return data.filter((value, i) => i % 4 === 3 && value > 127).length")
                .asInt();
    }

    @Test
    void anImageIsExtendedByDraggingAndByKeyboard() throws Exception {
        open();
        draw(1);
        Image source = shown();
        choose("extend");
        browser.awaitShown(".handle.right");
        browser.click("#run");
        awaitError("Drag at least one edge");
        browser.drag("mouse", ".handle.right", 0.5, 0.5, 4, 0.5);
        int dragged = Integer.parseInt(browser.run("return document.querySelector('.handle.right').ariaValueNow")
                .asText());
        assertThat(dragged).isPositive();
        browser.type(".handle.top", Browser.UP + Browser.UP + Browser.DOWN);
        int multiple = server.unipic().info().sizeMultiple();
        assertThat(browser.text("#tools output"))
                .isEqualTo((source.width() + dragged) + " × " + (source.height() + multiple));
        browser.click("#run");
        awaitItems(2);
        Image result = shown();
        assertThat(result.width()).isEqualTo(source.width() + dragged);
        assertThat(result.height()).isEqualTo(source.height() + multiple);
        // Away from the seam, the source is as it was.
        int last = source.height() - 1;
        for (int x = 0; x < source.width() / 2; x++) {
            for (int channel = 0; channel < 3; channel++) {
                assertThat(result.rgb()[((last + multiple) * result.width() + x) * 3 + channel])
                        .isEqualTo(source.rgb()[(last * source.width() + x) * 3 + channel]);
            }
        }
    }

    @Test
    void aToolThatComesLateIsNotUsed() throws Exception {
        open();
        draw(1);
        Image source = shown();
        browser.run("""
                const decode = window.createImageBitmap;
                window.bitmaps = [];
                window.createImageBitmap = async (file) => {
                  bitmaps.push(await decode(file));
                  return bitmaps.at(-1);
                };
                document.querySelector('[value=extend]').click();
                document.querySelector('[value=inpaint]').click();
                """);
        browser.await("bitmaps.length > 0");
        assertThat(browser.run("return bitmaps[0].width").asInt()).as("closed").isZero();
        browser.drag("mouse", ".mask", 0.7, 0.2, 0.85, 0.4);
        browser.click("#run");
        awaitItems(2);
        assertKeptAtTheLeftOnly(source, shown());
        browser.run("document.querySelector('[value=extend]').click(); document.getElementById('run').click()");
        awaitError("Drag at least one edge");
    }

    @Test
    void questionsAreAnsweredInAConversation() throws Exception {
        open();
        draw(1);
        Image image = shown();
        choose("ask");
        browser.write("#prompt", "what is this?");
        browser.run("""
                window.lengths = new Set();
                new MutationObserver(() => lengths.add(document.querySelector('.assistant')?.textContent.length))
                    .observe(document.getElementById('turns'), { childList: true });
                """);
        browser.type("#prompt", Browser.ENTER);
        awaitTurns(2);
        assertThat(browser.run("return lengths.size").asInt())
                .as("shown as it comes: none, parts, all")
                .isGreaterThan(2);
        browser.write("#prompt", "and why?");
        browser.click("#run");
        awaitTurns(4);
        try (Conversation conversation = server.unipic().conversation()) {
            String first = conversation
                    .ask(DescribeRequest.builder("what is this?").image(image).build())
                    .text();
            String second = conversation
                    .ask(DescribeRequest.builder("and why?").build())
                    .text();
            assertThat(turn(2)).isEqualTo(first);
            assertThat(turn(4)).isEqualTo(second);
        }
        browser.click("#new-conversation");
        assertThat(browser.count(".turn")).isZero();
    }

    @Test
    void anAnswerStaysWithItsImage() throws Exception {
        open();
        fill(Map.of("n", "2"));
        draw(2);
        choose("ask");
        browser.write("#prompt", "what is this?");
        browser.click("#run");
        awaitTurns(2);
        String first = turn(2);
        browser.click("#items li:first-child button");
        assertThat(browser.count(".turn")).isZero();
        clickWhileAnAnswerComes("#items li:last-child button");
        browser.write("#prompt", "and why?");
        browser.click("#run");
        awaitTurns(2);
        assertThat(List.of(turn(1), turn(2))).containsExactly("what is this?", first);
        browser.click("#items li:first-child button");
        String second = server.unipic()
                .describe(DescribeRequest.builder("and why?").image(shown()).build())
                .text();
        assertThat(List.of(turn(1), turn(2))).containsExactly("and why?", second);
        browser.click("#new-conversation");
        browser.click("#items li:last-child button");
        assertThat(browser.count(".turn")).isEqualTo(2);
    }

    @Test
    void anAnswerIsCancelled() throws Exception {
        open();
        draw(1);
        choose("ask");
        double cancelled = cancelled("describe");
        clickWhileAnAnswerComes("#cancel");
        browser.write("#prompt", "what is this?");
        browser.click("#run");
        awaitTurns(2);
        assertThat(browser.text(".turn:last-child small")).isEqualTo("Cancelled.");
        assertThat(browser.value("#prompt")).isEmpty();
        awaitJobs("\"running\":0,\"waiting\":0");
        assertThat(cancelled("describe")).isEqualTo(cancelled + 1);

        // Before it begins.
        browser.write("#prompt", "and why?");
        browser.run("document.getElementById('run').click(); document.getElementById('cancel').click()");
        awaitTurns(2);
        assertThat(browser.value("#prompt")).as("given back").isEqualTo("and why?");
        browser.run("document.getElementById('run').click(); document.getElementById('prompt').value = 'how?';"
                + "document.getElementById('cancel').click()");
        awaitTurns(2);
        assertThat(browser.value("#prompt")).as("written meanwhile").isEqualTo("how?");
        browser.click("#run");
        awaitTurns(4);
    }

    /** Clicks as soon as a part of the next answer is shown. */
    private static void clickWhileAnAnswerComes(String css) {
        browser.run("""
                const css = arguments[0];
                new MutationObserver((changes, observer) => {
                  const part = document.querySelector('[aria-busy] .assistant:last-child')?.childNodes[1].textContent;
                  if (part && part !== '…') {
                    observer.disconnect();
                    document.querySelector(css).click();
                  }
                }).observe(document.getElementById('turns'), { childList: true });
                """, css);
    }

    private static void awaitTurns(int count) {
        awaitUnlessError("document.querySelectorAll('.turn').length === args[0] && isShown('#run')", count);
    }

    private static String turn(int number) {
        return browser.run(
                        "return document.querySelectorAll('.turn')[arguments[0] - 1].childNodes[1].textContent", number)
                .asText();
    }

    @Test
    void theGalleryIsKeptIfAllowedOnly() throws Exception {
        open();
        draw(1);
        Image image = shown();
        reload();
        assertThat(browser.count("#items li")).isZero();
        draw(1);
        browser.click("#keep");
        choose("edit");
        browser.write("#prompt", "Make it blue");
        browser.click("#run");
        awaitItems(2);
        Image edited = shown();
        reload();
        browser.await("document.querySelectorAll('#items li').length === 2");
        browser.click("#items li:last-child button");
        assertThat(download()).isEqualTo(image);
        assertThat(browser.text("#facts")).contains("seed 7");
        // An edit is kept with its source, so that it can be made again.
        browser.click("#items li:first-child button");
        browser.click("#again");
        awaitItems(3);
        assertThat(download()).isEqualTo(edited);
        browser.click("#keep");
        reload();
        assertThat(browser.count("#items li")).isZero();
    }

    @Test
    void wrongInputIsExplainedWhereItIs() {
        open();
        browser.click("#run");
        awaitError("The prompt is empty.");
        browser.type("#prompt", PROMPT);
        browser.write("#guidance_scale", "much");
        browser.click("#run");
        awaitError("Guidance must be a number.");
        assertThat(focused()).isEqualTo("guidance_scale");
        browser.click("#reset");
        browser.write("#num_inference_steps", "50..");
        browser.click("#run");
        awaitError("Diffusion steps must be a whole number, or fall, such as 50..5.");
        browser.click("#reset");
        assertThat(browser.isShown("#error")).isFalse();
        // What the server refuses.
        browser.write("#num_inference_steps", "5000");
        browser.click("#run");
        awaitError("must be 1 to 1000, not 5000");
        assertThat(focused()).isEqualTo("num_inference_steps");
        browser.click("#reset");
        browser.run("const size = document.getElementById('size'); size.value = 'custom';"
                + "size.dispatchEvent(new Event('change'))");
        browser.write("#width", "65");
        browser.write("#height", "64");
        browser.click("#run");
        awaitError("multiple");
        choose("edit");
        browser.write("#prompt", "Make it blue");
        browser.click("#run");
        awaitError("There is no image yet.");
        assertThat(browser.label("#error")).isNotNull();
        assertThat(browser.isShown("#run")).isTrue();
    }

    private static String focused() {
        return browser.run("return document.activeElement.id").asText();
    }

    @Test
    void aDroppedImageBringsItsSettings() throws Exception {
        open();
        GenerateRequest request = request().toBuilder()
                .fast()
                .seed(Long.MAX_VALUE)
                .negativePrompt("blur – 模糊")
                .guidance(3)
                .iterations(4)
                .diffusionSteps(DiffusionSteps.annealed(4, 2))
                .build();
        Image original = server.unipic().generate(request).get(0);
        drop("fox.png", original.toPng());
        awaitItems(1);
        assertThat(browser.value("#prompt")).isEqualTo(PROMPT);
        assertThat(browser.value("#seed")).isEqualTo(Long.toString(Long.MAX_VALUE));
        assertThat(browser.value("#negative_prompt")).isEqualTo("blur – 模糊");
        assertThat(browser.value("#iterations")).isEqualTo("4");
        assertThat(browser.value("#num_inference_steps")).isEqualTo("4..2");
        browser.click("#run");
        awaitItems(2);
        assertThat(shown()).isEqualTo(original);
        browser.click("#again");
        awaitItems(3);
        assertThat(shown()).isEqualTo(original);

        // The server's guidance_every and tokens_every always begin with two iterations.
        List<GenerateRequest> others = List.of(
                request.toBuilder().guidanceReuse(new Reuse(3, 4)).build(),
                request.toBuilder().tokenReuse(new Reuse(3, 4)).build());
        for (GenerateRequest other : others) {
            drop("other.png", server.unipic().generate(other).get(0).toPng());
            awaitItems(4 + others.indexOf(other));
            assertThat(browser.isShown("#again")).isFalse();
            assertThat(browser.text("#facts")).contains("guidance every 4", "tokens every 4", "cannot be drawn again");
        }
    }

    @Test
    void aPastedImageIsOpened() throws Exception {
        open();
        // A clipboard keeps pixels only.
        Image image = server.unipic().generate(request()).get(0).withMetadata(Map.of());
        browser.command("Browser.grantPermissions", Map.of("permissions", List.of("clipboardReadWrite")));
        browser.runAsync("""
                const bytes = Uint8Array.from(atob(args[0]), (c) => c.charCodeAt(0));
                const file = new Blob([bytes], { type: 'image/png' });
                await navigator.clipboard.write([new ClipboardItem({ 'image/png': file })]);
                """, Base64.getEncoder().encodeToString(image.toPng()));
        browser.type("#prompt", Browser.CONTROL + "v" + Browser.CONTROL);
        awaitItems(1);
        assertThat(shown()).isEqualTo(image);
    }

    @Test
    void textThatIsCopiedWithItsPictureIsPastedIntoAField() {
        open();
        browser.command("Browser.grantPermissions", Map.of("permissions", List.of("clipboardReadWrite")));
        browser.runAsync(
                """
                const bytes = Uint8Array.from(atob(args[0]), (c) => c.charCodeAt(0));
                const picture = new Blob([bytes], { type: 'image/png' });
                const text = new Blob([args[1]], { type: 'text/plain' });
                await navigator.clipboard.write([new ClipboardItem({ 'image/png': picture, 'text/plain': text })]);
                """,
                Base64.getEncoder().encodeToString(TestImages.gradient(16, 16).toPng()),
                PROMPT);
        browser.type("#prompt", Browser.CONTROL + "v" + Browser.CONTROL);
        assertThat(browser.value("#prompt")).isEqualTo(PROMPT);
        browser.type("#run", Browser.CONTROL + "v" + Browser.CONTROL);
        awaitItems(1);
        assertThat(browser.value("#prompt")).isEqualTo(PROMPT);
    }

    @Test
    void theEnterThatEndsAConversionSendsNothing() {
        open();
        // The second as Safari sends it.
        for (Map<String, Object> key :
                List.<Map<String, Object>>of(Map.of("isComposing", true), Map.of("keyCode", 229))) {
            assertThat(enter(key)).as(key.toString()).isFalse();
            assertThat(browser.isShown("#error")).isFalse();
        }
        assertThat(enter(Map.of("keyCode", 13))).isTrue();
        awaitError("The prompt is empty.");
    }

    /** Presses Enter in the prompt. Gives whether the page has used it. */
    private static boolean enter(Map<String, Object> properties) {
        return browser.run(
                        "return !document.getElementById('prompt').dispatchEvent(new KeyboardEvent('keydown',"
                                + "{ key: 'Enter', bubbles: true, cancelable: true, ...arguments[0] }))",
                        properties)
                .asBoolean();
    }

    /** As in a tab that is hidden. */
    @Test
    void aPreviewThatIsNotDecodedHoldsNothingUp() throws Exception {
        open();
        browser.run("HTMLImageElement.prototype.decode = () => new Promise(() => {})");
        draw(1);
        assertThat(shown()).isEqualTo(server.unipic().generate(request()).get(0));
    }

    @Test
    void otherFilesAreImagesWithoutSettingsOrExplained() throws Exception {
        open();
        drop("notes.txt", "no image".getBytes(StandardCharsets.UTF_8));
        awaitError("\"notes.txt\" is no image that this browser can read.");
        browser.click("#reset");
        drop(
                "plain.png",
                server.unipic()
                        .generate(request())
                        .get(0)
                        .withMetadata(Map.of())
                        .toPng());
        awaitItems(1);
        assertThat(browser.isShown("#again")).isFalse();
        choose("edit");
        browser.click(".chip");
        fill(FEW);
        browser.click("#run");
        awaitItems(2);
    }

    /** Browsers do not turn a PNG by its XMP, as the server does: what is seen is sent, so that a mask fits. */
    @Test
    void aPngOfAnotherProgramIsSentAsItIsSeen() throws Exception {
        open();
        Image image = TestImages.gradient(64, 32);
        byte[] xmp = PngFile.latin1("XML:com.adobe.xmp\0\0\0\0\0<x tiff:Orientation='6'/>");
        byte[] chunk = PngFile.start().chunk("iTXt", xmp).bytes();
        byte[] plain = image.toPng();
        int afterHeader = 33;
        byte[] turned = PngFile.join(
                PngFile.join(Arrays.copyOf(plain, afterHeader), Arrays.copyOfRange(chunk, 8, chunk.length)),
                Arrays.copyOfRange(plain, afterHeader, plain.length));
        assertThat(Image.decode(turned, ReadOptions.DEFAULT).width()).isEqualTo(32);
        drop("turned.png", turned);
        awaitItems(1);
        assertThat(browser.text("#facts")).isEqualTo("64 × 32");
        assertThat(shown()).isEqualTo(image);
    }

    private static void drop(String name, byte[] content) {
        browser.run(
                "const bytes = Uint8Array.from(atob(arguments[1]), (c) => c.charCodeAt(0));"
                        + "const dataTransfer = new DataTransfer();"
                        + "const type = arguments[0].endsWith('.png') ? 'image/png' : 'text/plain';"
                        + "dataTransfer.items.add(new File([bytes], arguments[0], { type }));"
                        + "for (const event of ['dragover', 'drop']) {"
                        + "  const options = { dataTransfer, bubbles: true, cancelable: true };"
                        + "  document.body.dispatchEvent(new DragEvent(event, options));"
                        + "}",
                name,
                Base64.getEncoder().encodeToString(content));
    }

    @Test
    void theKeyIsAskedForAndForgotten() {
        try (TestServer locked = TestServer.start(options -> options.apiKey("secret"))) {
            open(locked.uri("/"));
            browser.awaitShown("#key-dialog");
            browser.type("#key", "wrong" + Browser.ENTER);
            browser.await(
                    "isShown('#key-dialog') && document.getElementById('key-text').textContent.includes('refused')");
            browser.type("#key", "secret" + Browser.ENTER);
            awaitReady();
            draw(1);
            browser.reload();
            awaitReady();
            browser.click("#forget-key");
            browser.awaitShown("#key-dialog");
        }
    }

    /** As where a browser's user blocks the data of sites. */
    @Test
    void thePageWorksWithoutTheBrowsersStorage() {
        JsonNode blocked = browser.command("Page.addScriptToEvaluateOnNewDocument", Map.of("source", """
                for (const name of ['localStorage', 'sessionStorage', 'indexedDB']) {
                  const get = () => {
                    throw new DOMException('The user blocks it.', 'SecurityError');
                  };
                  Object.defineProperty(window, name, { get });
                }
                """));
        try (TestServer locked = TestServer.start(options -> options.apiKey("secret"))) {
            browser.open(locked.uri("/"));
            browser.awaitShown("#key-dialog");
            browser.type("#key", "secret" + Browser.ENTER);
            awaitReady();
            draw(1);
            browser.click("#again");
            awaitItems(2);
            browser.click("#remove");
            awaitItems(1);
            browser.click("#keep");
            awaitError("This browser does not keep the images: it does not allow storage.");
            browser.click("#forget-key");
            browser.awaitShown("#key-dialog");
        } finally {
            browser.command(
                    "Page.removeScriptToEvaluateOnNewDocument", Map.of("identifier", blocked.get("identifier")));
        }
    }

    @Test
    void thePageWorksBelowAPath() throws Exception {
        try (PrefixProxy proxy = new PrefixProxy("/unipic", server.uri("/").getPort())) {
            open(proxy.uri());
            awaitReady();
            draw(1);
            choose("edit");
            browser.write("#prompt", "Make it blue");
            browser.click("#run");
            awaitItems(2);
            choose("ask");
            browser.write("#prompt", "what is this?");
            browser.click("#run");
            awaitTurns(2);
        }
    }

    @Test
    void aServerThatIsGoneIsToldOf() {
        TestServer other = TestServer.start(options -> options);
        try (other) {
            open(other.uri("/"));
            awaitReady();
        }
        browser.write("#prompt", PROMPT);
        browser.click("#run");
        awaitError("The server does not answer.");
    }

    @Test
    void theModelIsWaitedFor() {
        CompletableFuture<UniPic> model = new CompletableFuture<>();
        try (UniPicServer loading = UniPicServer.builder(model::join).port(0).start()) {
            open(loading.uri());
            awaitState("waiting");
            assertThat(browser.text("#status")).isEqualTo("Loading the model");
            browser.click("#run");
            awaitError("The model is still being loaded.");
            model.complete(UniPic.load(SmallModel.folder()));
            awaitReady();
        }
    }

    @Test
    void theModelIsIntroducedWithPromptsToTry() {
        open();
        assertThat(browser.text("#note")).isEqualTo("A demo. Run unipic download.");
        assertThat(browser.text("#note code")).isEqualTo("unipic download");
        browser.click(".chip:last-child");
        assertThat(browser.value("#prompt")).isEqualTo(EXAMPLES.get(1));
        choose("edit");
        assertThat(browser.text(".chip")).isEqualTo("Make it blue");
    }

    /** Each control has a name, at 390 pixels nothing is wider than the window, and all text has contrast AA. */
    @Test
    void thePageIsAccessible() {
        browser.command(
                "Emulation.setDeviceMetricsOverride",
                Map.of("width", 390, "height", 844, "deviceScaleFactor", 1, "mobile", true));
        try {
            open();
            browser.run("document.getElementById('settings').open = true");
            draw(1);
            for (String task : List.of("generate", "edit", "inpaint", "extend", "ask")) {
                choose(task);
                if (task.equals("extend")) {
                    browser.awaitShown(".handle");
                }
                assertThat(browser.run("return document.documentElement.scrollWidth")
                                .asInt())
                        .as(task)
                        .isLessThanOrEqualTo(390);
                assertThat(browser.run(UNNAMED)).as(task).isEmpty();
                assertNothingIsFaint(task);
            }
            browser.run("document.getElementById('prompt').value = ''");
            browser.click("#run");
            awaitError("The question is empty.");
            assertNothingIsFaint("error");
        } finally {
            browser.command("Emulation.clearDeviceMetricsOverride", Map.of());
            browser.command("Emulation.setEmulatedMedia", Map.of("features", List.of()));
        }
    }

    private static void assertNothingIsFaint(String what) {
        for (String scheme : List.of("light", "dark")) {
            browser.command(
                    "Emulation.setEmulatedMedia",
                    Map.of("features", List.of(Map.of("name", "prefers-color-scheme", "value", scheme))));
            assertThat(browser.run(FAINT)).as("%s, %s", what, scheme).isEmpty();
        }
    }

    /** The controls on show that have neither text nor a label. */
    private static final String UNNAMED = """
            const controls = document.querySelectorAll('button, a, input, select, textarea, canvas, [role=slider]');
            return [...controls].filter((each) => each.checkVisibility() && !each.textContent.trim()
                    && !each.labels?.length && !each.ariaLabel).map((each) => each.outerHTML);
            """;

    /** The texts on show with a contrast below 4.5 (WCAG 2.2, 1.4.3), other than those of disabled controls. */
    private static final String FAINT = """
            document.getAnimations().forEach((each) => each.finish());
            const context = Object.assign(document.createElement('canvas'), { width: 1, height: 1 })
                    .getContext('2d', { willReadFrequently: true });
            const over = (color, base) => {
              context.fillStyle = `rgb(${base.join()})`;
              context.fillRect(0, 0, 1, 1);
              context.fillStyle = color;
              context.fillRect(0, 0, 1, 1);
              return [...context.getImageData(0, 0, 1, 1).data.slice(0, 3)];
            };
            const ground = (element) => element
                ? over(getComputedStyle(element).backgroundColor, ground(element.parentElement)) : [255, 255, 255];
            const luminance = (color) => color.map((value) => value / 255)
                .map((value) => (value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4))
                .reduce((sum, value, i) => sum + value * [0.2126, 0.7152, 0.0722][i], 0);
            const faint = [];
            for (const element of document.querySelectorAll('body *')) {
              const hasText = [...element.childNodes].some((node) => node.nodeType === 3 && node.data.trim())
                  || ['INPUT', 'TEXTAREA'].includes(element.tagName);
              if (hasText && element.checkVisibility() && !element.closest('.skip, .unseen')) {
                const base = ground(element);
                const pseudo = element.placeholder && !element.value ? '::placeholder' : null;
                const text = over(getComputedStyle(element, pseudo).color, base);
                const [dark, light] = [luminance(text), luminance(base)].sort((a, b) => a - b);
                const contrast = (light + 0.05) / (dark + 0.05);
                if (contrast < 4.5) {
                  faint.push(`${element.outerHTML.slice(0, 80)} ${contrast}`);
                }
              }
            }
            return faint;
            """;

    @Test
    void eventsAreReadHoweverTheirBytesAreCut() {
        open();
        String stream = "\uFEFF: comment\r\n\r\nevent: one\r\ndata: {\"a\":\r\ndata: \"é😀\"}\r\n\r\n"
                + "data:x\rdata: y\r\revent:two\ndata\n\nevent: none\n\ndata: unfinished";
        for (int size : List.of(1, 2, 3, 7, 1000)) {
            JsonNode events = browser.runAsync("""
                    const { readEvents } = await import(new URL('page/sse.js', document.baseURI));
                    const bytes = new TextEncoder().encode(args[0]);
                    const stream = new ReadableStream({
                      start(controller) {
                        for (let at = 0; at < bytes.length; at += args[1]) {
                          controller.enqueue(bytes.slice(at, at + args[1]));
                        }
                        controller.close();
                      },
                    });
                    const events = [];
                    for await (const { event, data } of readEvents(stream)) {
                      events.push(`${event}|${data}`);
                    }
                    return events;
                    """, stream, size);
            assertThat(events)
                    .as("cut after each %d bytes", size)
                    .extracting(JsonNode::asText)
                    .containsExactly("one|{\"a\":\n\"é😀\"}", "message|x\ny", "two|");
        }
    }

    @Test
    void theTextOfPngFilesIsRead() throws Exception {
        open();
        String latin = "caf\u00E9 \u0093";
        byte[] png = PngFile.start()
                .chunk("tEXt", PngFile.latin1("prompt\0" + latin))
                .chunk("zTXt", PngFile.join(PngFile.latin1("seed\0\0"), PngFile.deflate(PngFile.latin1("7"))))
                .chunk("iTXt", PngFile.join(PngFile.latin1("plain\0\0\0en\0k\0"), PngFile.utf8("模糊")))
                .chunk("iTXt", PngFile.join(PngFile.latin1("packed\0\1\0\0\0"), PngFile.deflate(PngFile.utf8("模糊 2"))))
                .chunk("zTXt", PngFile.latin1("damaged\0\0nonsense"))
                .chunk("iTXt", PngFile.join(PngFile.latin1("wrong\0\0\0\0\0"), new byte[] {(byte) 0xff}))
                .chunk("zTXt", PngFile.join(PngFile.latin1("bomb\0\0"), PngFile.deflate(new byte[5_000_000])))
                .chunk("tEXt", PngFile.latin1("last\0x"))
                .bytes();
        Map<String, String> texts = new HashMap<>();
        readText(png)
                .properties()
                .forEach(text -> texts.put(text.getKey(), text.getValue().asText()));
        assertThat(texts).isEqualTo(Map.of("prompt", latin, "seed", "7", "plain", "模糊", "packed", "模糊 2", "last", "x"));
        for (int length = 0; length < png.length; length += Math.max(1, png.length / 20)) {
            assertThat(readText(Arrays.copyOf(png, length)).isObject()).isTrue();
        }
    }

    private static JsonNode readText(byte[] png) {
        return browser.runAsync("""
                const { readText } = await import(new URL('page/png.js', document.baseURI));
                return Object.fromEntries(await readText(Uint8Array.from(atob(args[0]), (c) => c.charCodeAt(0))));
                """, Base64.getEncoder().encodeToString(png));
    }
}
