package io.github.unipic.testing;

import io.github.unipic.EditRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.ImageRequest;
import io.github.unipic.InpaintRequest;
import io.github.unipic.Mask;

/** Requests that sample like another one. */
public final class Requests {
    private Requests() {}

    public static EditRequest edit(Image source, GenerateRequest like) {
        EditRequest.Builder builder = EditRequest.builder(source, like.prompt());
        like.width().ifPresent(builder::size);
        return like(builder, like).build();
    }

    public static InpaintRequest inpaint(Image source, Image mask, GenerateRequest like) {
        return like(InpaintRequest.builder(source, Mask.of(mask), like.prompt()), like)
                .build();
    }

    /** The builder with all that the requests have in common. */
    public static <B extends ImageRequest.Builder<B>> B like(B builder, ImageRequest request) {
        request.negativePrompt().ifPresent(builder::negativePrompt);
        request.iterations().ifPresent(builder::iterations);
        request.guidance().ifPresent(builder::guidance);
        request.guidanceSchedule().ifPresent(builder::guidanceSchedule);
        request.temperature().ifPresent(builder::temperature);
        request.diffusionSteps().ifPresent(builder::diffusionSteps);
        request.seed().ifPresent(builder::seed);
        request.listener().ifPresent(builder::listener);
        request.cancellation().ifPresent(builder::cancellation);
        return builder.count(request.count()).allowSpecialTokens(request.allowSpecialTokens());
    }
}
