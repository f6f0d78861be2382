// Generates an image of a fox, fox.png:
//   java -cp unipic.jar Fox.java unipic-1.5b

import io.github.unipic.Image;
import io.github.unipic.UniPic;
import java.nio.file.Path;

public class Fox {
    public static void main(String[] args) {
        try (UniPic unipic = UniPic.load(Path.of(args[0]))) {
            Image fox = unipic.generate("A red fox in the snow");
            fox.save(Path.of("fox.png"));
        }
    }
}
