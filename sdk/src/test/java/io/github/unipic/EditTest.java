package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.testing.Requests;
import io.github.unipic.testing.SmallModel;
import io.github.unipic.testing.TestImages;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Editing and inpainting through the public API. */
class EditTest {
    private static UniPic unipic;
    private static final Image SOURCE = TestImages.gradient(96, 64);

    @BeforeAll
    static void load() {
        unipic = SmallModel.builder().load();
    }

    @AfterAll
    static void close() {
        unipic.close();
    }

    private static GenerateRequest.Builder request() {
        return GenerateRequest.builder("Replace the stars with the candle.")
                .iterations(4)
                .diffusionSteps(10)
                .seed(7);
    }

    private static byte[] edit(Image source, GenerateRequest.Builder request) {
        return unipic.edit(Requests.edit(source, request.size(64, 64).build()))
                .get(0)
                .rgb();
    }

    @Test
    void editsFollowSourceInstructionAndSeed() {
        byte[] base = edit(SOURCE, request());
        assertThat(base).hasSize(3 * 64 * 64);
        assertThat(edit(SOURCE, request())).isEqualTo(base);
        assertThat(edit(TestImages.gradient(64, 96), request())).isNotEqualTo(base);
        assertThat(edit(SOURCE, request().prompt("Make it night"))).isNotEqualTo(base);
        assertThat(edit(SOURCE, request().seed(8))).isNotEqualTo(base);
        assertThat(edit(SOURCE, request().guidance(1))).isNotEqualTo(base);
    }

    @Test
    void anEditIsNotMistakenForADrawingFromText() {
        Image edited = unipic.edit(Requests.edit(SOURCE, request().size(64, 64).build()))
                .get(0);
        assertThat(edited.metadata()).containsEntry("task", "edit");
        assertThat(edited.request()).isEmpty();
    }

    @Test
    void theShortFormDrawsTheModelsSize() {
        assertThat(unipic.edit(SOURCE, "Make it night").width())
                .isEqualTo(unipic.info().defaultWidth());
    }

