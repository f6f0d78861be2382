package io.github.unipic.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.github.unipic.EditRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.GuidanceSchedule;
import io.github.unipic.Image;
import io.github.unipic.InferenceException;
import io.github.unipic.InpaintRequest;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.Mask;
import io.github.unipic.Progress;
import io.github.unipic.Reuse;
import io.github.unipic.generation.GenerationPlan.Sample;
import io.github.unipic.image.Framing;
import io.github.unipic.image.Pixels;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.Grid;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.KvCache;
import io.github.unipic.runtime.RunListener;
import io.github.unipic.runtime.RuntimeOptions.Memory;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.runtime.TestExecution;
import io.github.unipic.testing.ModelCopy;
import io.github.unipic.testing.SmallModel;
import io.github.unipic.testing.TestImages;
import io.github.unipic.text.PromptText;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Requests for images: what reaches the loop, from the texts of the chat form to the seeds, and what comes back. */
class ImageTasksTest {
    private static final String FOX = turn("Generate an image: a fox");
    private static final String ANY = turn("Generate an image.");
    private static final Image PHOTO = TestImages.gradient(48, 32);

    @TempDir
    private static Path folder;

    private static Engine engine;
    private static Execution execution;

    /** A model with room for 96 tokens, whose images have one token and 8 of the buffer by default. */
    private static Engine narrow;

    @BeforeAll
    static void load() throws IOException {
        engine = open(SmallModel.folder());
        execution = TestExecution.of(engine);
        ModelCopy copy = ModelCopy.of(SmallModel.folder(), folder.resolve("narrow"));
        copy.context(72);
        Path model = copy.finish();
        Path manifest = model.resolve("unipic.json");
        Files.writeString(manifest, Files.readString(manifest).replaceAll("\"context\" *: *72", "\"context\" : 96"));
        narrow = open(model);
    }

    private static Engine open(Path model) {
        return Engine.open(ModelFolder.open(model, false), SmallModel.options(Memory.DEFAULTS));
    }

    @AfterAll
    static void close() {
        narrow.close();
        engine.close();
    }

    private static String turn(String request) {
        return "<|im_start|>user\n" + request + "<|im_end|>\n<|im_start|>assistant\n";
    }

    private static GenerateRequest.Builder fox() {
        return GenerateRequest.builder("a fox")
                .size(48, 32)
                .iterations(3)
                .guidance(2.5)
                .guidanceSchedule(GuidanceSchedule.LINEAR)
                .temperature(0.7)
                .diffusionSteps(4)
                .seed(5);
    }

    private static LanguageContext context(String text) {
        LanguageContext context = LanguageContext.empty(execution);
        if (!text.isEmpty()) {
            context.tokens(engine.tokenizer().encode(text));
        }
        return context;
    }

    private static Sample sample(int tokens, long seed) {
        return new Sample(TokenOrder.random(tokens, seed), new PhiloxNoise(seed));
    }

    /** What the loop makes of these prompts, for a request like {@link #fox()} with two rows and three columns. */
    private static List<Image> loop(
            LanguageContext conditional,
            LanguageContext unconditional,
            double guidance,
            Optional<float[]> start,
            Optional<Tensor> canvas,
            Grid grid,
            Sample... samples) {
        GenerationPlan plan = new GenerationPlan(
                grid,
                3,
                guidance,
                GuidanceSchedule.LINEAR,
                0.7,
                Reuse.NONE,
                Reuse.NONE,
                DiffusionPlan.constant(4, 0.2),
                start,
                List.of(samples));
        List<Image> images = new ArrayList<>();
        try (KvCache prompts = KvCache.stack(plan.rows(conditional.cache(), unconditional.cache()));
                Tensor blank = new MarModel(execution).blankCanvas()) {
            ImageTokens tokens = new ImageGenerator(execution)
                    .generate(plan, prompts, canvas.orElse(blank), (iteration, z, sofar) -> {});
            for (int image = 0; image < samples.length; image++) {
                try (Tensor latents = tokens.latents(image);
                        Tensor pixels = new Autoencoder(execution).decode(latents)) {
                    images.add(Pixels.toImage(pixels.toFloats(), pixels.dim(3), pixels.dim(2)));
                }
            }
        }
        return images;
    }

