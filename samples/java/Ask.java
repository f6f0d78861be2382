// Answers a question about an image, and prints the answer while it is written:
//   java -cp unipic.jar Ask.java unipic-1.5b fox.png "What animal is this?"

import io.github.unipic.DescribeRequest;
import io.github.unipic.Image;
import io.github.unipic.UniPic;
import java.nio.file.Path;

public class Ask {
    public static void main(String[] args) {
        DescribeRequest request = DescribeRequest.builder(args[2])
                .image(Image.read(Path.of(args[1])))
                .maxTokens(200)
                .listener(System.out::print)
                .build();
        try (UniPic unipic = UniPic.load(Path.of(args[0]))) {
            unipic.describe(request);
            System.out.println();
        }
    }
}
