// Generates an image for each prompt into 1.png, 2.png and so on; Enter stops it:
//   java -cp unipic.jar Batch.java unipic-1.5b "A red fox" "A brown bear" "A grey crane"

import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.GenerateRequest;
import io.github.unipic.UniPic;
import java.nio.file.Path;
import java.util.Scanner;

public class Batch {
    public static void main(String[] args) {
        Cancellation cancellation = new Cancellation();
        Thread keyboard = new Thread(() -> {
            if (new Scanner(System.in).hasNextLine()) {
                cancellation.cancel();
            }
        });
        keyboard.setDaemon(true);
        keyboard.start();
        try (UniPic unipic = UniPic.load(Path.of(args[0]))) {
            for (int i = 1; i < args.length; i++) {
                Path file = Path.of(i + ".png");
                GenerateRequest request = GenerateRequest.builder(args[i])
                        .listener(
                                p -> System.out.print("\r" + file + " " + 100 * p.iteration() / p.iterations() + " %"))
                        .cancellation(cancellation)
                        .build();
                unipic.generate(request).get(0).save(file);
                System.out.println();
            }
        } catch (CancelledException e) {
            System.out.println("\nStopped");
        }
    }
}