    private static List<Image> fromTexts(String conditional, String unconditional, Sample... samples) {
        try (LanguageContext one = context(conditional);
                LanguageContext other = context(unconditional)) {
            return loop(one, other, 2.5, Optional.empty(), Optional.empty(), new Grid(2, 3), samples);
        }
    }

    private static void assertSame(List<Image> actual, List<Image> expected) {
        assertThat(actual).hasSameSizeAs(expected);
        for (int i = 0; i < expected.size(); i++) {
            assertThat(actual.get(i).width()).isEqualTo(expected.get(i).width());
            assertThat(actual.get(i).rgb()).isEqualTo(expected.get(i).rgb());
        }
    }

    private static List<Image> generate(GenerateRequest request) {
        long open = Tensor.open();
        List<Image> images;
        try (LanguageContext context = LanguageContext.empty(execution)) {
            images = new ImageTasks(execution).generate(request, context);
        }
        assertThat(Tensor.open()).isEqualTo(open);
        return images;
    }

    @Test
    void theLoopRunsBehindBothPromptsAndEachImageHasItsSeed() {
        List<Image> images = generate(fox().count(2).build());
        assertSame(images, fromTexts(FOX, ANY, sample(6, 5), sample(6, 6)));
        for (int i = 0; i < 2; i++) {
            assertThat(images.get(i).metadata())
                    .containsEntry("prompt", "a fox")
                    .containsEntry("seed", Integer.toString(5 + i))
                    .doesNotContainKey("task");
            assertThat(images.get(i).metadata().get("parameters"))
                    .contains("\"width\":48", "\"height\":32", "\"iterations\":3", "\"guidance\":2.5")
                    .contains("\"guidance_schedule\":\"linear\"", "\"temperature\":0.7", "\"diffusion_steps\":4");
        }
    }

    @Test
    void withoutGuidanceThereIsOnePrompt() {
        List<Image> images = generate(fox().guidance(1).negativePrompt("blurry").build());
        try (LanguageContext prompt = context(FOX)) {
            assertSame(
                    images, loop(prompt, prompt, 1, Optional.empty(), Optional.empty(), new Grid(2, 3), sample(6, 5)));
        }
    }

    @Test
    void reusedTokensChangeTheImageALittle() {
        GenerateRequest exact = fox().guidance(1).iterations(6).build();
        Image reusing =
                generate(exact.toBuilder().tokenReuse(new Reuse(1, 9)).build()).get(0);
        assertThat(reusing.rgb()).isNotEqualTo(generate(exact).get(0).rgb());
        assertThat(reusing.metadata().get("parameters")).contains("\"token_reuse\":{\"initial\":1,\"every\":9}");
    }

    @Test
    void aNegativePromptIsTheWholeUnconditionalRequest() {
        assertSame(generate(fox().negativePrompt("blurry").build()), fromTexts(FOX, turn("blurry"), sample(6, 5)));
    }

    @Test
    void inAConversationOnlyTheConditionalPromptHasIt() {
        String before = turn("hello") + "yes";
        try (LanguageContext context = context("")) {
            context.append(context.turn(PromptText.typed("hello", false)), List.of());
            context.appendAnswer(PromptText.typed("yes", false));
            List<Image> images = new ImageTasks(execution).generate(fox().build(), context);
            assertSame(images, fromTexts(before + "<|im_end|>\n" + FOX, ANY, sample(6, 5)));
            assertThat(images.get(0).metadata()).containsEntry("task", "conversation");
            assertThat(context.tokens()).isEqualTo(engine.tokenizer().encode(before + "<|im_end|>\n" + FOX).length);
        }
    }

