package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.testing.SmallModel;
import org.junit.jupiter.api.Test;

/** Matrices that are copied and matrices that are mapped give the same image. */
class PrepackTest {
    private static byte[] draw(boolean prepack) {
        GenerateRequest request = GenerateRequest.builder("a red circle")
                .size(96, 64)
                .iterations(3)
                .diffusionSteps(5)
                .seed(7)
                .build();
        try (UniPic unipic = SmallModel.builder().prepack(prepack).load()) {
            return unipic.generate(request).get(0).rgb();
        }
    }

    @Test
    void levelsDifferByAtMostOne() {
        byte[] mapped = draw(false);
        byte[] copied = draw(true);
        assertThat(copied).hasSameSizeAs(mapped);
        for (int i = 0; i < mapped.length; i++) {
            assertThat(Math.abs((mapped[i] & 0xff) - (copied[i] & 0xff))).isLessThanOrEqualTo(1);
        }
    }
}
