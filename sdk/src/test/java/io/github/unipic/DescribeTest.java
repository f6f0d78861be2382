package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.Answer.FinishReason;
import io.github.unipic.ModelInfo.Task;
import io.github.unipic.testing.Folders;
import io.github.unipic.testing.SmallModel;
import io.github.unipic.testing.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Questions about images through the public API; the small model's answers are gibberish. */
class DescribeTest {
    private static UniPic unipic;
    private static Image photo;

    @BeforeAll
    static void load() {
        unipic = SmallModel.builder().load();
        photo = TestImages.gradient(90, 70);
    }

    @AfterAll
    static void close() {
        unipic.close();
    }

    private static DescribeRequest.Builder ask() {
        return DescribeRequest.builder("What is in the image?").image(photo).maxTokens(24);
    }

    @Test
    void greedyAnswersAreTheSameEachTimeAndStreamedWhole() {
        List<String> pieces = new ArrayList<>();
        Answer first = unipic.describe(ask().listener(pieces::add).build());
        assertThat(unipic.describe(ask().build()))
                .usingRecursiveComparison()
                .ignoringFields("prefill", "total")
                .isEqualTo(first);
        assertThat(String.join("", pieces)).isEqualTo(first.text());
        assertThat(pieces).noneMatch(String::isEmpty);
        assertThat(first.tokens()).hasSizeBetween(1, 24);
    }

    @Test
    void thePathMattersAndSiglipIsTheDefault() {
        Answer base = unipic.describe(ask().build());
        assertThat(unipic.describe(ask().vision(VisionPath.MAR).build()))
                .usingRecursiveComparison()
                .ignoringFields("prefill", "total")
                .isNotEqualTo(base);
        assertThat(unipic.describe(ask().vision(VisionPath.SIGLIP).build()))
                .usingRecursiveComparison()
                .ignoringFields("prefill", "total")
                .isEqualTo(base);
    }

    @Test
    void everyImageOfAQuestionIsSeen() {
        try (Conversation one = unipic.conversation();
                Conversation two = unipic.conversation()) {
            one.ask(ask().maxTokens(1).build());
            two.ask(ask().image(photo).maxTokens(1).build());
            assertThat(two.tokens() - one.tokens())
                    .as("16 patches and a line break")
                    .isEqualTo(17);
        }
    }

    @Test
    void aBlankQuestionAsksTheModelsOwn() {
        assertThat(unipic.describe(photo, " ")).isEqualTo(unipic.describe(photo, "Describe the image in detail."));
    }

    @Test
    void samplingFollowsTheSeed() {
        Answer seven = unipic.describe(ask().temperature(1).seed(7).build());
        assertThat(unipic.describe(ask().temperature(1).seed(7).build()))
                .usingRecursiveComparison()
                .ignoringFields("prefill", "total")
                .isEqualTo(seven);
        Set<List<Integer>> answers = new HashSet<>();
        for (int seed = 0; seed < 5; seed++) {
            answers.add(unipic.describe(ask().temperature(1).seed(seed).build()).tokens());
        }
        assertThat(answers).hasSizeGreaterThan(1);
    }

    @Test
    void oneCandidateIsGreedyWhateverTheTemperature() {
        Answer greedy = unipic.describe(ask().build());
        assertThat(unipic.describe(ask().temperature(5).topK(1).build()))
                .usingRecursiveComparison()
                .ignoringFields("prefill", "total")
                .isEqualTo(greedy);
        assertThat(unipic.describe(ask().temperature(5).topP(1e-9).build()))
                .usingRecursiveComparison()
                .ignoringFields("prefill", "total")
                .isEqualTo(greedy);
    }

    @Test
    void aRepetitionPenaltyMakesTokensRarer() {
        List<Integer> plain = unipic.describe(ask().maxTokens(60).build()).tokens();
        List<Integer> penalized = unipic.describe(
                        ask().maxTokens(60).repetitionPenalty(100).build())
                .tokens();
        assertThat(new HashSet<>(penalized)).hasSizeGreaterThanOrEqualTo(new HashSet<>(plain).size());
        assertThat(new HashSet<>(penalized)).hasSameSizeAs(penalized);
    }

    @Test
    void answersEndAtTheirMostTokensAndAtStopStrings() {
        assertThat(unipic.describe(ask().maxTokens(3).build()))
                .satisfies(answer -> assertThat(answer.finishReason()).isEqualTo(FinishReason.MAX_TOKENS))
                .satisfies(answer -> assertThat(answer.tokens()).hasSize(3));
        String text = unipic.describe(ask().maxTokens(60).build()).text();
        String stop = text.substring(text.length() / 2, text.length() / 2 + 2);
        Answer stopped = unipic.describe(ask().maxTokens(60).stopSequence(stop).build());
        assertThat(stopped.finishReason()).isEqualTo(FinishReason.STOP_SEQUENCE);
        assertThat(stopped.text()).isEqualTo(text.substring(0, text.indexOf(stop)));
    }

    @Test
    void cancellationStopsTheAnswer() {
        Cancellation cancellation = new Cancellation();
        List<String> pieces = new ArrayList<>();
        DescribeRequest request = ask().maxTokens(10_000)
                .cancellation(cancellation)
                .listener(piece -> {
                    pieces.add(piece);
                    cancellation.cancel();
                })
                .build();
        assertThatExceptionOfType(CancelledException.class).isThrownBy(() -> unipic.describe(request));
        assertThat(pieces).hasSize(1);
    }

    @Test
    void withoutAVisionEncoderMarLooks(@TempDir Path folder) throws IOException {
        Path model = Folders.copy(SmallModel.folder(), folder.resolve("model"));
        Path manifest = model.resolve("unipic.json");
        Files.writeString(
                manifest,
                Files.readString(manifest)
                        .replace("\"vision_encoder\" : {", "\"vision_encoder_of_the_future\" : {")
                        .replaceAll("\"vision_image\" : \\d+", "\"vision_image\" : 0"));
        Answer mar = unipic.describe(ask().vision(VisionPath.MAR).build());
        try (UniPic blind = UniPic.builder(model).threads(1).load()) {
            assertThat(blind.info().tasks()).contains(Task.DESCRIBE);
            assertThat(blind.describe(ask().build()))
                    .usingRecursiveComparison()
                    .ignoringFields("prefill", "total")
                    .isEqualTo(mar);
            assertThatExceptionOfType(ModelFormatException.class)
                    .isThrownBy(
                            () -> blind.describe(ask().vision(VisionPath.SIGLIP).build()))
                    .withMessageContaining("vision_encoder");
        }
    }

    @Test
    void questionsWithoutImagesOrBeyondTheContextAreRefused() {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(
                        () -> unipic.describe(DescribeRequest.builder("What?").build()))
                .withMessageContaining("image");
        String endless = "龘".repeat(33_000);
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> unipic.describe(photo, endless))
                .withMessageContaining("context")
                .withMessageNotContaining("\n");
    }
}
