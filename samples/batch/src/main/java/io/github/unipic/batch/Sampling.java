package io.github.unipic.batch;

import io.github.unipic.GenerateRequest;
import io.github.unipic.ImageRequest;

/** How to sample, carried from one kind of request to another. */
final class Sampling {
    private Sampling() {}

    /** Sets all that a request sets, but for its prompt, its size and its count. */
    static <B extends ImageRequest.Builder<B>> B copy(GenerateRequest from, B to) {
        from.negativePrompt().ifPresent(to::negativePrompt);
        from.iterations().ifPresent(to::iterations);
        from.guidance().ifPresent(to::guidance);
        from.guidanceSchedule().ifPresent(to::guidanceSchedule);
        from.temperature().ifPresent(to::temperature);
        from.diffusionSteps().ifPresent(to::diffusionSteps);
        from.guidanceReuse().ifPresent(to::guidanceReuse);
        from.tokenReuse().ifPresent(to::tokenReuse);
        from.seed().ifPresent(to::seed);
        from.listener().ifPresent(to::listener);
        from.cancellation().ifPresent(to::cancellation);
        return to.allowSpecialTokens(from.allowSpecialTokens());
    }
}
