package io.github.unipic.server.automatic1111;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.github.unipic.EditRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.ImageRequest;
import io.github.unipic.InpaintRequest;
import io.github.unipic.Mask;
import io.github.unipic.MaskChannel;
import io.github.unipic.server.http.Exchange;
import io.github.unipic.server.http.HttpError;
import io.github.unipic.server.http.Json;
import io.github.unipic.server.http.Parameters;
import io.github.unipic.server.http.Route;
import io.github.unipic.server.images.SubmittedImages;
import io.github.unipic.server.jobs.JobQueue;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;
import java.util.concurrent.ThreadLocalRandom;
import java.util.stream.IntStream;

/** {@code POST /sdapi/v1/txt2img} and {@code /sdapi/v1/img2img}. */
public final class ImagesRoute implements Route {
    private static final int MOST_IMAGES = 10;
    private static final int MOST_STEPS = 1000;
    private static final int LONGEST_SIDE = 2048;

    /** Seeds of the dialect are 32-bit numbers. */
    private static final long SEED_BOUND = 1L << 32;

    private final JobQueue queue;
    private final SubmittedImages images;
    private final CurrentJob current;
    private final boolean fromImage;

    private ImagesRoute(JobQueue queue, SubmittedImages images, CurrentJob current, boolean fromImage) {
        this.queue = queue;
        this.images = images;
        this.current = current;
        this.fromImage = fromImage;
    }

    /** Draws from a prompt. */
    public static ImagesRoute fromText(JobQueue queue, SubmittedImages images, CurrentJob current) {
        return new ImagesRoute(queue, images, current, false);
    }

    /** Changes an image: a part of it with a mask, as the prompt instructs without one. */
    public static ImagesRoute fromImage(JobQueue queue, SubmittedImages images, CurrentJob current) {
        return new ImagesRoute(queue, images, current, true);
    }

    /** @param info JSON again, in a string */
    record Response(List<String> images, JsonNode parameters, String info) {}

    record Info(
            String prompt,
            @JsonProperty("all_prompts") List<String> allPrompts,
            @JsonProperty("negative_prompt") String negativePrompt,
            long seed,
            @JsonProperty("all_seeds") List<Long> allSeeds,
            int width,
            int height,
            @JsonProperty("sd_model_name") String modelName,
            List<String> infotexts) {}

    @Override
    public Object describe(HttpError error) {
        return Automatic1111Error.of(error);
    }

    @Override
    public void handle(Exchange exchange) throws IOException {
        Parameters parameters = exchange.json();
        ImageRequest.Builder<?> builder = fromImage ? change(parameters, images.of(exchange)) : draw(parameters);
        int count = parameters.integer("batch_size", 1, MOST_IMAGES).orElse(1)
                * parameters.integer("n_iter", 1, MOST_IMAGES).orElse(1);
        if (count > MOST_IMAGES) {
            throw HttpError.invalid("batch_size", "'batch_size' times 'n_iter' must be at most " + MOST_IMAGES);
        }
        builder.count(count);
        parameters.prompt("negative_prompt").ifPresent(builder::negativePrompt);
        parameters.integer("steps", 1, MOST_STEPS).ifPresent(builder::diffusionSteps);
        OptionalDouble guidance = parameters.positive("cfg_scale");
        guidance.ifPresent(builder::guidance);
        long asked = parameters.integer("seed").orElse(-1);
        long seed = asked < 0 ? ThreadLocalRandom.current().nextLong(SEED_BOUND) : asked;
        CurrentJob.Job job = current.begin(exchange.cancellation());
        try {
            ImageRequest request = builder.seed(seed)
                    .cancellation(exchange.cancellation())
                    .listener(job::report)
                    .build();
            List<Image> made = queue.images(request, exchange, before -> {});
            exchange.send(200, response(made, parameters, request, seed));
        } finally {
            current.end(job);
        }
    }