    @Test
    void aGivenOrderAndNoiseReplaceTheSeed() {
        Sample given = new Sample(new int[] {3, 1, 0, 2, 5, 4}, new PhiloxNoise(99));
        try (LanguageContext context = context("")) {
            List<Image> images = new ImageTasks(execution, Optional.of(given)).generate(fox().build(), context);
            assertSame(images, fromTexts(FOX, ANY, given));
            assertThat(images.get(0).metadata()).doesNotContainKey("seed").containsEntry("prompt", "a fox");
        }
    }

    @Test
    void progressAndPreviewsComeFromTheLoop() {
        List<Progress> seen = new ArrayList<>();
        List<Image> previews = new ArrayList<>();
        List<Image> images = generate(fox().listener(progress -> {
                    seen.add(progress);
                    previews.addAll(progress.preview().get());
                })
                .build());
        assertThat(seen).extracting(Progress::iteration).containsExactly(1, 2, 3);
        // floor(6 cos 30) = 5 and floor(6 cos 60) = 3 stay masked, or 2 by rounding; then none.
        assertThat(seen).extracting(Progress::tokensDone).startsWith(1).endsWith(6);
        assertThat(seen).extracting(Progress::iterations).containsOnly(3);
        assertThat(previews.get(2).rgb()).isEqualTo(images.get(0).rgb());
    }

    // ---- editing

    private static EditRequest.Builder night() {
        return EditRequest.builder(PHOTO, "night")
                .size(32)
                .iterations(3)
                .guidance(2.5)
                .guidanceSchedule(GuidanceSchedule.LINEAR)
                .temperature(0.7)
                .diffusionSteps(4)
                .seed(5);
    }

    private static List<Image> editLoop(String before, double guidance, String none) {
        try (MarEncoding source = new ImageEncoder(execution).source(PHOTO, 32);
                LanguageContext one = withImage(before, source, "night");
                LanguageContext other = withImage("", source, none)) {
            return loop(
                    one,
                    other,
                    guidance,
                    Optional.empty(),
                    source.canvas(),
                    new Grid(2, 2),
                    sample(4, 5),
                    sample(4, 6));
        }
    }

    private static LanguageContext withImage(String before, MarEncoding source, String request) {
        LanguageContext context = context(before + "<|im_start|>user\n");
        context.embeds(source.embeds());
        context.tokens(engine.tokenizer().encode("\n" + request + "<|im_end|>\n<|im_start|>assistant\n"));
        return context;
    }

    @Test
    void anEditSeesTheImageInBothPrompts() {
        long open = Tensor.open();
        try (LanguageContext context = context("")) {
            List<Image> images = new ImageTasks(execution).edit(night().count(2).build(), context);
            assertSame(images, editLoop("", 2.5, "Repeat this image."));
            assertThat(images.get(1).metadata())
                    .containsEntry("task", "edit")
                    .containsEntry("prompt", "night")
                    .containsEntry("seed", "6");
            context.requireRoom(context.turn(PromptText.typed("x", false)), 1, "the answer");
            try (LanguageContext expected = context("<|im_start|>user\n")) {
                assertThat(context.tokens())
                        .isEqualTo(expected.tokens()
                                + 4
                                + 8
                                + engine.tokenizer().encode("\nnight<|im_end|>\n<|im_start|>assistant\n").length);
            }
        }
        assertThat(Tensor.open()).isEqualTo(open);
    }

    @Test
    void anEditWithoutGuidanceOrWithANegativePrompt() {
        try (LanguageContext context = context("");
                LanguageContext again = context("")) {
            ImageTasks tasks = new ImageTasks(execution);
            assertSame(
                    tasks.edit(night().count(2).guidance(1).build(), context), editLoop("", 1, "Repeat this image."));
            assertSame(
                    tasks.edit(night().count(2).negativePrompt("blurry").build(), again), editLoop("", 2.5, "blurry"));
        }
    }

    @Test
    void aLaterEditComparesWithTheUnconditionalPromptAlone() {
        for (double guidance : new double[] {1, 2.5}) {
            try (LanguageContext context = context("")) {
                context.append(context.turn(PromptText.typed("hello", false)), List.of());
                context.appendAnswer(PromptText.typed("yes", false));
                List<Image> images = new ImageTasks(execution)
                        .edit(night().count(2).guidance(guidance).build(), context);
                assertSame(images, editLoop(turn("hello") + "yes<|im_end|>\n", guidance, "Repeat this image."));
            }
        }
    }

