package io.github.unipic.generation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatNoException;

import io.github.unipic.Image;
import io.github.unipic.InferenceException;
import io.github.unipic.ModelFormatException;
import io.github.unipic.VisionPath;
import io.github.unipic.image.Framing;
import io.github.unipic.image.Resampling;
import io.github.unipic.model.GraphName;
import io.github.unipic.model.Grid;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.Engine;
import io.github.unipic.runtime.Execution;
import io.github.unipic.runtime.RuntimeOptions.Memory;
import io.github.unipic.runtime.Tensor;
import io.github.unipic.runtime.TestExecution;
import io.github.unipic.testing.ModelCopy;
import io.github.unipic.testing.SmallModel;
import io.github.unipic.testing.TestImages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** From images to embeddings and tokens, and from tokens to images. */
class ImageEncoderTest {
    private static final Image WIDE = TestImages.gradient(40, 24);

    private static Engine engine;
    private static Execution execution;
    private static ImageEncoder encoder;

    @BeforeAll
    static void load() {
        engine = open(SmallModel.folder());
        execution = TestExecution.of(engine);
        encoder = new ImageEncoder(execution);
    }

    @AfterAll
    static void close() {
        engine.close();
    }

    private static Engine open(Path model) {
        return Engine.open(ModelFolder.open(model, false), SmallModel.options(Memory.DEFAULTS));
    }

    /** value / 127.5 - 1, channel by channel. */
    private static Tensor pixels(Image image) {
        byte[] rgb = image.rgb();
        int plane = image.width() * image.height();
        float[] values = new float[rgb.length];
        for (int i = 0; i < rgb.length; i++) {
            values[i % 3 * plane + i / 3] = (float) ((rgb[i] & 0xff) / 127.5 - 1);
        }
        return Tensor.floats(values, 1, 3, image.height(), image.width());
    }

    private static void assertClose(Tensor actual, Tensor expected) {
        assertThat(actual.shape()).isEqualTo(expected.shape());
        assertThat(actual.toFloats()).usingComparatorWithPrecision(1e-4f).containsExactly(expected.toFloats());
    }

    // ---- the encoder to use

    @Test
    void theVisionEncoderIsTheDefault() {
        assertThat(encoder.path(Optional.empty())).isEqualTo(VisionPath.SIGLIP);
        assertThat(encoder.path(Optional.of(VisionPath.SIGLIP))).isEqualTo(VisionPath.SIGLIP);
        assertThat(encoder.path(Optional.of(VisionPath.MAR))).isEqualTo(VisionPath.MAR);
    }

    @Test
    void withoutAVisionEncoderMarIsTheDefault(@TempDir Path folder) throws IOException {
        ModelCopy copy = ModelCopy.of(SmallModel.folder(), folder.resolve("model"));
        copy.forgetGraph(GraphName.VISION_ENCODER);
        Path model = copy.finish();
        Path manifest = model.resolve("unipic.json");
        Files.writeString(
                manifest, Files.readString(manifest).replaceAll("\"vision_image\" *: *64", "\"vision_image\" : 0"));
        try (Engine blind = open(model)) {
            ImageEncoder mar = new ImageEncoder(TestExecution.of(blind));
            assertThat(mar.path(Optional.empty())).isEqualTo(VisionPath.MAR);
            assertThat(mar.path(Optional.of(VisionPath.MAR))).isEqualTo(VisionPath.MAR);
            assertThatExceptionOfType(ModelFormatException.class)
                    .isThrownBy(() -> mar.path(Optional.of(VisionPath.SIGLIP)))
                    .withMessage(
                            "The model in " + model + " has no vision_encoder; look at images with VisionPath.MAR.");
        }
    }

    /** The vision encoder makes 4 x 4, MAR 8 x 8 and 8 of the buffer. */
    @Test
    void theNumberOfEmbeddingsIsKnownBefore() {
        assertThat(encoder.tokens(VisionPath.SIGLIP)).isEqualTo(16);
        assertThat(encoder.tokens(VisionPath.MAR)).isEqualTo(64 + 8);
        assertThat(encoder.tokens(new Grid(3, 5))).isEqualTo(15 + 8);
        for (VisionPath path : VisionPath.values()) {
            try (Tensor embeds = encoder.embeds(WIDE, path)) {
                assertThat(embeds.shape()).containsExactly(1, encoder.tokens(path), 64);
            }
        }
    }

    // ---- embeddings

    @Test
    void theVisionEncoderSeesAPaddedSquare() {
        try (Tensor pixels = pixels(Resampling.resize(Framing.padToSquare(WIDE), 64, 64));
                Tensor expected = new VisionEncoder(execution).encode(pixels);
                Tensor embeds = encoder.embeds(WIDE, VisionPath.SIGLIP)) {
            assertClose(embeds, expected);
        }
    }

    @Test
    void marSeesAPaddedSquareOfTheModelsSize() {
        try (Tensor pixels = pixels(Resampling.resize(Framing.padToSquare(WIDE), 128, 128));
                MarEncoding expected = encoder.encode(pixels);
                Tensor embeds = encoder.embeds(WIDE, VisionPath.MAR)) {
            assertThat(expected.grid()).isEqualTo(new Grid(8, 8));
            assertClose(embeds, expected.embeds());
        }
    }

