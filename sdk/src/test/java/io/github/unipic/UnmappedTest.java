package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.testing.Folders;
import io.github.unipic.testing.ModelCopy;
import io.github.unipic.testing.Requests;
import io.github.unipic.testing.SmallModel;
import io.github.unipic.testing.TestImages;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Weights that are read into memory instead of mapped. */
class UnmappedTest {
    private static final Image PHOTO = TestImages.gradient(64, 64);

    private static Results expected;

    @TempDir
    private Path folder;

    @BeforeAll
    static void computeWithMappedOnes() {
        try (UniPic unipic = SmallModel.builder().load()) {
            expected = Results.of(unipic);
        }
    }

    /** Everything that a model can do. */
    private record Results(byte[] drawn, byte[] edited, String answer) {
        static Results of(UniPic unipic) {
            return new Results(
                    unipic.generate(request()).get(0).rgb(),
                    unipic.edit(Requests.edit(PHOTO, request())).get(0).rgb(),
                    unipic.describe(DescribeRequest.builder("What?")
                                    .image(PHOTO)
                                    .maxTokens(4)
                                    .build())
                            .text());
        }

        void assertSame(Results others) {
            assertThat(others.drawn).isEqualTo(drawn);
            assertThat(others.edited).isEqualTo(edited);
            assertThat(others.answer).isEqualTo(answer);
        }

        private static GenerateRequest request() {
            return GenerateRequest.builder("a red circle")
                    .size(64, 64)
                    .iterations(2)
                    .diffusionSteps(3)
                    .seed(7)
                    .build();
        }
    }

    @Test
    void computesTheSame() throws IOException {
        Path model = Folders.copy(SmallModel.folder(), folder.resolve("model"));
        try (UniPic unipic = UniPic.builder(model).threads(1).mapped(false).load()) {
            cutEveryFile(model);
            expected.assertSame(Results.of(unipic));
        }
    }

    /** What would end the process if the files were mapped. */
    private static void cutEveryFile(Path model) throws IOException {
        List<Path> files;
        try (Stream<Path> list = Files.list(model)) {
            files = list.toList();
        }
        for (Path file : files) {
            try (RandomAccessFile open = new RandomAccessFile(file.toFile(), "rw")) {
                open.setLength(0);
            }
        }
    }

    @Test
    void graphsAreReadEachTimeWhereNoneIsKept() throws IOException {
        Path model = Folders.copy(SmallModel.folder(), folder.resolve("model"));
        try (UniPic unipic =
                UniPic.builder(model).threads(1).mapped(false).keepLoaded(false).load()) {
            expected.assertSame(Results.of(unipic));
            try (RandomAccessFile data =
                    new RandomAccessFile(model.resolve("mar_encoder.data").toFile(), "rw")) {
                data.setLength(data.length() / 2);
            }
            assertThatExceptionOfType(ModelFormatException.class)
                    .isThrownBy(() -> Results.of(unipic))
                    .withMessageContainingAll("mar_encoder.data", "ends after");
        }
    }

    @Test
    void aGraphThatDoesNotOpenIsSaidOnLoading() throws IOException {
        ModelCopy copy = ModelCopy.of(SmallModel.folder(), folder.resolve("model"));
        copy.replace("text_head.onnx", new byte[] {0x3a, 0x7f});
        Path model = copy.finish();
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(() -> UniPic.builder(model).threads(1).mapped(false).load())
                .withMessageContaining("text_head.onnx");
    }
}
