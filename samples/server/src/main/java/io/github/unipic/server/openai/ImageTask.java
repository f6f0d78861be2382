package io.github.unipic.server.openai;

import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.ImageRequest;
import io.github.unipic.Progress;
import io.github.unipic.UniPic;
import io.github.unipic.server.http.EventStream;
import io.github.unipic.server.http.Exchange;
import io.github.unipic.server.images.ImageStore;
import io.github.unipic.server.jobs.JobQueue;
import io.github.unipic.server.openai.ImagesResponse.Completed;
import io.github.unipic.server.openai.ImagesResponse.Item;
import io.github.unipic.server.openai.ImagesResponse.PartialImage;
import io.github.unipic.server.openai.ImagesResponse.Usage;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.IntConsumer;

/** Makes the images of a request and answers with them, whole or as a stream of events. */
final class ImageTask {
    private static final String QUALITY = "high";
    private static final String BACKGROUND = "opaque";

    /** Seeds that JavaScript's numbers hold. */
    private static final long SEED_BOUND = 1L << 53;

    private final Exchange exchange;
    private final ImageOptions options;

    /** {@code image_generation} or {@code image_edit}. */
    private final String event;

    private final long created = Instant.now().getEpochSecond();
    private final long seed;

    ImageTask(Exchange exchange, ImageOptions options, String event) {
        this.exchange = exchange;
        this.options = options;
        this.event = event;
        seed = options.seed().orElseGet(() -> ThreadLocalRandom.current().nextLong(SEED_BOUND));
    }

    /**
     * Runs the request and answers.
     *
     * @param request what to make; this adds the options
     */
    void run(JobQueue queue, ImageStore store, ImageRequest.Builder<?> request) throws IOException {
        options.applyTo(request);
        request.seed(seed).cancellation(exchange.cancellation());
        Optional<EventStream> events = options.stream() ? Optional.of(exchange.events()) : Optional.empty();
        events.ifPresent(stream -> request.listener(progress -> report(stream, progress)));
        ImageRequest built = request.build();
        IntConsumer position = before -> events.ifPresent(stream -> tellPosition(stream, before));
        List<Image> images = queue.images(built, exchange, position);
        Usage usage = usage(queue.model().orElseThrow(), built, images);
        if (events.isPresent()) {
            for (int i = 0; i < images.size(); i++) {
                events.get().send(event + ".completed", completed(images.get(i), i, usage));
                events.get().flush();
            }
        } else {
            exchange.send(200, response(images, usage, store));
        }
    }

    /** The source of a change has as many tokens as the image that it becomes. */
    private static Usage usage(UniPic unipic, ImageRequest request, List<Image> images) {
        int side = unipic.info().sizeMultiple();
        Image image = images.get(0);
        int tokens = ((image.width() + side - 1) / side) * ((image.height() + side - 1) / side);
        int sourceTokens = request instanceof GenerateRequest ? 0 : tokens;
        return Usage.of(unipic.countTokens(request.prompt()), sourceTokens, tokens * images.size());
    }

    private void tellPosition(EventStream stream, int before) {
        if (options.progress()) {
            stream.send(event + ".queued", new ImagesResponse.Queued(event + ".queued", before));
        } else {
            stream.comment("queued behind " + before);
        }
    }

    private void report(EventStream stream, Progress progress) {
        if (options.progress()) {
            stream.send(
                    event + ".progress",
                    new ImagesResponse.Progress(
                            event + ".progress",
                            progress.iteration(),
                            progress.iterations(),
                            seconds(progress.elapsed()),
                            progress.remaining().map(ImageTask::seconds)));
        } else {
            stream.comment("iteration " + progress.iteration() + " of " + progress.iterations());
        }
        int previews = previewsBy(progress.iteration(), progress.iterations());
        boolean due = previews > previewsBy(progress.iteration() - 1, progress.iterations());
        if (due && !stream.isBehind()) {
            List<Image> images = progress.preview().get();
            for (int i = 0; i < images.size(); i++) {
                stream.send(event + ".partial_image", partial(images.get(i), previews - 1, i));
            }
        }
    }

    /** How many previews are due by an iteration: evenly apart, none at the end, which gives the image itself. */
    private int previewsBy(int iteration, int iterations) {
        return iteration == iterations ? 0 : iteration * (options.partialImages() + 1) / iterations;
    }

    private static double seconds(Duration time) {
        return time.toMillis() / 1000.0;
    }

    private PartialImage partial(Image image, int index, int imageIndex) {
        return new PartialImage(
                event + ".partial_image",
                base64(options.encoding().encode(image)),
                created,
                size(image),
                QUALITY,
                BACKGROUND,
                options.encoding().format().id(),
                index,
                imageIndex);
    }

    private Completed completed(Image image, int imageIndex, Usage usage) {
        return new Completed(
                event + ".completed",
                base64(options.encoding().encode(image)),
                created,
                size(image),
                QUALITY,
                BACKGROUND,
                options.encoding().format().id(),
                usage,
                imageIndex,
                seed + imageIndex);
    }

    private ImagesResponse response(List<Image> images, Usage usage, ImageStore store) {
        List<Item> items = new ArrayList<>();
        for (int i = 0; i < images.size(); i++) {
            byte[] file = options.encoding().encode(images.get(i));
            Optional<String> url = options.byUrl()
                    ? Optional.of(exchange.baseUrl()
                            + store.add(file, options.encoding().format()))
                    : Optional.empty();
            items.add(new Item(url.isPresent() ? Optional.empty() : Optional.of(base64(file)), url, seed + i));
        }
        return new ImagesResponse(
                created, items, BACKGROUND, options.encoding().format().id(), QUALITY, size(images.get(0)), usage);
    }

    private static String size(Image image) {
        return image.width() + "x" + image.height();
    }

    private static String base64(byte[] bytes) {
        return Base64.getEncoder().encodeToString(bytes);
    }
}
