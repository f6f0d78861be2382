package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.unipic.testing.SmallModel;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The options of {@code unipic bench} that say how much work an image takes. */
class BenchTest {
    @TempDir
    private Path folder;

    @Test
    void exactUnlessAskedForLess() throws IOException {
        assertThat(bench()).contains("Text to image, 32 px, 3 iterations, 25 diffusion steps, guidance 3.0\n");
        assertThat(settings().path("steps").textValue()).isEqualTo("25");
        assertThat(settings().at("/guidance_reuse/every").intValue()).isEqualTo(1);
        assertThat(graphs()).contains("mar_decoder").doesNotContain("mar_decoder_cached");
    }

    @Test
    void fastGivesWayToWhatIsGiven() throws IOException {
        assertThat(bench("--fast"))
                .contains("3 iterations, 50..5 diffusion steps, guidance 3.0 every 4, all tokens every 4\n");
        assertThat(settings().path("steps").textValue()).isEqualTo("50..5");
        assertThat(settings().at("/guidance_reuse/every").intValue()).isEqualTo(4);
        assertThat(settings().at("/token_reuse/every").intValue()).isEqualTo(4);
        assertThat(graphs()).contains("mar_decoder_cached").doesNotContain("mar_decoder");
        assertThat(bench("--steps", "6..2", "--fast"))
                .contains("3 iterations, 6..2 diffusion steps, guidance 3.0 every 4");
        assertThat(bench("--guidance-every", "2", "--tokens-every", "3"))
                .contains("3 iterations, 25 diffusion steps, guidance 3.0 every 2, all tokens every 3");
    }

    private String bench(String... options) {
        List<String> command =
                new ArrayList<>(List.of("bench", "--model", SmallModel.folder().toString(), "--tasks"));
        command.addAll(List.of("t2i", "--size", "32", "--iterations", "3", "--threads", "1", "-q", "--json"));
        command.add(folder.resolve("bench.json").toString());
        command.addAll(List.of(options));
        CommandLineRun run = CommandLineRun.of(command.toArray(String[]::new));
        assertThat(run.exitCode()).as(run.err()).isZero();
        return run.out();
    }

    private List<String> graphs() throws IOException {
        List<String> graphs = new ArrayList<>();
        new JsonMapper()
                .readTree(folder.resolve("bench.json").toFile())
                .at("/images/0/graphs")
                .fieldNames()
                .forEachRemaining(graphs::add);
        return graphs;
    }

    private JsonNode settings() throws IOException {
        return new JsonMapper().readTree(folder.resolve("bench.json").toFile()).path("settings");
    }
}
