package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.Answer.FinishReason;
import io.github.unipic.model.Manifest;
import io.github.unipic.model.Manifest.Prompts;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.testing.ModelCopy;
import io.github.unipic.testing.Requests;
import io.github.unipic.testing.SmallModel;
import io.github.unipic.testing.TestImages;
import io.github.unipic.text.PromptTokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.ToIntFunction;
import java.util.stream.Stream;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Every task fits if it needs exactly the tokens of the context, and is refused before computing with one more. */
class ContextRoomTest {
    private static final Image PHOTO = TestImages.gradient(64, 64);
    private static final String LONG = "a red fox and a green candle under the stars of the night";
    private static final int SIDE = 32;

    /** Of the models that most tests share; prompts are made as long as it takes. */
    private static final int CONTEXT = 500;

    private static Manifest manifest;
    private static PromptTokenizer tokenizer;
    private static int imageTokens;

    private static UniPic model;

    /** Without graphs, whatever computes fails otherwise. */
    private static UniPic withoutGraphs;

    @TempDir
    private static Path folder;

    @BeforeAll
    static void load() throws IOException {
        ModelFolder small = ModelFolder.open(SmallModel.folder(), false);
        manifest = small.manifest();
        tokenizer = PromptTokenizer.load(small.tokenizer());
        int patch = manifest.sizes().downsampling();
        imageTokens = SIDE / patch * (SIDE / patch) + manifest.sizes().bufferTokens();
        model = withContext(CONTEXT);
        withoutGraphs = withoutGraphs(CONTEXT);
    }

    @AfterAll
    static void close() {
        model.close();
        withoutGraphs.close();
        tokenizer.close();
    }

    /** Of the chat form's text around a request, images' places not counted. */
    private static int turn(String request) {
        return tokenizer.encode(manifest.prompts().turn().replace(Prompts.PLACEHOLDER, request)).length;
    }

    /** As {@link #turn}, with an image before the request, which cuts the text. */
    private static int turnWithImage(String request) {
        String[] parts = manifest.prompts().turn().split("\\{}");
        return tokenizer.encode(parts[0]).length + tokenizer.encode("\n" + request + parts[1]).length;
    }

    private static GenerateRequest.Builder draw(String prompt) {
        return GenerateRequest.builder(prompt)
                .size(SIDE, SIDE)
                .iterations(2)
                .diffusionSteps(2)
                .seed(1);
    }

    private static DescribeRequest.Builder ask(String question) {
        return DescribeRequest.builder(question).maxTokens(3);
    }

    private static Path folder(int context) throws IOException {
        ModelCopy copy = ModelCopy.of(SmallModel.folder(), Files.createTempDirectory(folder, "context"));
        copy.context(context);
        return copy.finish();
    }

    private static UniPic withContext(int context) throws IOException {
        return UniPic.builder(folder(context)).threads(1).load();
    }

    private static UniPic withoutGraphs(int context) throws IOException {
        Path model = folder(context);
        UniPic loaded = UniPic.builder(model).threads(1).keepLoaded(false).load();
        deleteGraphs(model);
        return loaded;
    }

    private static void deleteGraphs(Path model) throws IOException {
        try (Stream<Path> files = Files.list(model)) {
            for (Path file :
                    files.filter(name -> !name.toString().endsWith(".json")).toList()) {
                Files.delete(file);
            }
        }
    }

    /** A prompt with which a task needs so many tokens. */
    private static String prompt(int tokens, ToIntFunction<String> need) {
        String prompt = LONG + " fox".repeat(tokens - need.applyAsInt(LONG));
        assertThat(need.applyAsInt(prompt)).isEqualTo(tokens);
        return prompt;
    }

    private static void fillsTheContext(ToIntFunction<String> need, BiConsumer<UniPic, String> task) {
        task.accept(model, prompt(CONTEXT, need));
        String longer = prompt(CONTEXT + 1, need);
        assertRefused(CONTEXT, () -> task.accept(withoutGraphs, longer));
    }