    // ---- inpainting

    private static InpaintRequest.Builder inpaint(Image source, Mask mask) {
        return InpaintRequest.builder(source, mask, "a fox")
                .iterations(3)
                .guidance(2.5)
                .guidanceSchedule(GuidanceSchedule.LINEAR)
                .temperature(0.7)
                .diffusionSteps(4)
                .seed(5);
    }

    private static List<Image> inpaintLoop(Image source, int[] masked, int count) {
        Sample[] samples = new Sample[count];
        for (int i = 0; i < count; i++) {
            int[] order = IntStream.of(TokenOrder.random(masked.length, 5 + i))
                    .map(index -> masked[index])
                    .toArray();
            samples[i] = new Sample(order, new PhiloxNoise(5 + i));
        }
        try (Tensor latents = new Autoencoder(execution).encode(source);
                LanguageContext one = context(FOX);
                LanguageContext other = context(ANY)) {
            Grid grid = new Grid(source.height() / 16, source.width() / 16);
            return loop(one, other, 2.5, Optional.of(latents.toFloats()), Optional.empty(), grid, samples);
        }
    }

    /** The rectangle touches the second and third token of both rows. */
    @Test
    void theTokensThatTheMaskTouchesAreMasked() {
        long open = Tensor.open();
        List<Image> images = new ImageTasks(execution)
                .inpaint(inpaint(PHOTO, Mask.rectangle(48, 32, 31, 10, 10, 7))
                        .seam(-1)
                        .count(2)
                        .build());
        assertThat(Tensor.open()).isEqualTo(open);
        assertSame(images, inpaintLoop(PHOTO, new int[] {1, 2, 4, 5}, 2));
        assertThat(images.get(1).metadata()).containsEntry("task", "inpaint").containsEntry("seed", "6");
    }

    /** They are continued with their edge to 48 x 32 pixels. */
    @Test
    void aSourceOfOtherSidesIsPaddedAndCutOffAgain() {
        for (int[] size : new int[][] {{42, 20}, {40, 24}, {48, 20}, {42, 32}}) {
            Image source = Framing.crop(PHOTO, 0, 0, size[0], size[1]);
            Image padded = Framing.extend(source, 0, 48 - size[0], 0, 32 - size[1]);
            Mask mask = Mask.rectangle(size[0], size[1], 32, 16, 1, 1);
            Image image = new ImageTasks(execution)
                    .inpaint(inpaint(source, mask).seam(-1).build())
                    .get(0);
            Image expected = inpaintLoop(padded, new int[] {5}, 1).get(0);
            assertSame(List.of(image), List.of(Framing.crop(expected, 0, 0, size[0], size[1])));
        }
    }

    @Test
    void outsideTheMaskTheSourceComesBack() {
        Mask mask = Mask.rectangle(48, 32, 31, 10, 10, 7);
        Image image = new ImageTasks(execution)
                .inpaint(inpaint(PHOTO, mask).seam(0).build())
                .get(0);
        Image drawn = inpaintLoop(PHOTO, new int[] {1, 2, 4, 5}, 1).get(0);
        byte[] expected = PHOTO.rgb();
        for (int y = 10; y < 17; y++) {
            System.arraycopy(drawn.rgb(), 3 * (48 * y + 31), expected, 3 * (48 * y + 31), 30);
        }
        assertThat(image.rgb()).isEqualTo(expected);
    }

