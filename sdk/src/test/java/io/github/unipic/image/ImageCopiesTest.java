package io.github.unipic.image;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.github.unipic.Image;
import io.github.unipic.InpaintRequest;
import io.github.unipic.Mask;
import io.github.unipic.testing.ChildJvm;
import java.lang.management.ManagementFactory;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An operation on an image allocates memory only for its result. */
class ImageCopiesTest {
    private static final int WIDTH = 1200;
    private static final int HEIGHT = 800;
    private static final int BYTES = 3 * WIDTH * HEIGHT;

    /** Less than any image here, more than all that is not pixels. */
    private static final int REST = 300_000;

    private final Image image = Image.ofRgb(WIDTH, HEIGHT, new byte[BYTES]);

    /** Runs a step twice, as the first run loads classes; checks what the second takes on this thread. */
    private static <T> T takes(long bytes, Supplier<T> step) {
        step.get();
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        T result = step.get();
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isBetween(bytes, bytes + REST);
        return result;
    }

    @Test
    void aSourceIsFramedResizedAndMadePixelsWithoutCopies() {
        Image square = takes(3 * HEIGHT * HEIGHT, () -> Framing.cropToSquare(image));
        Image padded = takes(3 * WIDTH * WIDTH, () -> Framing.padToSquare(image));
        assertThat(padded.width()).isEqualTo(WIDTH);
        Image resized = takes(3 * 400 * HEIGHT, () -> Resampling.resize(square, 400, HEIGHT));
        takes(4 * 3 * 400 * HEIGHT, () -> Pixels.fromImage(resized));
    }

    @Test
    void aResultIsMadeAndPastedWithoutCopies() {
        float[] pixels = new float[BYTES];
        Image drawn = takes(BYTES, () -> Pixels.toImage(pixels, WIDTH, HEIGHT));
        Image named = takes(0, () -> drawn.withMetadata(Map.of("Title", "a fox")));
        MaskedRegion region = new MaskedRegion(Mask.of(image));
        int weights = 4 * WIDTH * HEIGHT;
        Image pasted = takes(BYTES + weights, () -> region.paste(named, image, 0));
        assertThat(pasted.metadata()).containsExactly(Map.entry("Title", "a fox"));
    }

    @Test
    void aMaskAndAnExtensionAreMadeWithoutCopies() {
        takes(WIDTH * HEIGHT, () -> Mask.of(image));
        int larger = (WIDTH + 32) * HEIGHT;
        int masks = 2 * larger; // the rectangle and its opposite
        takes(3 * larger + masks, () -> InpaintRequest.extending(image, 32, 0, 0, 0, "a fox"));
    }

    /** Whoever holds a caller's array could change the image. */
    @Test
    void whatUsersGiveAndGetIsCopied() {
        byte[] given = {1, 2, 3};
        Image one = Image.ofRgb(1, 1, given);
        given[0] = 9;
        one.rgb()[1] = 9;
        assertThat(one.rgb()).containsExactly(1, 2, 3);
    }

    /** Makes an image before anything else has loaded the class. */
    static final class FirstImage {
        private FirstImage() {}

        public static void main(String[] none) {
            System.out.print(Pixels.toImage(new float[] {1, 0, -1}, 1, 1));
        }
    }

    @Test
    void theFirstImageOfAProgramCanBeAModels(@TempDir Path folder) throws Exception {
        assertThat(ChildJvm.run(folder, FirstImage.class, List.of(), List.of(), Map.of()))
                .isEqualTo("Image[1x1, text=[]]");
    }
}