    @Test
    void editsAreSquare() {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> unipic.edit(
                        EditRequest.builder(SOURCE, "a fox").size(60).build()))
                .withMessageContaining("60 x 60");
    }

    private static List<Image> inpaint(Image mask, int seam, GenerateRequest.Builder request) {
        return inpaint(SOURCE, mask, seam, request);
    }

    private static List<Image> inpaint(Image source, Image mask, int seam, GenerateRequest.Builder request) {
        return unipic.inpaint(Requests.inpaint(source, mask, request.build()).toBuilder()
                .seam(seam)
                .build());
    }

    @Test
    void onlyTheMaskedPartChanges() {
        Image mask = TestImages.cornerMask(96, 64, 48, 32);
        Image drawn = inpaint(mask, 0, request()).get(0);
        assertThat(drawn.width()).isEqualTo(96);
        assertThat(drawn.height()).isEqualTo(64);
        byte[] before = SOURCE.rgb();
        byte[] after = drawn.rgb();
        int changed = 0;
        for (int y = 0; y < 64; y++) {
            for (int x = 0; x < 96; x++) {
                int at = 3 * (y * 96 + x);
                boolean same =
                        before[at] == after[at] && before[at + 1] == after[at + 1] && before[at + 2] == after[at + 2];
                if (x >= 48 && y >= 32) {
                    changed += same ? 0 : 1;
                } else {
                    assertThat(same).as("pixel %d,%d outside the mask", x, y).isTrue();
                }
            }
        }
        assertThat(changed).isGreaterThan(48 * 32 / 2);
    }

    /** 90 x 61 pixels are 6 x 4 tokens, the last of them with pixels beyond the image. */
    @Test
    void aSourceOfAnySizeKeepsItsSize() {
        Image source = resized(SOURCE, 90, 61);
        List<Progress> progress = new ArrayList<>();
        List<Image> results = new ArrayList<>();
        results.addAll(inpaint(
                source, TestImages.cornerMask(90, 61, 40, 30), 0, request().listener(iteration -> {
                    progress.add(iteration);
                    results.addAll(iteration.preview().get());
                })));
        assertThat(progress.get(0).tokens()).isEqualTo(24);
        assertThat(results).hasSize(5).allSatisfy(result -> {
            assertThat(result.width()).isEqualTo(90);
            assertThat(result.height()).isEqualTo(61);
            assertThat(resized(result, 40, 61).rgb())
                    .isEqualTo(resized(source, 40, 61).rgb());
            assertThat(resized(result, 90, 30).rgb())
                    .isEqualTo(resized(source, 90, 30).rgb());
            assertThat(result.rgb()).isNotEqualTo(source.rgb());
        });
    }

    @Test
    void aSourceIsPaddedWithItsEdge() {
        Image source = resized(SOURCE, 90, 61);
        Image mask = TestImages.cornerMask(90, 61, 40, 40);
        Image padded = inpaint(resized(source, 96, 64), resized(mask, 96, 64), -1, request())
                .get(0);
        assertThat(inpaint(source, mask, -1, request()).get(0).rgb())
                .isEqualTo(resized(padded, 90, 61).rgb());
    }

    /** An image cut off at the right and the bottom, or continued there with its edge. */
    private static Image resized(Image image, int width, int height) {
        byte[] from = image.rgb();
        byte[] rgb = new byte[3 * width * height];
        for (int i = 0; i < rgb.length; i++) {
            int x = Math.min(i / 3 % width, image.width() - 1);
            int y = Math.min(i / 3 / width, image.height() - 1);
            rgb[i] = from[3 * (y * image.width() + x) + i % 3];
        }
        return Image.ofRgb(width, height, rgb);
    }

    @Test
    void inpaintingFollowsSourcePromptAndSeed() {
        Image mask = TestImages.cornerMask(96, 64, 48, 32);
        byte[] base = inpaint(mask, -1, request()).get(0).rgb();
        assertThat(inpaint(mask, -1, request()).get(0).rgb()).isEqualTo(base);
        assertThat(inpaint(mask, -1, request().seed(8)).get(0).rgb()).isNotEqualTo(base);
        assertThat(inpaint(mask, -1, request().prompt("a blue square")).get(0).rgb())
                .isNotEqualTo(base);
        assertThat(inpaint(mask, -1, request().count(2))).hasSize(2);
    }

    @Test
    void onlyMaskedTokensAreDrawn() {
        List<Progress> heard = new ArrayList<>();
        inpaint(
                TestImages.cornerMask(96, 64, 48, 32),
                -1,
                request().iterations(2).listener(heard::add));
        assertThat(heard.get(0).tokens()).isEqualTo(24);
        assertThat(heard.get(0).tokensDone()).as("18 known, and some of 6").isBetween(19, 23);
        assertThat(heard.get(heard.size() - 1).tokensDone()).isEqualTo(24);
    }

    @Test
    void outpaintingKeepsTheImageAndAddsAMargin() {
        InpaintRequest wider = Requests.like(
                        InpaintRequest.extending(SOURCE, 16, 32, 0, 16, "a wide field"),
                        request().build())
                .seam(0)
                .build();
        assertThat(wider.source().width()).isEqualTo(144);
        assertThat(wider.source().height()).isEqualTo(80);
        Image drawn = unipic.inpaint(wider).get(0);
        assertThat(drawn.width()).isEqualTo(144);
        byte[] inner = SOURCE.rgb();
        byte[] outer = drawn.rgb();
        for (int y = 0; y < 64; y++) {
            for (int x = 0; x < 3 * 96; x++) {
                assertThat(outer[3 * (y * 144 + 16) + x]).isEqualTo(inner[3 * y * 96 + x]);
            }
        }
    }

    @Test
    void imagesBeyondTheContextAreRefusedBeforeAnythingIsComputed() {
        Image large = TestImages.gradient(2912, 2912);
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> unipic.edit(
                        Requests.edit(SOURCE, request().size(2912, 2912).build())))
                .withMessageContaining("smaller or fewer images");
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> unipic.inpaint(Requests.inpaint(
                        large,
                        TestImages.cornerMask(2912, 2912, 2900, 2900),
                        request().build())))
                .withMessageContaining("smaller or fewer images");
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> InpaintRequest.extending(SOURCE, 16384, 16384, 16384, 16384, "a field"));
    }

    @Test
    void wrongMasksAreRefused() {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> Requests.inpaint(
                        SOURCE, TestImages.cornerMask(64, 96, 0, 0), request().build()))
                .withMessageContaining("64 x 96")
                .withMessageContaining("96 x 64");
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> inpaint(TestImages.cornerMask(96, 64, 96, 64), 8, request()))
                .withMessageContaining("no white");
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> InpaintRequest.extending(SOURCE, -1, 0, 0, 0, "a field"))
                .withMessageContaining("-1");
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> InpaintRequest.extending(SOURCE, 0, 0, 0, 0, "a field"));
    }
}
