package io.github.unipic.samples;

import io.github.unipic.Cancellation;
import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Function;

/**
 * One drawing as the user sees it, whatever the task: with progress, saved, and told.
 *
 * @param cancellation what stops it
 * @param quiet whether only the names of the files are printed
 */
record Drawing(Session session, Cancellation cancellation, boolean quiet) {
    /**
     * Draws the request's pictures, saves them and prints where they are.
     *
     * @param request with a seed
     * @param task draws a request
     * @return the pictures
     */
    List<Image> run(GenerateRequest request, OutputFiles files, Function<GenerateRequest, List<Image>> task) {
        long firstSeed = request.seed().orElseThrow();
        long start = System.nanoTime();
        List<Image> images;
        try (ProgressDisplay progress =
                ProgressDisplay.start(session, quiet, "Drawing", ProgressDisplay.Unit.ITERATIONS)) {
            images = task.apply(request.toBuilder()
                    .cancellation(cancellation)
                    .progress(p -> progress.update(p.iteration(), p.iterations(), p.remaining()))
                    .build());
        }
        for (int i = 0; i < images.size(); i++) {
            save(images.get(i), files.file(i, firstSeed + i), files, ", seed " + (firstSeed + i));
        }
        if (!quiet) {
            session.out().println("Took " + Quantities.time(Duration.ofNanos(System.nanoTime() - start)));
        }
        return images;
    }

    /** Saves one picture and prints where it is. */
    void save(Image image, Path file, OutputFiles files, String more) {
        image.save(file);
        String name = files.display(file);
        session.out()
                .println(quiet ? name : "Wrote " + name + " (" + image.width() + " x " + image.height() + more + ")");
    }
}
