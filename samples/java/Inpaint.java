// Regenerates the part of an image where a mask of the same size is white, and writes inpainted.png:
//   java -cp unipic.jar Inpaint.java unipic-1.5b fox.png mask.png "A red fox with a hat"

import io.github.unipic.Image;
import io.github.unipic.InpaintRequest;
import io.github.unipic.Mask;
import io.github.unipic.UniPic;
import java.nio.file.Path;

public class Inpaint {
    public static void main(String[] args) {
        Image image = Image.read(Path.of(args[1]));
        Mask mask = Mask.read(Path.of(args[2]));
        try (UniPic unipic = UniPic.load(Path.of(args[0]))) {
            InpaintRequest request =
                    InpaintRequest.builder(image, mask, args[3]).build();
            unipic.inpaint(request).get(0).save(Path.of("inpainted.png"));
        }
    }
}
