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
 * One drawing as the user sees it, whatever the task: with progress, saved, and told.
 *
 * @param cancellation what stops it
 * @param quiet whether only the names of the files are printed
 * @param metadata whether the images keep the text that says how they were drawn
 */
record Drawing(Session session, Cancellation cancellation, boolean quiet, boolean metadata) {
    /**
     * Draws the request's images, saves them and prints where they are.
     *
     * @param request with a seed
     * @param task draws a request
     * @return the images
     */
    List<Image> run(ImageRequest request, OutputFiles files, Function<ImageRequest, List<Image>> task) {
        long firstSeed = request.seed().orElseThrow();
        long start = System.nanoTime();
        List<Image> images;
        try (ProgressDisplay progress =
                ProgressDisplay.start(session, quiet, "Drawing", ProgressDisplay.Unit.ITERATIONS)) {
            images = task.apply(request.toBuilder()
                    .cancellation(cancellation)
                    .listener(p -> progress.update(p.iteration(), p.iterations(), p.remaining()))
                    .build());
        }
        // All of them before any is told of: what cannot be told is not lost.
        List<Path> saved = new ArrayList<>();
        for (int i = 0; i < images.size(); i++) {
            Path file = files.file(i, firstSeed + i);
            written(images.get(i)).save(file);
            saved.add(file);
        }
        for (int i = 0; i < images.size(); i++) {
            tell(images.get(i), files.display(saved.get(i)), ", seed " + (firstSeed + i));
        }
        if (!quiet) {
            session.out().println("Took " + Quantities.time(Duration.ofNanos(System.nanoTime() - start)));
        }
        return images;
    }

    /** Saves one image and prints where it is. */
    void save(Image image, Path file, OutputFiles files) {
        written(image).save(file);
        tell(image, files.display(file), "");
    }

    private Image written(Image image) {
        return metadata ? image : image.withMetadata(Map.of());
    }

    private void tell(Image image, String name, String more) {
        if (quiet) {
            session.out().printExact(name + System.lineSeparator());
        } else {
            session.out()
                    .println("Wrote " + TerminalText.line(name) + " (" + image.width() + " x " + image.height() + more
                            + ")");
        }
    }
}