    private static ImageRequest.Builder<?> draw(Parameters parameters) {
        GenerateRequest.Builder request = GenerateRequest.builder(parameters.requiredPrompt());
        OptionalInt width = side(parameters, "width", "height");
        OptionalInt height = side(parameters, "height", "width");
        if (width.isPresent()) {
            request.size(width.getAsInt(), height.getAsInt());
        }
        return request;
    }

    /** One side alone asks for a square. */
    private static OptionalInt side(Parameters parameters, String name, String other) {
        OptionalInt side = parameters.integer(name, 1, LONGEST_SIDE);
        return side.isPresent() ? side : parameters.integer(other, 1, LONGEST_SIDE);
    }

    private static ImageRequest.Builder<?> change(Parameters parameters, SubmittedImages.OfRequest images) {
        JsonNode sources = parameters
                .node("init_images")
                .filter(list ->
                        list.isArray() && list.size() == 1 && list.get(0).isTextual())
                .orElseThrow(() -> HttpError.invalid("init_images", "'init_images' must be a list with one image"));
        Image source = images.image(
                "init_images", images.file("init_images", sources.get(0).textValue()));
        // Some programs send an empty text for none.
        Optional<String> maskText = parameters.text("mask").filter(text -> !text.isEmpty());
        if (maskText.isEmpty()) {
            return edit(parameters, source);
        }
        images.requireDrawable("init_images", source);
        Mask mask = images.mask("mask", images.file("mask", maskText.get()), MaskChannel.OPAQUE_OR_GRAY);
        boolean inverted = parameters
                .node("inpainting_mask_invert")
                .filter(value -> value.asInt() == 1)
                .isPresent();
        return InpaintRequest.builder(source, inverted ? mask.inverted() : mask, parameters.requiredPrompt());
    }

    private static ImageRequest.Builder<?> edit(Parameters parameters, Image source) {
        EditRequest.Builder request = EditRequest.builder(source, parameters.requiredPrompt());
        OptionalInt width = side(parameters, "width", "height");
        // Programs send the source's size, whatever its shape; the result is square.
        if (width.isPresent() && width.equals(side(parameters, "height", "width"))) {
            request.size(width.getAsInt());
        }
        return request;
    }

    private Response response(List<Image> made, Parameters parameters, ImageRequest request, long seed) {
        Image first = made.get(0);
        List<Long> seeds =
                IntStream.range(0, made.size()).mapToObj(i -> seed + i).toList();
        List<String> texts = IntStream.range(0, made.size())
                .mapToObj(i -> infotext(request, seeds.get(i), first))
                .toList();
        Info info = new Info(
                request.prompt(),
                made.stream().map(image -> request.prompt()).toList(),
                request.negativePrompt().orElse(""),
                seed,
                seeds,
                first.width(),
                first.height(),
                queue.model().orElseThrow().info().name(),
                texts);
        return new Response(
                made.stream()
                        .map(image -> Base64.getEncoder().encodeToString(image.toPng()))
                        .toList(),
                withoutImages(parameters),
                new String(Json.write(info), StandardCharsets.UTF_8));
    }

    /** The request as it came, but for its images, which would double the answer. */
    private static JsonNode withoutImages(Parameters parameters) {
        ObjectNode copy = parameters.json().deepCopy();
        copy.remove(List.of("init_images", "mask"));
        return copy;
    }

    /** The form in which the dialect's programs show how an image was made. */
    private static String infotext(ImageRequest request, long seed, Image image) {
        String steps = request.diffusionSteps()
                .map(number -> "Steps: " + number + ", ")
                .orElse("");
        String guidance = request.guidance().isPresent()
                ? "CFG scale: " + request.guidance().getAsDouble() + ", "
                : "";
        return request.prompt() + "\n"
                + request.negativePrompt()
                        .map(text -> "Negative prompt: " + text + "\n")
                        .orElse("") + steps + guidance + "Seed: " + seed + ", Size: " + image.width() + "x"
                + image.height();
    }
}
