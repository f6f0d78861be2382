// Changes an image as an instruction says, and writes edited.png:
//   java -cp unipic.jar Edit.java unipic-1.5b fox.png "Make it night"

import io.github.unipic.Image;
import io.github.unipic.UniPic;
import java.nio.file.Path;

public class Edit {
    public static void main(String[] args) {
        Image image = Image.read(Path.of(args[1]));
        try (UniPic unipic = UniPic.load(Path.of(args[0]))) {
            unipic.edit(image, args[2]).save(Path.of("edited.png"));
        }
    }
}
