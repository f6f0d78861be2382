package io.github.unipic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.testing.Folders;
import io.github.unipic.testing.ModelCopy;
import io.github.unipic.testing.SmallModel;
import io.github.unipic.testing.TestImages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A model folder that is replaced, by renaming, while it is in use. */
class FolderChangeTest {
    private static final Image PHOTO = TestImages.gradient(64, 64);

    @TempDir
    private Path folder;

    private static Image expected;

    private Path model;
    private Path old;

    @BeforeAll
    static void drawFromWhatStays() {
        try (UniPic unipic = SmallModel.builder().load()) {
            expected = draw(unipic);
        }
    }

    @BeforeEach
    void copy() throws IOException {
        model = Folders.copy(SmallModel.folder(), folder.resolve("model"));
        old = folder.resolve("old");
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

    private static String describe(UniPic unipic) {
        return unipic.describe(DescribeRequest.builder("What?")
                        .image(PHOTO)
                        .maxTokens(3)
                        .build())
                .text();
    }

    private void replace() throws IOException {
        Path other = modelOfOtherWeights();
        Files.move(model, old);
        Files.move(other, model);
    }

    /** All weights are halved. */
    private Path modelOfOtherWeights() throws IOException {
        ModelCopy copy = ModelCopy.of(SmallModel.folder(), folder.resolve("other"));
        try (DirectoryStream<Path> files = Files.newDirectoryStream(SmallModel.folder(), "*.data")) {
            for (Path file : files) {
                ByteBuffer weights = ByteBuffer.wrap(Files.readAllBytes(file)).order(ByteOrder.LITTLE_ENDIAN);
                for (int at = 0; at < weights.limit(); at += Float.BYTES) {
                    weights.putFloat(at, weights.getFloat(at) / 2);
                }
                copy.replace(file.getFileName().toString(), weights.array());
            }
        }
        return copy.finish();
    }

    private void assertChanged(ThrowingCallable call) {
        assertThatExceptionOfType(ModelFormatException.class)
                .isThrownBy(call)
                .withMessageContainingAll(model.toString(), "has changed since it was loaded", "load it again")
                .withMessageNotContaining("\n");
    }

    @Test
    void whatIsLoadedGoesOnAndWhatIsNotIsNotMixedIn() throws IOException {
        try (UniPic unipic = UniPic.builder(model).threads(1).load()) {
            assertThat(draw(unipic).rgb()).isEqualTo(expected.rgb());
            replace();
            assertThat(draw(unipic).rgb()).isEqualTo(expected.rgb());
            assertChanged(() -> describe(unipic));
            assertThat(draw(unipic).rgb()).isEqualTo(expected.rgb());
        }
    }

    @Test
    void graphsThatAreLoadedForEachRequestAreNotThoseOfAnotherModel() throws IOException {
        try (UniPic unipic = UniPic.builder(model).keepLoaded(false).load()) {
            assertThat(draw(unipic).rgb()).isEqualTo(expected.rgb());
            replace();
            assertChanged(() -> draw(unipic));
            Files.move(model, folder.resolve("other again"));
            assertChanged(() -> draw(unipic));
            Files.move(old, model);
            assertThat(draw(unipic).rgb()).isEqualTo(expected.rgb());
        }
    }

    /** In the middle of a request: its loop is from the old model, its pixels would be from the new one. */
    @Test
    void aRequestUnderWayIsNotMixedEither() throws IOException {
        try (UniPic unipic = UniPic.builder(model).keepLoaded(false).load()) {
            GenerateRequest request = GenerateRequest.builder("a red circle")
                    .size(64, 64)
                    .iterations(2)
                    .diffusionSteps(3)
                    .listener(progress -> {
                        if (progress.iteration() == 2) {
                            try {
                                replace();
                            } catch (IOException e) {
                                throw new AssertionError(e);
                            }
                        }
                    })
                    .build();
            assertChanged(() -> unipic.generate(request));
        }
    }
}
