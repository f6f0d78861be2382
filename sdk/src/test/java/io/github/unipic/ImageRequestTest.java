package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.testing.TestImages;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What all three kinds of requests have, and what editing and inpainting have of their own. */
class ImageRequestTest {
    private static final Image SOURCE = TestImages.gradient(3, 2);
    private static final Mask MASK = Mask.rectangle(3, 2, 1, 0, 1, 2);

    private static Stream<ImageRequest.Builder<?>> builders(String prompt) {
        return Stream.of(
                GenerateRequest.builder(prompt),
                EditRequest.builder(SOURCE, prompt),
                InpaintRequest.builder(SOURCE, MASK, prompt));
    }

    private static void assertRefused(ImageRequest.Builder<?> builder, String message) {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(builder::build)
                .withMessage(message);
    }

    @Test
    void everyKindChecksWhatAllHave() {
        builders(" ").forEach(builder -> assertRefused(builder, "prompt is blank; say what to draw"));
        builders("a fox").forEach(builder -> {
            builder.count(65);
            assertRefused(builder, "count must be 1 to 64, not 65");
        });
    }

    @Test
    void fastMeansFewerStepsAndLessGuidance() {
        builders("a fox").forEach(builder -> {
            ImageRequest request = builder.fast().build();
            assertThat(request.diffusionSteps()).contains(DiffusionSteps.annealed(50, 5));
            assertThat(request.guidanceReuse()).contains(new Reuse(2, 4));
            assertThat(request.tokenReuse()).contains(new Reuse(2, 4));
        });
    }

    @Test
    void theMetadataHasTheSizeThatWasMade() {
        builders("a fox")
                .map(ImageRequest.Builder::build)
                .forEach(request -> assertThat(request.toMetadata(48, 32))
                        .containsEntry("prompt", "a fox")
                        .containsEntry("parameters", "{\"width\":48,\"height\":32}"));
    }

    @Test
    void whatIsSetIsShownAndCounts() {
        builders("a fox").forEach(builder -> {
            ImageRequest plain = builder.build();
            ImageRequest other = builder.negativePrompt("a dog").guidance(3).build();
            assertThat(plain.toString()).contains("prompt=a fox").doesNotContain("negativePrompt", "guidance");
            assertThat(other.toString()).contains("negativePrompt=a dog", "guidance=3.0");
            assertThat(other).isNotEqualTo(plain).doesNotHaveSameHashCodeAs(plain);
            assertThat(other.toBuilder().build()).isEqualTo(other).hasSameHashCodeAs(other);
        });
    }

    // ---- editing

    @Test
    void anEditsSizeIsChecked() {
        assertRefused(EditRequest.builder(SOURCE, "a fox").size(0), "the size must be above 0, not 0 x 0");
        assertRefused(
                EditRequest.builder(SOURCE, "a fox").size(10_001),
                "size is 10001 x 10001 pixels; at most 100 megapixels are allowed");
        assertThat(EditRequest.builder(SOURCE, "a fox").size(10_000).build().size())
                .hasValue(10_000);
    }

    @Test
    void anEditsSourceCanBeReplaced() {
        Image other = TestImages.gradient(2, 3);
        assertThat(EditRequest.of(SOURCE, "a fox").toBuilder()
                        .source(other)
                        .build()
                        .source())
                .isEqualTo(other);
    }

    // ---- inpainting

    @ParameterizedTest
    @ValueSource(ints = {-1, 0, 1, 128})
    void aSeamIsKept(int seam) {
        InpaintRequest request =
                InpaintRequest.builder(SOURCE, MASK, "a fox").seam(seam).build();
        assertThat(request.seam()).isEqualTo(seam);
        assertThat(request.toBuilder().build().seam()).isEqualTo(seam);
    }

    @Test
    void aSeamIs8PixelsUnlessSetAndAtMost128() {
        InpaintRequest.Builder builder = InpaintRequest.builder(SOURCE, MASK, "a fox");
        assertThat(builder.build().seam()).isEqualTo(8);
        for (int seam : new int[] {-2, 129}) {
            assertRefused(builder.seam(seam), "seam must be -1 (none) to 128 pixels, not " + seam);
        }
    }

    @Test
    void anInpaintingsRegionCanBeReplaced() {
        Image other = TestImages.gradient(4, 4);
        Mask mask = Mask.rectangle(4, 4, 0, 0, 1, 1);
        InpaintRequest request = InpaintRequest.builder(SOURCE, MASK, "a fox")
                .region(other, mask)
                .build();
        assertThat(List.of(request.source(), request.mask())).isEqualTo(List.of(other, mask));
        assertRefused(
                InpaintRequest.builder(SOURCE, mask, "a fox"),
                "the mask is 4 x 4 pixels, the image 3 x 2; make them the same size");
    }

    @ParameterizedTest
    @CsvSource({"1,2,3,4", "1,1,0,0", "0,0,1,1", "1,0,1,0", "0,1,1,0", "1,0,0,1", "0,1,0,1", "16384,0,0,0"})
    void extendingRegeneratesTheMarginsOnly(int left, int right, int top, int bottom) {
        InpaintRequest request = InpaintRequest.extending(SOURCE, left, right, top, bottom, "a field")
                .build();
        int width = 3 + left + right;
        assertThat(request.source().width()).isEqualTo(width);
        assertThat(request.source().height()).isEqualTo(2 + top + bottom);
        boolean[] regenerated = request.mask().pixels();
        for (int i = 0; i < regenerated.length; i++) {
            int x = i % width - left;
            int y = i / width - top;
            assertThat(regenerated[i]).isEqualTo(x < 0 || x >= 3 || y < 0 || y >= 2);
        }
    }

    @Test
    void aMarginHasALimit() {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> InpaintRequest.extending(SOURCE, 0, 0, 16_385, 0, "a field"))
                .withMessage("a margin must be 0 to 16384 pixels, not 16385");
    }

    // ---- the values in them

    @Test
    void reuseHasLimits() {
        assertThat(new Reuse(1, 100_000).computes(0)).isTrue();
        assertThat(new Reuse(100_000, 1).computes(99_999)).isTrue();
        for (int number : new int[] {0, 100_001}) {
            assertThatExceptionOfType(InvalidRequestException.class)
                    .isThrownBy(() -> new Reuse(number, 1))
                    .withMessage("initial must be 1 to 100000, not " + number);
            assertThatExceptionOfType(InvalidRequestException.class)
                    .isThrownBy(() -> new Reuse(1, number))
                    .withMessage("every must be 1 to 100000, not " + number);
        }
    }

    @Test
    void readingHasLimits() {
        assertThat(new ReadOptions(true, 1).maxPixels()).isEqualTo(1);
        assertThat(new ReadOptions(true, ReadOptions.MAX_PIXELS).maxPixels()).isEqualTo(700_000_000);
    }

    @Test
    void imagesAndMasksThatDifferHaveOtherHashCodes() {
        assertThat(SOURCE)
                .hasSameHashCodeAs(TestImages.gradient(3, 2))
                .doesNotHaveSameHashCodeAs(TestImages.gradient(2, 3));
        assertThat(MASK).doesNotHaveSameHashCodeAs(MASK.inverted());
        assertThat(DescribeRequest.builder("What?").build())
                .doesNotHaveSameHashCodeAs(DescribeRequest.builder("Who?").build());
    }
}
