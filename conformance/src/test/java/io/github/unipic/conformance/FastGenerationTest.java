package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.GenerateRequest;
import io.github.unipic.UniPic;
import io.github.unipic.export.Precision;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code fast} computes conditions outside the graphs, so it must work in each type that graphs have. */
class FastGenerationTest {
    private static final Map<Precision, byte[]> PIXELS = new EnumMap<>(Precision.class);

    @ParameterizedTest
    @EnumSource(value = Precision.class, mode = EnumSource.Mode.EXCLUDE, names = "FP32")
    void isCloseToFloat32(Precision precision) {
        assertThat(difference(pixels(precision), pixels(Precision.FP32)))
                .as("mean difference of pixel values")
                .isLessThan(8);
    }

    @Test
    void isNotExactGeneration() {
        assertThat(difference(pixels(Precision.FP32), generate(Precision.FP32, false)))
                .as("mean difference of pixel values")
                .isGreaterThan(8);
    }

    private static synchronized byte[] pixels(Precision precision) {
        return PIXELS.computeIfAbsent(precision, each -> generate(each, true));
    }

    private static byte[] generate(Precision precision, boolean fast) {
        Path model = SmallCheckpoint.model(precision);
        GenerateRequest.Builder request =
                GenerateRequest.builder("a red fox").size(64, 64).iterations(8).seed(5);
        if (fast) {
            request.fast();
        }
        try (UniPic unipic = UniPic.builder(model).threads(1).load()) {
            return unipic.generate(request.build()).get(0).rgb();
        }
    }

    private static double difference(byte[] one, byte[] other) {
        long sum = 0;
        for (int i = 0; i < one.length; i++) {
            sum += Math.abs((one[i] & 255) - (other[i] & 255));
        }
        return (double) sum / one.length;
    }
}
