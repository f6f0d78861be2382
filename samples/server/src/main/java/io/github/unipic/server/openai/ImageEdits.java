package io.github.unipic.server.openai;

import io.github.unipic.EditRequest;
import io.github.unipic.Image;
import io.github.unipic.ImageRequest;
import io.github.unipic.InpaintRequest;
import io.github.unipic.Mask;
import io.github.unipic.MaskChannel;
import io.github.unipic.server.http.Exchange;
import io.github.unipic.server.http.Form;
import io.github.unipic.server.http.HttpError;
import io.github.unipic.server.http.Route;
import io.github.unipic.server.images.ImageStore;
import io.github.unipic.server.images.SubmittedImages;
import io.github.unipic.server.jobs.JobQueue;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * {@code POST /v1/images/edits}: with a mask, regenerates a part of an image; without one, changes it as the prompt
 * instructs.
 */
public final class ImageEdits implements Route {
    private static final Set<String> FILES = Set.of("image", "image[]", "mask");

    private final JobQueue queue;
    private final ImageStore store;
    private final SubmittedImages submitted;

    public ImageEdits(JobQueue queue, ImageStore store, SubmittedImages submitted) {
        this.queue = queue;
        this.store = store;
        this.submitted = submitted;
    }

    @Override
    public void handle(Exchange exchange) throws IOException {
        Form form = exchange.form(FILES);
        ImageOptions options = ImageOptions.of(form.texts());
        String prompt = form.texts().requiredPrompt();
        SubmittedImages.OfRequest images = submitted.of(exchange);
        Image source = images.image(
                "image",
                one(form, "image")
                        .orElseThrow(() -> HttpError.invalid("image", "'image' is missing; send the image to change")));
        Optional<Mask> mask = one(form, "mask").map(file -> images.mask("mask", file, MaskChannel.ALPHA_OR_GRAY));
        ImageTask task = new ImageTask(exchange, options, "image_edit");
        if (mask.isPresent()) {
            images.requireDrawable("image", source);
            task.run(queue, store, InpaintRequest.builder(source, mask.get(), prompt));
        } else {
            // With a mask the size is the image's, whatever is asked for.
            Optional<ImageSize> size = ImageSize.of(form.texts(), ImageSize.multiple(queue));
            task.run(queue, store, edit(source, prompt, size));
        }
    }

    private static ImageRequest.Builder<?> edit(Image source, String instruction, Optional<ImageSize> size) {
        EditRequest.Builder request = EditRequest.builder(source, instruction);
        size.ifPresent(asked -> {
            if (asked.width() != asked.height()) {
                throw HttpError.unsupported(
                        "size", "an edited image is square; ask for " + asked.width() + "x" + asked.width());
            }
            request.size(asked.width());
        });
        return request;
    }

    private static Optional<byte[]> one(Form form, String name) {
        List<byte[]> files = form.filesOf(name);
        if (files.size() > 1) {
            throw HttpError.unsupported(name, "one " + name + " can be edited at a time, not " + files.size());
        }
        return files.stream().findFirst();
    }
}
