package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.DescribeRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.UniPic;
import io.github.unipic.export.Precision;
import io.github.unipic.testing.Folders;
import io.github.unipic.testing.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Weights in every precision except that of the sdk's test model, read into memory instead of mapped. */
class UnmappedPrecisionTest {
    private static final Image PHOTO = TestImages.gradient(64, 64);

    @ParameterizedTest
    @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "FP32")
    void computesTheSame(Precision precision, @TempDir Path folder) throws IOException {
        Path model = Folders.copy(SmallCheckpoint.model(precision), folder.resolve("model"));
        Image image;
        String answer;
        try (UniPic unipic = UniPic.builder(model).threads(1).load()) {
            image = draw(unipic);
            answer = answer(unipic);
        }
        try (UniPic unipic = UniPic.builder(model).threads(1).mapped(false).load()) {
            emptyEveryFile(model);
            assertThat(draw(unipic).rgb()).isEqualTo(image.rgb());
            assertThat(answer(unipic)).isEqualTo(answer);
        }
    }

    private static Image draw(UniPic unipic) {
        return unipic.generate(GenerateRequest.builder("a red circle")
                        .size(64, 64)
                        .iterations(2)
                        .diffusionSteps(3)
                        .seed(7)
                        .build())
                .get(0);
    }

    private static String answer(UniPic unipic) {
        return unipic.describe(DescribeRequest.builder("What?")
                        .image(PHOTO)
                        .maxTokens(4)
                        .build())
                .text();
    }

    /** What would end the process if the files were mapped. */
    private static void emptyEveryFile(Path model) throws IOException {
        List<Path> files;
        try (Stream<Path> list = Files.list(model)) {
            files = list.toList();
        }
        for (Path file : files) {
            Files.write(file, new byte[0]);
        }
    }
}
