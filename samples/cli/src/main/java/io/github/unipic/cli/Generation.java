package io.github.unipic.cli;

import io.github.unipic.Cancellation;
import io.github.unipic.Image;
import io.github.unipic.ImageRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/**
 * Runs a request for images of any task: shows progress, saves the images and prints their names.
 *
 * @param cancellation cancels the request
 * @param quiet whether to print only the names of the files
 * @param metadata whether the images keep the text with their request
 */
record Generation(Session session, Cancellation cancellation, boolean quiet, boolean metadata) {
    /**
     * Generates the images of a request, saves them and prints their names.
     *
     * @param request with a seed
     * @param task runs a request
     * @return the images
     */
    List<Image> run(ImageRequest request, OutputFiles files, Function<ImageRequest, List<Image>> task) {
        long firstSeed = request.seed().orElseThrow();
        long start = System.nanoTime();
        List<Image> images;
        try (ProgressDisplay progress =
                ProgressDisplay.start(session, quiet, "Generating", ProgressDisplay.Unit.ITERATIONS)) {
            images = task.apply(request.toBuilder()
                    .cancellation(cancellation)
                    .listener(p -> progress.update(p.iteration(), p.iterations(), p.remaining()))
                    .build());
        }
        // All images are saved before any name is printed, so that a failure to print loses none.
        List<Path> saved = new ArrayList<>();
        Runnable printing = () -> {
            for (int i = 0; i < saved.size(); i++) {
                print(images.get(i), files.display(saved.get(i)), ", seed " + (firstSeed + i));
            }
        };
        try {
            for (int i = 0; i < images.size(); i++) {
                Path file = files.file(i, firstSeed + i);
                written(images.get(i)).save(file);
                saved.add(file);
            }
        } catch (RuntimeException | Error e) {
            try {
                printing.run();
            } catch (StandardOutputException unprinted) {
                e.addSuppressed(unprinted);
            }
            throw e;
        }
        printing.run();
        if (!quiet) {
            session.out().println("Took " + Quantities.time(Duration.ofNanos(System.nanoTime() - start)));
        }
        return images;
    }

    /** Saves one image and prints its name. */
    void save(Image image, Path file, OutputFiles files) {
        written(image).save(file);
        print(image, files.display(file), "");
    }

    private Image written(Image image) {
        return metadata ? image : image.withMetadata(Map.of());
    }

    private void print(Image image, String name, String more) {
        if (quiet) {
            session.out().printExact(name + System.lineSeparator());
        } else {
            session.out()
                    .println("Wrote " + TerminalText.line(name) + " (" + image.width() + " x " + image.height() + more
                            + ")");
        }
    }
}
