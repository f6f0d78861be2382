// Regenerates the part of an image where a mask of the same size is white, and writes inpainted.png:
//   java -cp unipic.jar Inpaint.java unipic-1.5b fox.png mask.png "A red fox with a hat"

import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.Inpainting;
import io.github.unipic.Mask;
import io.github.unipic.UniPic;
import java.nio.file.Path;

public class Inpaint {
    public static void main(String[] args) {
        Image image = Image.read(Path.of(args[1]));
        Mask mask = Mask.read(Path.of(args[2]));
        try (UniPic unipic = UniPic.load(Path.of(args[0]))) {
            Image inpainted = unipic.inpaint(Inpainting.of(image, mask), GenerateRequest.of(args[3]))
                    .get(0);
            inpainted.save(Path.of("inpainted.png"));
        }
    }
}
