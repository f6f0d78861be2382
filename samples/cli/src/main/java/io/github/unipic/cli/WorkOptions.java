package io.github.unipic.cli;

import io.github.unipic.DiffusionSteps;
import io.github.unipic.ImageRequest;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.Reuse;
import java.util.Optional;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** The options that say how many operations an image takes in each iteration. */
final class WorkOptions {
    @Option(
            names = "--steps",
            paramLabel = "S",
            converter = StepsConverter.class,
            description = "Diffusion steps of each iteration, 1 to 1000, or from the first iteration to the last, as"
                    + " 50..5 or '50..5 cosine'. Default: the model's; 25 in bench.")
    private DiffusionSteps steps;

    @Option(
            names = "--guidance-every",
            paramLabel = "N",
            converter = ReuseConverter.class,
            description =
                    "Compute guidance in the first two iterations and then in every N-th, and reuse it in between:"
                            + " less time, nearly the same image. Default: 1, in all.")
    private Reuse guidanceReuse;

    @Option(
            names = "--tokens-every",
            paramLabel = "N",
            converter = ReuseConverter.class,
            description =
                    "Compute every token in the MAR decoder in the first two iterations and then in every N-th, and"
                            + " only those that are new in between. Iterations that compute guidance compute every token, so give"
                            + " --guidance-every, too. Default: 1, in all.")
    private Reuse tokenReuse;

    @Option(
            names = "--fast",
            description =
                    "Less work for nearly the same image: --steps 50..5 --guidance-every 4 --tokens-every 4. Each of them"
                            + " replaces its part where it is given, so leave --steps out.")
    private boolean fast;

    /** Reads a number of steps, or how it falls. */
    private static final class StepsConverter implements ITypeConverter<DiffusionSteps> {
        @Override
        public DiffusionSteps convert(String text) {
            try {
                return DiffusionSteps.parse(text);
            } catch (InvalidRequestException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    /** Reads every how many iterations something is computed. */
    private static final class ReuseConverter implements ITypeConverter<Reuse> {
        @Override
        public Reuse convert(String text) {
            try {
                return Reuse.every(Integer.parseInt(text));
            } catch (NumberFormatException e) {
                throw new TypeConversionException("it must be a whole number from 1 to 100000, not '" + text + "'");
            } catch (InvalidRequestException e) {
                throw new TypeConversionException(e.getMessage());
            }
        }
    }

    /** Sets the given options and leaves the others. */
    void applyTo(ImageRequest.Builder<?> builder) {
        if (fast) {
            builder.fast();
        }
        Optional.ofNullable(steps).ifPresent(builder::diffusionSteps);
        Optional.ofNullable(guidanceReuse).ifPresent(builder::guidanceReuse);
        Optional.ofNullable(tokenReuse).ifPresent(builder::tokenReuse);
    }
}