    private static void assertRefused(int context, ThrowingCallable task) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(task)
                .withMessageContaining("context of " + context + " tokens is too short")
                .withMessageContaining((context + 1) + " in all; shorten the prompt")
                .withMessageNotContaining("\n");
    }

    @Test
    void generate() {
        fillsTheContext(
                prompt -> turn("Generate an image: " + prompt) + imageTokens,
                (unipic, prompt) -> unipic.generate(draw(prompt).build()));
    }

    /** Where guidance uses the model's own prompt, that one must fit too, and may be the longer one. */
    @Test
    void editWithLessThanTheUnconditionalPrompt() throws IOException {
        assertThat(turnWithImage("x")).isLessThan(turnWithImage("Repeat this image."));
        takesExactly(
                turnWithImage("Repeat this image.") + 2 * imageTokens,
                unipic -> unipic.edit(Requests.edit(PHOTO, draw("x").build())));
        takesExactly(
                turnWithImage("x") + 2 * imageTokens,
                unipic -> unipic.edit(Requests.edit(PHOTO, draw("x").guidance(1).build())));
    }

    private static void takesExactly(int tokens, Consumer<UniPic> task) throws IOException {
        try (UniPic fitting = withContext(tokens);
                UniPic tooSmall = withoutGraphs(tokens - 1)) {
            task.accept(fitting);
            assertRefused(tokens - 1, () -> task.accept(tooSmall));
        }
    }

    @Test
    void edit() {
        fillsTheContext(
                prompt -> turnWithImage(prompt) + 2 * imageTokens,
                (unipic, prompt) ->
                        unipic.edit(Requests.edit(PHOTO, draw(prompt).build())));
    }

    @Test
    void inpaint() {
        Image mask = TestImages.cornerMask(SIDE, SIDE, 16, 16);
        fillsTheContext(
                prompt -> turn("Generate an image: " + prompt) + imageTokens,
                (unipic, prompt) -> unipic.inpaint(Requests.inpaint(
                        TestImages.gradient(SIDE, SIDE), mask, draw(prompt).build())));
    }

    @Test
    void outpaint() {
        fillsTheContext(
                prompt -> turn("Generate an image: " + prompt) + imageTokens,
                (unipic, prompt) -> unipic.inpaint(Requests.like(
                                InpaintRequest.extending(TestImages.gradient(16, SIDE), 16, 0, 0, 0, prompt),
                                draw(prompt).build())
                        .build()));
    }

    /** The answer needs one token of room at least. */
    @ParameterizedTest
    @EnumSource(VisionPath.class)
    void describe(VisionPath path) {
        int side = manifest.defaults().width() / manifest.sizes().downsampling();
        int seen = path == VisionPath.MAR ? side * side + manifest.sizes().bufferTokens() : visionTokens();
        fillsTheContext(prompt -> turnWithImage(prompt) + seen + 1, (unipic, prompt) -> {
            Answer answer =
                    unipic.describe(ask(prompt).image(PHOTO).vision(path).build());
            assertThat(answer.finishReason()).isIn(FinishReason.CONTEXT_FULL, FinishReason.STOP_TOKEN);
            assertThat(answer.tokens()).hasSize(1);
            assertThat(answer.vision()).contains(path);
        });
    }

    private static int visionTokens() {
        List<String> shape =
                manifest.graphs().get("vision_encoder").outputs().get(0).shape();
        return Integer.parseInt(shape.get(1));
    }

    @Test
    void describeSeveralImages() {
        String[] parts = manifest.prompts().turn().split("\\{}");
        int text = tokenizer.encode(parts[0]).length + 2 * tokenizer.encode("\n").length;
        fillsTheContext(
                prompt -> text + tokenizer.encode("\n" + prompt + parts[1]).length + 3 * visionTokens() + 1,
                (unipic, prompt) -> unipic.describe(
                        ask(prompt).image(PHOTO).image(PHOTO).image(PHOTO).build()));
    }

    @Test
    void firstTurn() {
        fillsTheContext(prompt -> turn(prompt) + 1, (unipic, prompt) -> {
            try (Conversation conversation = unipic.conversation()) {
                conversation.ask(ask(prompt).build());
            }
        });
    }

    /** A turn that draws leaves its prompt behind. Its image is the smallest there is, so that it fits. */
    @Test
    void laterTurns() {
        try (Conversation conversation = model.conversation()) {
            conversation.generate(draw("x").size(16, 16).build());
            int first = turn("Generate an image: x");
            assertThat(conversation.tokens()).isEqualTo(first);
            int before = first + tokenizer.encode(manifest.prompts().answerEnd()).length;
            fillsTheContext(
                    conversation,
                    prompt -> before + turn(prompt) + 1,
                    (turn, prompt) -> turn.ask(ask(prompt).build()));
            fillsTheContext(
                    conversation,
                    prompt -> before + turnWithImage(prompt) + visionTokens() + 1,
                    (turn, prompt) -> turn.ask(ask(prompt).image(PHOTO).build()));
            fillsTheContext(
                    conversation,
                    prompt -> before + turn("Generate an image: " + prompt) + imageTokens,
                    (turn, prompt) -> turn.generate(draw(prompt).build()));
            fillsTheContext(
                    conversation,
                    prompt -> before + turnWithImage(prompt) + 2 * imageTokens,
                    (turn, prompt) ->
                            turn.edit(Requests.edit(PHOTO, draw(prompt).build())));
        }
    }

    /** @param begun is not changed: turns are taken in branches of it */
    private static void fillsTheContext(
            Conversation begun, ToIntFunction<String> need, BiConsumer<Conversation, String> turn) {
        int before = begun.tokens();
        try (Conversation fitting = begun.fork();
                Conversation tooLong = begun.fork()) {
            turn.accept(fitting, prompt(CONTEXT, need));
            String longer = prompt(CONTEXT + 1, need);
            assertThatExceptionOfType(InvalidRequestException.class)
                    .isThrownBy(() -> turn.accept(tooLong, longer))
                    .withMessageContaining(before + " are taken by the conversation so far")
                    .withMessageContaining((CONTEXT + 1) + " in all")
                    .withMessageContaining("start a new conversation");
            assertThat(tooLong.tokens()).isEqualTo(before);
        }
    }
}
