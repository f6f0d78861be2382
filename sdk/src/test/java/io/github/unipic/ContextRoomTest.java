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
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Every task fits into a context of exactly the tokens that it needs, and is refused before computing in one token
 * less.
 */
class ContextRoomTest {
    private static final Image PHOTO = TestImages.gradient(64, 64);
    private static final String LONG = "a red fox and a green candle under the stars of the night";
    private static final int SIDE = 64;

    private static Manifest manifest;
    private static PromptTokenizer tokenizer;
    private static int imageTokens;

    @TempDir
    private Path folder;

    @BeforeAll
    static void load() {
        ModelFolder model = ModelFolder.open(SmallModel.folder(), false);
        manifest = model.manifest();
        tokenizer = PromptTokenizer.load(model.tokenizer());
        int patch = manifest.sizes().downsampling();
        imageTokens = SIDE / patch * (SIDE / patch) + manifest.sizes().bufferTokens();
    }

    @AfterAll
    static void close() {
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

    private Path model(int context) throws IOException {
        ModelCopy copy = ModelCopy.of(SmallModel.folder(), folder.resolve("context-" + context));
        copy.context(context);
        return copy.finish();
    }

    /** Without graphs, whatever computes fails otherwise. */
    private static void deleteGraphs(Path model) throws IOException {
        try (Stream<Path> files = Files.list(model)) {
            for (Path file :
                    files.filter(name -> !name.toString().endsWith(".json")).toList()) {
                Files.delete(file);
            }
        }
    }

    private void takesExactly(int tokens, Consumer<UniPic> task) throws IOException {
        try (UniPic fitting = UniPic.builder(model(tokens)).threads(1).load()) {
            task.accept(fitting);
        }
        Path small = model(tokens - 1);
        try (UniPic tooSmall =
                UniPic.builder(small).threads(1).keepLoaded(false).load()) {
            deleteGraphs(small);
            assertThatExceptionOfType(InvalidRequestException.class)
                    .isThrownBy(() -> task.accept(tooSmall))
                    .withMessageContaining("context of " + (tokens - 1) + " tokens is too short")
                    .withMessageContaining(tokens + " in all; shorten the prompt")
                    .withMessageNotContaining("\n");
        }
    }

    @Test
    void generate() throws IOException {
        int prompt = turn("Generate an image: " + LONG);
        takesExactly(prompt + imageTokens, unipic -> unipic.generate(draw(LONG).build()));
    }

    /** Where guidance uses the model's own prompt, that one must fit too, and may be the longer one. */
    @Test
    void editWithLessThanTheUnconditionalPrompt() throws IOException {
        assertThat(turnWithImage("x")).isLessThan(turnWithImage("Repeat this image."));
        takesExactly(
                turnWithImage("Repeat this image.") + 2 * imageTokens,
                unipic -> unipic.edit(Requests.edit(PHOTO, draw("x").build())));
        folder = Files.createDirectory(folder.resolve("unguided"));
        takesExactly(
                turnWithImage("x") + 2 * imageTokens,
                unipic -> unipic.edit(Requests.edit(PHOTO, draw("x").guidance(1).build())));
    }

    @Test
    void edit() throws IOException {
        takesExactly(
                turnWithImage(LONG) + 2 * imageTokens,
                unipic -> unipic.edit(Requests.edit(PHOTO, draw(LONG).build())));
    }

    @Test
    void inpaint() throws IOException {
        Image mask = TestImages.cornerMask(SIDE, SIDE, 32, 32);
        takesExactly(
                turn("Generate an image: " + LONG) + imageTokens,
                unipic ->
                        unipic.inpaint(Requests.inpaint(PHOTO, mask, draw(LONG).build())));
    }

    @Test
    void outpaint() throws IOException {
        InpaintRequest wider = Requests.like(
                        InpaintRequest.extending(TestImages.gradient(32, SIDE), 32, 0, 0, 0, LONG),
                        draw(LONG).build())
                .build();
        takesExactly(turn("Generate an image: " + LONG) + imageTokens, unipic -> unipic.inpaint(wider));
    }

    /** The answer needs one token of room at least. */
    @ParameterizedTest
    @EnumSource(VisionPath.class)
    void describe(VisionPath path) throws IOException {
        int side = manifest.defaults().width() / manifest.sizes().downsampling();
        int seen = path == VisionPath.MAR ? side * side + manifest.sizes().bufferTokens() : visionTokens();
        takesExactly(turnWithImage(LONG) + seen + 1, unipic -> {
            Answer answer = unipic.describe(ask(LONG).image(PHOTO).vision(path).build());
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
    void describeSeveralImages() throws IOException {
        String[] parts = manifest.prompts().turn().split("\\{}");
        int text = tokenizer.encode(parts[0]).length
                + 2 * tokenizer.encode("\n").length
                + tokenizer.encode("\n" + LONG + parts[1]).length;
        takesExactly(
                text + 3 * visionTokens() + 1,
                unipic -> unipic.describe(
                        ask(LONG).image(PHOTO).image(PHOTO).image(PHOTO).build()));
    }

    @Test
    void laterTurns() throws IOException {
        int after = tokenizer.encode(manifest.prompts().answerEnd()).length;
        takesExactly(
                turn(LONG) + 1,
                unipic -> conversation(
                        unipic, conversation -> conversation.ask(ask(LONG).build())));
        // A drawing turn leaves its prompt behind.
        int first = turn("Generate an image: x");
        laterTurn(
                "question",
                first,
                after + turn(LONG) + 1,
                conversation -> conversation.ask(ask(LONG).build()));
        laterTurn(
                "image",
                first,
                after + turnWithImage(LONG) + visionTokens() + 1,
                conversation -> conversation.ask(ask(LONG).image(PHOTO).build()));
        laterTurn(
                "draw",
                first,
                after + turn("Generate an image: " + LONG) + imageTokens,
                conversation -> conversation.generate(draw(LONG).build()));
        laterTurn(
                "edit",
                first,
                after + turnWithImage(LONG) + 2 * imageTokens,
                conversation ->
                        conversation.edit(Requests.edit(PHOTO, draw(LONG).build())));
    }

    private static void conversation(UniPic unipic, Consumer<Conversation> turn) {
        try (Conversation conversation = unipic.conversation()) {
            turn.accept(conversation);
        }
    }

    private void laterTurn(String name, int first, int second, Consumer<Conversation> turn) throws IOException {
        folder = Files.createDirectory(folder.resolve(name));
        // The first turn draws, so that both contexts must hold its image; it is the smallest there is.
        GenerateRequest small = draw("x").size(16, 16).build();
        try (UniPic fitting = UniPic.builder(model(first + second)).threads(1).load()) {
            conversation(fitting, conversation -> {
                conversation.generate(small);
                assertThat(conversation.tokens()).isEqualTo(first);
                turn.accept(conversation);
            });
        }
        try (UniPic tooSmall =
                UniPic.builder(model(first + second - 1)).threads(1).load()) {
            conversation(tooSmall, conversation -> {
                conversation.generate(small);
                assertThatExceptionOfType(InvalidRequestException.class)
                        .isThrownBy(() -> turn.accept(conversation))
                        .withMessageContaining(first + " are taken by the conversation so far")
                        .withMessageContaining((first + second) + " in all")
                        .withMessageContaining("start a new conversation");
                assertThat(conversation.tokens()).isEqualTo(first);
            });
        }
    }
}