    @Test
    void aSourceIsTheMiddleSquare() {
        long open = Tensor.open();
        try (Tensor pixels = pixels(Resampling.resize(Framing.cropToSquare(WIDE), 32, 32));
                MarEncoding expected = encoder.encode(pixels);
                MarEncoding source = encoder.source(WIDE, 32)) {
            assertThat(source.grid()).isEqualTo(new Grid(2, 2));
            assertClose(source.embeds(), expected.embeds());
            assertClose(source.encoded(), expected.encoded());
            assertThat(source.canvas().orElseThrow().shape()).containsExactly(1, 4 + 8, 48);
        }
        assertThat(Tensor.open()).isEqualTo(open);
    }

    @Test
    void latentsAreThoseOfTheImagesPixels() {
        Image image = TestImages.gradient(48, 32);
        long open = Tensor.open();
        try (Tensor pixels = pixels(image);
                Tensor expected = new Autoencoder(execution).encode(pixels);
                Tensor latents = new Autoencoder(execution).encode(image)) {
            assertThat(latents.shape()).containsExactly(1, 2, 3, 16);
            assertClose(latents, expected);
        }
        assertThat(Tensor.open()).isEqualTo(open);
    }

    // ---- decoding

    private static float[] gaussian(int count) {
        Random random = new Random(count);
        float[] values = new float[count];
        for (int i = 0; i < count; i++) {
            values[i] = (float) random.nextGaussian();
        }
        return values;
    }

    /** UNIPIC: pixel = trunc(clamp(127.5 x + 128, 0, 255)). */
    @Test
    void everyImageOfABatchIsDecoded() {
        Grid grid = new Grid(2, 3);
        ImageTokens tokens = ImageTokens.of(2, grid, gaussian(6 * 16));
        try (Tensor other = Tensor.floats(new float[] {9, 8, 7, 6, 5, 4, 3, 2, 1, 0, 1, 2, 3, 4, 5, 6}, 1, 16)) {
            tokens.put(List.of(new int[0], new int[] {4}), other);
        }
        long open = Tensor.open();
        List<Image> images = new Autoencoder(execution).decode(tokens);
        assertThat(Tensor.open()).isEqualTo(open);
        assertThat(images).hasSize(2);
        for (int i = 0; i < 2; i++) {
            try (Tensor latents = tokens.latents(i);
                    Tensor pixels = new Autoencoder(execution).decode(latents)) {
                assertThat(pixels.shape()).containsExactly(1, 3, 32, 48);
                float[] values = pixels.toFloats();
                byte[] rgb = new byte[values.length];
                for (int at = 0; at < rgb.length; at++) {
                    float value = 127.5f * values[at % 3 * 32 * 48 + at / 3] + 128;
                    rgb[at] = (byte) (int) Math.min(255, Math.max(0, value));
                }
                assertThat(images.get(i).width()).isEqualTo(48);
                assertThat(images.get(i).rgb()).isEqualTo(rgb);
            }
        }
    }

    @Test
    void pixelsThatAreNotFiniteAreAnError() {
        float[] latents = gaussian(16);
        latents[3] = Float.NaN;
        long open = Tensor.open();
        assertThatExceptionOfType(InferenceException.class)
                .isThrownBy(() -> new Autoencoder(execution).decode(ImageTokens.of(1, new Grid(1, 1), latents)))
                .withMessageContaining("decoded a pixel that is not finite (NaN)");
        assertThat(Tensor.open()).isEqualTo(open);
    }

    // ---- what the manifest says of sizes

    @Test
    void aTokenHasThePixelsThatTheManifestSays() {
        for (int[] wrong : new int[][] {{32, 47}, {32, 49}, {31, 48}, {33, 48}}) {
            long open = Tensor.open();
            assertThatExceptionOfType(ModelFormatException.class)
                    .isThrownBy(() -> Autoencoder.requireScale(execution, wrong[0], wrong[1], Tensor.scalar(1), 2, 3))
                    .withMessage("The manifest in " + SmallModel.folder()
                            + " gives an image token 16 x 16 pixels, but the graphs make 3 x 2 of them " + wrong[1]
                            + " x " + wrong[0] + " pixels; export the model again.");
            assertThat(Tensor.open()).isEqualTo(open);
        }
        try (Tensor right = Tensor.scalar(1)) {
            assertThatNoException().isThrownBy(() -> Autoencoder.requireScale(execution, 32, 48, right, 2, 3));
        }
    }

    @Test
    void everyGraphOfTheAutoencoderIsChecked(@TempDir Path folder) throws IOException {
        Path model = ModelCopy.of(SmallModel.folder(), folder.resolve("model")).finish();
        Path manifest = model.resolve("unipic.json");
        Files.writeString(
                manifest, Files.readString(manifest).replaceAll("\"downsampling\" *: *16", "\"downsampling\" : 8"));
        try (Engine wrong = open(model);
                Tensor latents = Tensor.floats(gaussian(6 * 16), 1, 2, 3, 16)) {
            Execution own = TestExecution.of(wrong);
            Autoencoder autoencoder = new Autoencoder(own);
            long open = Tensor.open();
            for (Runnable run : List.<Runnable>of(
                    () -> autoencoder.encode(TestImages.gradient(48, 32)),
                    () -> autoencoder.decode(latents),
                    () -> new TiledDecoder(own).features(latents))) {
                assertThatExceptionOfType(ModelFormatException.class)
                        .isThrownBy(run::run)
                        .withMessageContaining("8 x 8 pixels, but the graphs make 3 x 2 of them 48 x 32 pixels");
            }
            assertThat(Tensor.open()).isEqualTo(open);
        }
    }
}
