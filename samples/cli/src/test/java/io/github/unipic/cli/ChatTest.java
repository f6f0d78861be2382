package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.Cancellation;
import io.github.unipic.Image;
import io.github.unipic.UniPic;
import io.github.unipic.testing.SmallModel;
import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Conversations with the small model, through a pipe. */
class ChatTest {
    @TempDir
    private Path folder;

    private Path fox;

    @BeforeEach
    void drawFox() {
        fox = folder.resolve("red fox.png");
        byte[] rgb = new byte[3 * 64 * 64];
        new Random(7).nextBytes(rgb);
        Image.ofRgb(64, 64, rgb).save(fox);
    }

    @Test
    void answersGoToStdoutAndAllElseToStderr() {
        CommandLineRun run = chat("/image \"" + fox + "\"", "What is it?", "", "And where?", "/quit", "never read");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out()).isNotBlank();
        assertThat(run.err())
                .contains("The next question comes with an image (64 x 64).")
                .doesNotContain("unipic: ", "> ");
        CommandLineRun again = chat("/image " + fox, "What is it?", "And where?");
        assertThat(again.out()).isEqualTo(run.out());
        CommandLineRun reset = chat("/image " + fox, "What is it?", "/reset", "And where?");
        assertThat(reset.out()).isNotEqualTo(run.out());
        assertThat(reset.err()).contains("A new conversation.");
    }

    @Test
    void drawsInTheConversationAndEditsTheLastImage() throws IOException {
        Path first = folder.resolve("first one.png");
        Path second = folder.resolve("second.png");
        Path copy = folder.resolve("copy.png");
        CommandLineRun run = chat(
                "/draw a fox -o " + first,
                "/edit make it night -o '" + second + "'",
                "/save " + copy,
                "/image",
                "What is it?");
        assertThat(run.exitCode()).as(run.err()).isZero();
        assertThat(run.out())
                .containsSubsequence(
                        "Wrote " + first + " (128 x 128, seed ", "Took ", "Wrote " + second, "Wrote " + copy);
        assertThat(run.err()).contains("The next question comes with an image (128 x 128).");
        assertThat(Image.read(first).metadata()).containsEntry("prompt", "a fox");
        assertThat(Image.read(second).metadata()).containsEntry("prompt", "make it night");
        assertThat(Files.readAllBytes(copy)).isEqualTo(Files.readAllBytes(second));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "/frobnicate | no command /frobnicate; /help",
                "/image no-such.png | no-such.png",
                "/image | there is no image yet",
                "/draw | say what to generate",
                "/edit darker | there is no image yet",
                "/save | name the file",
                "/save out.png | there is no image yet",
                "/draw a fox -o fox.gif | something.png",
                "/draw a fox -o no/such/folder/fox.png | does not exist",
                "caf\uFFFD | LC_ALL=C.UTF-8",
            })
    void aMistakeEndsTheLineAndNotTheConversation(String line, String message) {
        CommandLineRun run = chat(line, "/help");
        assertThat(run.exitCode()).isZero();
        assertThat(run.out()).isEmpty();
        assertThat(run.errLines().get(0)).startsWith("unipic: ").contains(message);
        assertThat(run.err()).contains("/draw PROMPT", "/quit");
    }

    /** Only a line feed ends one; a prompt pasted from elsewhere may have others. */
    @Test
    void aLineMayHaveOtherLineEnds() {
        Path drawn = folder.resolve("drawn.png");
        CommandLineRun run = chat("/draw a fox\u2028in the snow\rat night -o " + drawn);
        assertThat(run.err()).doesNotContain("unipic: ");
        assertThat(run.out()).startsWith("Wrote " + drawn);
        assertThat(Image.read(drawn).request().orElseThrow().prompt()).isEqualTo("a fox\u2028in the snow\rat night");
    }

    @Test
    void aLineWithoutEndIsNotKept() {
        CommandLineRun run = chat("x".repeat(3_000_000), "/help");
        assertThat(run.exitCode()).isZero();
        assertThat(run.errLines().get(0)).isEqualTo("unipic: the line is ignored: it has more than 1000000 characters");
        assertThat(run.err()).contains("/draw PROMPT");
    }

    @Test
    void aQuestionThatFailsKeepsItsImagesForTheNext() {
        String tooLong = "\uD83E\uDD8A".repeat(30_000);
        CommandLineRun run = chat("/image " + fox, tooLong, "What is it?");
        assertThat(run.err()).containsOnlyOnce("unipic: ");
        assertThat(run.out()).isEqualTo(chat("/image " + fox, "What is it?").out());
    }

    @Test
    void ctrlCStopsTheAnswerAndNotTheConversation() throws Exception {
        CountDownLatch begun = new CountDownLatch(1);
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        OutputStream out = tellingOfItsFirstByte(begun);
        Session session = CommandLineRun.session(
                "/image " + fox + "\nWhat is it?\n/help\n", out, err, CommandLineRun.SMALL, new Cancellation());
        try (UniPic unipic = UniPic.load(SmallModel.folder());
                Chat chat = new Chat(session, unipic, new SpecialTokensOption())) {
            runBeside(
                    () -> {
                        chat.run();
                        return null;
                    },
                    () -> {
                        assertThat(begun.await(60, TimeUnit.SECONDS)).isTrue();
                        chat.interrupt();
                    });
        }
        assertThat(err.toString(StandardCharsets.UTF_8)).containsSubsequence("Stopped.", "/draw PROMPT");
        assertThat(out.toString()).endsWith(System.lineSeparator());
    }

    @Test
    void ctrlCWithNothingToStopSaysHowToEnd() throws Exception {
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        Session session = CommandLineRun.session(
                "", OutputStream.nullOutputStream(), err, CommandLineRun.SMALL, new Cancellation());
        try (UniPic unipic = UniPic.load(SmallModel.folder());
                Chat chat = new Chat(session, unipic, new SpecialTokensOption())) {
            chat.interrupt();
            chat.run();
        }
        assertThat(err.toString(StandardCharsets.UTF_8)).contains("Nothing to stop", "Ctrl-D");
    }

    /** As a plain kill does. */
    @Test
    void cancellingTheSessionEndsAConversationThatWaitsForALine() throws Exception {
        Cancellation cancellation = new Cancellation();
        ByteArrayOutputStream err = new ByteArrayOutputStream();
        CountDownLatch prompted = new CountDownLatch(1);
        try (PipedOutputStream typed = new PipedOutputStream()) {
            // Closed by the end of what is typed; the chat reads it to the last.
            BufferedReader in =
                    new BufferedReader(new InputStreamReader(new PipedInputStream(typed), StandardCharsets.UTF_8));
            OutputStream watched = new FilterOutputStream(err) {
                @Override
                public void write(byte[] bytes, int from, int length) throws IOException {
                    super.write(bytes, from, length);
                    if (new String(bytes, from, length, StandardCharsets.UTF_8).equals("> ")) {
                        prompted.countDown();
                    }
                }
            };
            Session session = new Session(
                    in,
                    () -> true,
                    Output.results(OutputStream.nullOutputStream(), StandardCharsets.UTF_8, () -> false),
                    Output.messages(watched, StandardCharsets.UTF_8, () -> false),
                    () -> Terminal.USUAL_COLUMNS,
                    CommandLineRun.SMALL::get,
                    cancellation);
            int exitCode = runBeside(() -> UniPicCommand.run(session, "chat"), () -> {
                assertThat(prompted.await(60, TimeUnit.SECONDS)).isTrue();
                cancellation.cancel();
            });
            assertThat(exitCode).isEqualTo(130);
        }
        assertThat(err.toString(StandardCharsets.UTF_8))
                .contains("Ctrl-D ends")
                .endsWith("unipic: cancelled" + System.lineSeparator());
    }

    private interface Action {
        void run() throws Exception;
    }

    /** Runs work on a thread of its own, the action on this one, and gives the work's result. */
    private static <T> T runBeside(Callable<T> work, Action action) throws Exception {
        ExecutorService thread = Executors.newSingleThreadExecutor();
        try {
            Future<T> result = thread.submit(work);
            action.run();
            return result.get(60, TimeUnit.SECONDS);
        } finally {
            thread.shutdown();
        }
    }

    private static OutputStream tellingOfItsFirstByte(CountDownLatch latch) {
        return new ByteArrayOutputStream() {
            @Override
            public synchronized void write(int b) {
                super.write(b);
                latch.countDown();
            }

            @Override
            public synchronized void write(byte[] bytes, int offset, int length) {
                super.write(bytes, offset, length);
                latch.countDown();
            }
        };
    }

    private static CommandLineRun chat(String... lines) {
        return CommandLineRun.typing(String.join("\n", lines), CommandLineRun.SMALL, new Cancellation(), "chat");
    }
}
