package io.github.unipic.batch;

import io.github.unipic.Answer;
import io.github.unipic.Cancellation;
import io.github.unipic.DescribeRequest;
import io.github.unipic.EditRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.ImageFormatException;
import io.github.unipic.ImageRequest;
import io.github.unipic.InpaintRequest;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.Mask;
import io.github.unipic.ProgressListener;
import io.github.unipic.ReadOptions;
import io.github.unipic.UniPic;
import java.nio.file.Path;
import java.util.function.Supplier;

/** Runs tasks: reads their files and makes requests of them. */
record TaskRun(UniPic unipic, Cancellation cancellation, ProgressListener listener) {
    Image image(BatchTask task) {
        if (task instanceof BatchTask.Edit edit) {
            return edited(edit);
        }
        if (task instanceof BatchTask.Inpaint inpaint) {
            Image source = read(inpaint.image());
            Mask mask = source(() -> Mask.read(inpaint.mask(), ReadOptions.DEFAULT, inpaint.maskChannel()));
            InpaintRequest.Builder request =
                    Sampling.copy(inpaint.settings(), InpaintRequest.builder(source, mask, inpaint.prompt()));
            inpaint.seam().ifPresent(request::seam);
            return unipic.inpaint(watched(request).build()).get(0);
        }
        GenerateRequest request = ((BatchTask.Generate) task).request();
        return unipic.generate(watched(request.toBuilder()).build()).get(0);
    }

    private Image edited(BatchTask.Edit task) {
        Image source = read(task.image());
        EditRequest.Builder request = Sampling.copy(
                task.settings(), EditRequest.builder(task.pad() ? SquarePadding.pad(source) : source, task.prompt()));
        task.settings().width().ifPresent(request::size);
        Image image = unipic.edit(watched(request).build()).get(0);
        return task.pad() ? SquarePadding.cut(image, source.width(), source.height()) : image;
    }

    Answer answer(BatchTask.Describe task) {
        DescribeRequest.Builder request = task.settings().toBuilder().cancellation(cancellation);
        task.images().forEach(image -> request.image(read(image)));
        return unipic.describe(request.build());
    }

    private <B extends ImageRequest.Builder<B>> B watched(B request) {
        return request.cancellation(cancellation).listener(listener);
    }

    private static Image read(Path file) {
        return source(() -> Image.read(file));
    }

    /** An unreadable source is the fault of its entry alone. */
    private static <T> T source(Supplier<T> reading) {
        try {
            return reading.get();
        } catch (ImageFormatException e) {
            throw new InvalidRequestException(e.getMessage(), e);
        }
    }
}
