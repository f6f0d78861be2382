package io.github.unipic.conformance.bench;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.unipic.conformance.bench.RandomWeights.Form;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class RandomWeightsTest {
    private static final Map<String, long[]> SHAPES = new LinkedHashMap<>();

    static {
        SHAPES.put("norm.weight", new long[] {5});
        // More than is written at once.
        SHAPES.put("linear.weight", new long[] {700, 900});
    }

    @TempDir
    private Path folder;

    @Test
    void tensorsLieBehindTheHeaderWithTheDeviationOfTheirFanIn() throws IOException {
        RandomWeights weights = new RandomWeights(Form.F32);
        ByteBuffer file = written(weights, "weights.safetensors");
        int header = (int) file.getLong(0);
        JsonNode index = new JsonMapper().readTree(new String(file.array(), Long.BYTES, header));
        assertThat(index.at("/linear.weight/data_offsets").toString()).isEqualTo("[20,2520020]");
        assertThat(index.at("/linear.weight/shape").toString()).isEqualTo("[700,900]");
        assertThat(file.capacity()).isEqualTo(Long.BYTES + header + 2520020);
        assertThat(weights.bytes(SHAPES)).isEqualTo(2520020);

        FloatBuffer values = file.position(Long.BYTES + header)
                .slice()
                .order(ByteOrder.LITTLE_ENDIAN)
                .asFloatBuffer();
        for (int i = 0; i < 5; i++) {
            assertThat(values.get(i)).isCloseTo(1, within(0.1f));
        }
        double squares = 0;
        for (int i = 5; i < values.capacity(); i++) {
            squares += Math.pow(values.get(i), 2);
        }
        assertThat(Math.sqrt(squares / 630000)).isCloseTo(1 / Math.sqrt(900), within(1e-4));
    }

    @Test
    void areTheSameEachTime() throws IOException {
        assertThat(written(new RandomWeights(Form.BF16), "one"))
                .isEqualTo(written(new RandomWeights(Form.BF16), "other"))
                .isNotEqualTo(written(new RandomWeights(Form.F32), "float32"));
    }

    /** The published pytorch_model.bin has 2.93 billion weights, the autoencoder 66 million. */
    @Test
    void thePublishedSizesAreThoseOfTheModel() {
        assertThat(PublishedCheckpoint.bytes()).isBetween(6_100_000_000L, 6_150_000_000L);
    }

    private ByteBuffer written(RandomWeights weights, String name) throws IOException {
        Path file = folder.resolve(name);
        weights.write(file, SHAPES);
        return ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
    }
}
