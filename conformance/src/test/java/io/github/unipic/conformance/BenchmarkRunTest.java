package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.DiffusionSteps;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.Reuse;
import io.github.unipic.UniPicException;
import io.github.unipic.conformance.BenchmarkSettings.Task;
import io.github.unipic.runtime.Graphs;
import io.github.unipic.testing.ModelCopy;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BenchmarkRunTest {
    private final List<String> progress = new ArrayList<>();

    @Test
    void measuresEveryTask() throws IOException {
        BenchmarkReport report = run(EnumSet.allOf(Task.class), new Cancellation());
        JsonNode json = new JsonMapper().readTree(report.json());
        JsonNode image = json.at("/images/0");
        assertThat(image.at("/size").intValue()).isEqualTo(64);
        // Two images of three iterations.
        for (String graph : List.of("mar_encoder", "mar_decoder", "token_sampler")) {
            assertThat(image.at("/graphs/" + graph + "/runs").intValue()).isEqualTo(6);
        }
        assertThat(image.at("/mean_level").doubleValue()).isBetween(1.0, 254.0);
        assertThat(json.at("/answers/0/ids")).hasSize(4);
        assertThat(json.at("/answers/0/graphs/text_head/runs").intValue()).isEqualTo(8);
        assertThat(json.at("/texts/0/graphs/decoder_step/runs").intValue()).isEqualTo(4);
        assertThat(json.at("/texts/0/weight_bytes_per_token").longValue()).isPositive();
        assertThat(json.at("/previews/0/seconds/median").doubleValue()).isPositive();
        assertThat(json.at("/load/session_seconds/pixel_decoder").doubleValue()).isPositive();
        assertThat(json.at("/bandwidth/read_bytes_per_second").doubleValue()).isPositive();
        assertThat(report.text())
                .contains("Text to image, 64 px, 3 iterations", "token_sampler", "Text after 10 tokens")
                .containsPattern("GB a token, \\d+ % of the bandwidth");
        assertThat(progress).contains("text to image, 64 px");
    }

    @Test
    void leavesOutWhatIsNotAskedFor() {
        BenchmarkReport report = run(Set.of(Task.TEXT), new Cancellation());
        assertThat(report.measured().images()).isEmpty();
        assertThat(report.measured().load().sessionSeconds()).doesNotContainKey("pixel_decoder");
    }

    @Test
    void canBeCancelled() {
        Cancellation cancelled = new Cancellation();
        cancelled.cancel();
        assertThatThrownBy(() -> run(Set.of(Task.PREVIEW), cancelled)).isInstanceOf(CancelledException.class);
    }

    /** The last of the graphs, and what is loaded before any. */
    @ParameterizedTest
    @ValueSource(strings = {"vision_encoder.onnx", "tokenizer.json"})
    void aModelThatDoesNotLoadLeavesNothingOpen(String damaged, @TempDir Path folder) throws IOException {
        ModelCopy copy = ModelCopy.of(SmallModel.folder(), folder.resolve("model"));
        copy.replace(damaged, new byte[] {0x3a, 0x7f});
        Path model = copy.finish();
        long open = Graphs.openSessions();
        BenchmarkSettings unmapped = new BenchmarkSettings(
                Set.of(Task.TEXT),
                List.of(64),
                3,
                DiffusionSteps.constant(2),
                3,
                Reuse.NONE,
                Reuse.NONE,
                List.of(10),
                4,
                2,
                true,
                false,
                false,
                0);
        BenchmarkRun run = new BenchmarkRun(
                model, ExecutionProvider.CPU, OptionalInt.of(1), unmapped, new Cancellation(), progress::add);
        assertThatThrownBy(run::run).isInstanceOf(UniPicException.class).hasMessageContaining(damaged);
        assertThat(Graphs.openSessions()).isEqualTo(open);
    }

    @Test
    void refusesSettingsThatMakeNoSense() {
        assertThatThrownBy(() -> new BenchmarkSettings(
                        Set.of(),
                        List.of(64),
                        3,
                        DiffusionSteps.constant(2),
                        3,
                        Reuse.NONE,
                        Reuse.NONE,
                        List.of(0),
                        4,
                        2,
                        true,
                        false,
                        true,
                        0))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage("context is 0; give at least 1.");
        assertThatThrownBy(() -> Task.of("video")).hasMessageContaining("video").hasMessageContaining("describe");
    }

    private BenchmarkReport run(Set<Task> tasks, Cancellation cancellation) {
        BenchmarkSettings settings = new BenchmarkSettings(
                tasks,
                List.of(64),
                3,
                DiffusionSteps.constant(2),
                3,
                Reuse.NONE,
                Reuse.NONE,
                List.of(10),
                4,
                2,
                true,
                false,
                true,
                Long.MAX_VALUE);
        return new BenchmarkRun(
                        SmallModel.folder(),
                        ExecutionProvider.CPU,
                        OptionalInt.of(1),
                        settings,
                        cancellation,
                        progress::add)
                .run();
    }
}