    @Test
    void aMaskOfNothingIsRefused() {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> new ImageTasks(execution)
                        .inpaint(inpaint(PHOTO, Mask.rectangle(48, 32, 48, 0, 1, 1))
                                .build()))
                .withMessageContaining("no white");
    }

    // ---- sizes, defaults, room

    @Test
    void sidesAreWholeTokens() {
        for (int[] size : new int[][] {{40, 32}, {32, 40}}) {
            assertThatExceptionOfType(InvalidRequestException.class)
                    .isThrownBy(() -> generate(fox().size(size[0], size[1]).build()))
                    .withMessage("The model draws whole tokens of 16 x 16 pixels, not " + size[0] + " x " + size[1]
                            + "; take multiples of 16.");
        }
    }

    @Test
    void whatIsNotSetIsTheModels() {
        Execution small = TestExecution.of(narrow);
        List<String> seeds = new ArrayList<>();
        for (int i = 0; i < 2; i++) {
            try (LanguageContext context = LanguageContext.empty(small)) {
                Image image = new ImageTasks(small)
                        .generate(GenerateRequest.of("x"), context)
                        .get(0);
                Map<String, String> text = image.metadata();
                assertThat(text.get("parameters"))
                        .contains("\"width\":16", "\"height\":16", "\"iterations\":32", "\"guidance\":3.0")
                        .contains("\"guidance_schedule\":\"constant\"", "\"temperature\":1.0")
                        .contains("\"diffusion_steps\":100");
                assertThat(Long.parseLong(text.get("seed"))).isBetween(0L, (1L << 32) - 1);
                seeds.add(text.get("seed"));
            }
        }
        assertThat(seeds).doesNotHaveDuplicates();
        try (LanguageContext context = LanguageContext.empty(small)) {
            Image image = new ImageTasks(small)
                    .edit(EditRequest.of(PHOTO, "x"), context)
                    .get(0);
            assertThat(image.width()).isEqualTo(16);
            assertThat(image.height()).isEqualTo(16);
        }
    }

    @Test
    void anEditOfAModelWhoseImagesAreNoSquaresNeedsASize() throws IOException {
        Path model = ModelCopy.of(SmallModel.folder(), folder.resolve("wide")).finish();
        Path manifest = model.resolve("unipic.json");
        Files.writeString(manifest, Files.readString(manifest).replaceAll("\"width\" *: *128", "\"width\" : 64"));
        try (Engine wide = open(model);
                LanguageContext context = LanguageContext.empty(TestExecution.of(wide))) {
            ImageTasks tasks = new ImageTasks(TestExecution.of(wide));
            EditRequest unsized = EditRequest.of(PHOTO, "x");
            assertThatExceptionOfType(InvalidRequestException.class)
                    .isThrownBy(() -> tasks.edit(unsized, context))
                    .withMessage("editing makes squares, and the model's default size is 64 x 128; give a size");
        }
    }

    private static int length(String text) {
        return engine.tokenizer().encode(text).length;
    }

    private static GenerateRequest.Builder smallest(String prompt) {
        return GenerateRequest.builder(prompt)
                .size(16, 16)
                .iterations(1)
                .diffusionSteps(1)
                .seed(1);
    }

    /** Text of so many tokens. */
    private static String text(int tokens) {
        StringBuilder text = new StringBuilder("x");
        while (length(turn(text.toString())) - length(turn("")) < tokens) {
            text.append("x");
        }
        assertThat(length(turn(text.toString())) - length(turn(""))).isEqualTo(tokens);
        return text.toString();
    }

    private static void assertFits(int before, GenerateRequest request) {
        Execution small = TestExecution.of(narrow);
        try (LanguageContext context = LanguageContext.empty(small)) {
            context.tokens(new long[before]);
            assertThat(new ImageTasks(small).generate(request, context)).hasSize(1);
        }
    }

    private static void assertTooLong(int before, GenerateRequest request, int all) {
        Execution small = TestExecution.of(narrow);
        try (LanguageContext context = LanguageContext.empty(small)) {
            context.tokens(new long[before]);
            assertThatExceptionOfType(InvalidRequestException.class)
                    .isThrownBy(() -> new ImageTasks(small).generate(request, context))
                    .withMessageContaining("context of 96 tokens is too short")
                    .withMessageContaining("9 for the image, " + all + " in all");
            assertThat(context.tokens()).isEqualTo(before);
        }
    }

    /** One token of the image and 8 of the buffer. */
    @Test
    void thePromptAndTheImageFillTheContextToTheLastToken() {
        int before = 96 - 9 - length(turn("Generate an image: x"));
        assertFits(before, smallest("x").build());
        assertTooLong(before + 1, smallest("x").build(), 97);
    }

    @Test
    void theUnconditionalPromptFillsItToo() {
        int most = 96 - 9 - length(turn(""));
        GenerateRequest.Builder longest = smallest("x").negativePrompt(text(most));
        GenerateRequest.Builder tooLong = smallest("x").negativePrompt(text(most + 1));
        assertFits(1, longest.build());
        assertTooLong(0, tooLong.build(), 97);
        assertFits(1, tooLong.guidance(1).build());
    }

    private static EditRequest.Builder smallestEdit() {
        return EditRequest.builder(PHOTO, "x")
                .size(16)
                .iterations(1)
                .diffusionSteps(1)
                .seed(1);
    }

    @Test
    void anEditFillsItWithTwoImages() {
        Execution small = TestExecution.of(narrow);
        String rest = "\nx<|im_end|>\n<|im_start|>assistant\n";
        int before = 96 - 2 * 9 - length("<|im_start|>user\n") - length(rest);
        try (LanguageContext context = LanguageContext.empty(small);
                LanguageContext full = LanguageContext.empty(small)) {
            context.tokens(new long[before]);
            full.tokens(new long[before + 1]);
            assertThat(new ImageTasks(small).edit(smallestEdit().build(), context))
                    .hasSize(1);
            assertThatExceptionOfType(InvalidRequestException.class)
                    .isThrownBy(() -> new ImageTasks(small).edit(smallestEdit().build(), full))
                    .withMessageContaining("9 for the images in it, 9 for the image, 97 in all");
        }
    }

    /** 64 images need 530 GB for their attention when they have 180 x 180 tokens, and 130 GB with 127 x 127. */
    @Test
    void imagesThatNeedMoreMemoryThanThereIsAreRefusedBeforeTheyStart() {
        assumeThat(MemoryNeed.Available.here().machine()).isBetween(1L, 130_000_000_000L);
        GenerateRequest request =
                fox().size(2880, 2880).iterations(1000).count(16).build();
        EditRequest edit = night().size(127 * 16).iterations(1000).count(64).build();
        try (LanguageContext context = context("")) {
            ImageTasks tasks = new ImageTasks(execution);
            for (Runnable task :
                    List.<Runnable>of(() -> tasks.generate(request, context), () -> tasks.edit(edit, context))) {
                assertThatExceptionOfType(InferenceException.class)
                        .isThrownBy(task::run)
                        .withMessageContaining("of memory for attention in mar_decoder");
            }
            assertThat(context.tokens()).isZero();
        }
    }

    /** 1001 rows of noise for 64 images of 576 tokens take 2.4 GB. */
    @Test
    void whatFitsIntoNoBufferIsRefusedBeforeTheSourceIsEncoded() {
        List<GraphName> runs = new ArrayList<>();
        RunListener counting = new RunListener() {
            @Override
            public void onRun(GraphName graph, long nanos) {
                runs.add(graph);
            }
        };
        EditRequest edit =
                night().size(384).iterations(1).diffusionSteps(1000).count(64).build();
        Mask all = Mask.rectangle(384, 384, 0, 0, 384, 384);
        InpaintRequest inpaint = inpaint(TestImages.gradient(384, 384), all)
                .iterations(1)
                .diffusionSteps(1000)
                .count(64)
                .build();
        try (Engine counted =
                Engine.open(ModelFolder.open(SmallModel.folder(), false), SmallModel.options(), counting)) {
            Execution own = TestExecution.of(counted);
            ImageTasks tasks = new ImageTasks(own);
            try (LanguageContext context = LanguageContext.empty(own)) {
                for (Runnable task : List.<Runnable>of(() -> tasks.edit(edit, context), () -> tasks.inpaint(inpaint))) {
                    assertThatExceptionOfType(InvalidRequestException.class)
                            .isThrownBy(task::run)
                            .withMessageContaining("too much at once");
                }
            }
        }
        assertThat(runs).isEmpty();
    }
}
