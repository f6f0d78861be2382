// Makes the images of README.md and docs with the built-in model, after changes to the model or the sampler:
//   ./unipic info && java -cp "samples/cli/target/unipic-cli.jar:$(cat samples/cli/target/classpath)" docs/images/MakeImages.java docs/images

import io.github.unipic.DescribeRequest;
import io.github.unipic.EditRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.InpaintRequest;
import io.github.unipic.Mask;
import io.github.unipic.UniPic;
import io.github.unipic.conformance.EmbeddedCheckpoint;
import io.github.unipic.export.ExportListener;
import io.github.unipic.export.ExportRequest;
import io.github.unipic.export.Exporter;
import io.github.unipic.export.Precision;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.imageio.ImageIO;

public class MakeImages {
    private static final String PROMPT = "a red circle above a blue square on a pink background";
    private static final int ITERATIONS = 12;
    /** Pixels of the file for one pixel of the image. */
    private static final int SCALE = 3;

    private static final int GAP = 12;

    public static void main(String[] args) throws Exception {
        Path out = Path.of(args[0]);
        Path work = Files.createTempDirectory("unipic-images-");
        EmbeddedCheckpoint.TRAINED.copyTo(work);
        Path model = work.resolve("model");
        Exporter.export(
                new ExportRequest(work.resolve("checkpoint"), model, Precision.FP32, false), ExportListener.NONE);
        try (UniPic unipic = UniPic.load(model)) {
            Image drawn = generate(unipic, out.resolve("generate.png"));
            edit(unipic, drawn, out.resolve("edit.png"));
            inpaint(unipic, drawn, out.resolve("inpaint.png"));
            System.out.println(unipic.describe(DescribeRequest.builder("Describe the image in detail.")
                            .image(drawn)
                            .build())
                    .text());
        }
    }

    /** After 3, 6 and 9 of 12 iterations, and the result. */
    private static Image generate(UniPic unipic, Path file) throws Exception {
        List<Image> frames = new ArrayList<>();
        Image drawn = unipic.generate(GenerateRequest.builder(PROMPT)
                        .iterations(ITERATIONS)
                        .seed(1)
                        .listener(progress -> {
                            if (progress.iteration() % 3 == 0 && progress.iteration() < ITERATIONS) {
                                frames.addAll(progress.preview().get());
                            }
                        })
                        .build())
                .get(0);
        frames.add(drawn);
        strip(frames, file);
        return drawn;
    }

    private static void edit(UniPic unipic, Image source, Path file) throws Exception {
        Image cyan = edit(unipic, source, "Make the background cyan.", 1);
        strip(List.of(source, cyan, edit(unipic, cyan, "Make the blue square green.", 1)), file);
    }

    private static Image edit(UniPic unipic, Image source, String instruction, long seed) {
        return unipic.edit(EditRequest.builder(source, instruction).seed(seed).build())
                .get(0);
    }

    private static void inpaint(UniPic unipic, Image source, Path file) throws Exception {
        Mask mask = Mask.rectangle(64, 64, 8, 32, 48, 32);
        Image result = unipic.inpaint(InpaintRequest.builder(
                                source, mask, "a red circle above a green triangle on a pink background")
                        .seed(1)
                        .build())
                .get(0);
        strip(List.of(source, image(mask), result), file);
    }

    private static Image image(Mask mask) {
        boolean[] pixels = mask.pixels();
        byte[] rgb = new byte[3 * pixels.length];
        for (int i = 0; i < rgb.length; i++) {
            rgb[i] = (byte) (pixels[i / 3] ? 255 : 0);
        }
        return Image.ofRgb(mask.width(), mask.height(), rgb);
    }

    /** The images side by side, enlarged without smoothing. */
    private static void strip(List<Image> images, Path file) throws Exception {
        int side = SCALE * images.get(0).width();
        BufferedImage strip = new BufferedImage(
                images.size() * (side + GAP) - GAP, side, BufferedImage.TYPE_INT_RGB);
        Graphics2D graphics = strip.createGraphics();
        graphics.setColor(Color.WHITE);
        graphics.fillRect(0, 0, strip.getWidth(), side);
        for (int i = 0; i < images.size(); i++) {
            graphics.drawImage(images.get(i).toBufferedImage(), i * (side + GAP), 0, side, side, null);
        }
        graphics.dispose();
        ImageIO.write(strip, "png", file.toFile());
    }
}
