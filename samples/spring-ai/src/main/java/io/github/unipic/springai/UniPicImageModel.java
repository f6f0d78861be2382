package io.github.unipic.springai;

import io.github.unipic.Cancellation;
import io.github.unipic.EditRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.GuidanceSchedule;
import io.github.unipic.ImageRequest;
import io.github.unipic.InpaintRequest;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.Mask;
import io.github.unipic.ProgressListener;
import io.github.unipic.ReadOptions;
import io.github.unipic.UniPic;
import java.util.Base64;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import org.springframework.ai.content.Media;
import org.springframework.ai.image.Image;
import org.springframework.ai.image.ImageGeneration;
import org.springframework.ai.image.ImageMessage;
import org.springframework.ai.image.ImageModel;
import org.springframework.ai.image.ImageOptions;
import org.springframework.ai.image.ImageOptionsBuilder;
import org.springframework.ai.image.ImagePrompt;
import org.springframework.ai.image.ImageResponse;

/**
 * Generates and edits images. What a prompt's message brings decides: without media, an image is generated; with an
 * image, it is edited as the text instructs; with an image and a mask behind it, the part is regenerated where the mask
 * is transparent, or, if it is transparent nowhere, white. Images come as PNG files in base64, with
 * {@link UniPicImageMetadata}. Safe to use from many threads.
 *
 * <pre>{@code
 * ImageModel model = UniPicImageModel.builder(unipic).seed(1).build();
 * String base64 = model.call(new ImagePrompt("A red fox in the snow")).getResult().getOutput().getB64Json();
 * }</pre>
 */
public final class UniPicImageModel implements ImageModel {
    private final UniPic unipic;
    private final ImageOptions defaults;
    private final MediaFiles files;
    private final int seam;
    private final Consumer<ImageRequest.Builder<?>> further;

    private UniPicImageModel(Builder builder) {
        unipic = builder.unipic;
        defaults = builder.options;
        files = new MediaFiles(builder.readOptions);
        seam = builder.seam;
        further = builder.further;
    }

    /**
     * Starts a model.
     *
     * @param unipic the model that computes; its owner closes it when this one is no longer used
     * @return a builder with nothing else set
     */
    public static Builder builder(UniPic unipic) {
        return new Builder(unipic);
    }

    /**
     * Makes the images of a prompt.
     *
     * @param prompt one message with none, one or two media; of its options, {@code n} (1 to 64), and width and height
     *     of generated images, or of edited ones, which are square; an image edited with a mask keeps its size
     * @return n images, in the order of their seeds
     * @throws UnsupportedOperationException naming what the model cannot do
     * @throws io.github.unipic.UniPicException as {@link UniPic#images}
     */
    @Override
    public ImageResponse call(ImagePrompt prompt) {
        Options options = new Options(Optional.ofNullable(prompt.getOptions()), defaults);
        options.requireSupported(unipic.info().name());
        ImageRequest.Builder<?> request = request(message(prompt), options);
        further.accept(request);
        options.count().ifPresent(request::count);
        return new ImageResponse(unipic.images(request.build()).stream()
                .map(UniPicImageModel::generation)
                .toList());
    }

    private static ImageMessage message(ImagePrompt prompt) {
        if (prompt.getInstructions().size() != 1) {
            throw Unsupported.feature("a prompt of " + prompt.getInstructions().size() + " messages, not one,");
        }
        ImageMessage message = prompt.getInstructions().get(0);
        if (message.getWeight() != null && message.getWeight() != 1) {
            throw Unsupported.feature("the weight of a message");
        }
        return message;
    }

    private ImageRequest.Builder<?> request(ImageMessage message, Options options) {
        List<Media> media = message.getMedia();
        String text = message.getText();
        return switch (media.size()) {
            case 0 -> {
                GenerateRequest.Builder request = GenerateRequest.builder(text);
                options.size().ifPresent(size -> request.size(size.width(), size.height()));
                yield request;
            }
            case 1 -> {
                EditRequest.Builder request = EditRequest.builder(files.decode(media.get(0)), text);
                options.size().ifPresent(size -> request.size(size.square()));
                yield request;
            }
            case 2 -> {
                Mask mask = files.decodeMask(media.get(1));
                yield InpaintRequest.builder(files.decode(media.get(0)), mask, text)
                        .seam(seam);
            }
            default -> throw Unsupported.feature("a message with more than an image and a mask");
        };
    }

    private static ImageGeneration generation(io.github.unipic.Image image) {
        String base64 = Base64.getEncoder().encodeToString(image.toPng());
        return new ImageGeneration(new Image(null, base64), new UniPicImageMetadata(image.metadata()));
    }

    private record Size(int width, int height) {
        int square() {
            if (width != height) {
                throw new InvalidRequestException(
                        "an edited image is square, not " + width + " x " + height + "; make width and height equal");
            }
            return width;
        }
    }

    /** The prompt's options, then the model's. */
    private record Options(Optional<ImageOptions> asked, ImageOptions defaults) {
        private <T> Optional<T> value(Function<ImageOptions, T> option) {
            return asked.map(option).or(() -> Optional.ofNullable(option.apply(defaults)));
        }

        Optional<Integer> count() {
            return value(ImageOptions::getN);
        }

        Optional<Size> size() {
            Optional<Integer> width = value(ImageOptions::getWidth);
            Optional<Integer> height = value(ImageOptions::getHeight);
            if (width.isPresent() != height.isPresent()) {
                throw new InvalidRequestException("a size has width and height; set both");
            }
            return width.map(pixels -> new Size(pixels, height.orElseThrow()));
        }

        void requireSupported(String name) {
            Unsupported.requireName(value(ImageOptions::getModel), name);
            value(ImageOptions::getStyle).ifPresent(style -> {
                throw Unsupported.feature("style");
            });
            value(ImageOptions::getResponseFormat)
                    .filter(format -> !format.equals("b64_json"))
                    .ifPresent(format -> {
                        throw Unsupported.feature("response format '" + format + "' (b64_json is)");
                    });
        }
    }

    /** Gathers a model's options. What is not set comes from the model's defaults. Not thread-safe. */
    public static final class Builder {
        private final UniPic unipic;
        private ImageOptions options = ImageOptionsBuilder.builder().build();
        private int seam = 8;
        private ReadOptions readOptions = ReadOptions.DEFAULT;
        private Consumer<ImageRequest.Builder<?>> further = request -> {};

        private Builder(UniPic unipic) {
            this.unipic = Objects.requireNonNull(unipic, "unipic");
        }

        /**
         * Sets what prompts do not say themselves: n, width and height.
         *
         * @param defaults width and height multiples of the model's {@link io.github.unipic.ModelInfo#sizeMultiple}
         * @return this builder
         */
        public Builder options(ImageOptions defaults) {
            options = Objects.requireNonNull(defaults, "defaults");
            return this;
        }

        /**
         * Fixes all randomness, so that the same request gives the same image.
         *
         * @param number any; chosen at random for each request by default
         * @return this builder
         */
        public Builder seed(long number) {
            return with(request -> request.seed(number));
        }

        /**
         * Sets in how many iterations an image is generated.
         *
         * @param number 1 to 100000
         * @return this builder
         */
        public Builder iterations(int number) {
            return with(request -> request.iterations(number));
        }

        /**
         * Sets how many diffusion steps make a token.
         *
         * @param number 1 to 1000
         * @return this builder
         */
        public Builder diffusionSteps(int number) {
            return with(request -> request.diffusionSteps(number));
        }

        /**
         * Sets the guidance: how far results are pushed away from the unconditional prompt.
         *
         * @param scale above 0; 1 means none, and takes half the time
         * @return this builder
         */
        public Builder guidance(double scale) {
            return with(request -> request.guidance(scale));
        }

        /**
         * Sets how the guidance grows over the iterations.
         *
         * @param schedule the schedule
         * @return this builder
         */
        public Builder guidanceSchedule(GuidanceSchedule schedule) {
            return with(request -> request.guidanceSchedule(schedule));
        }

        /**
         * Sets how strong the noise is that tokens are sampled with.
         *
         * @param factor above 0
         * @return this builder
         */
        public Builder temperature(double factor) {
            return with(request -> request.temperature(factor));
        }

        /**
         * Sets what guidance pushes away from.
         *
         * @param text the whole request in place of the model's own
         * @return this builder
         */
        public Builder negativePrompt(String text) {
            return with(request -> request.negativePrompt(text));
        }

        /**
         * Sets how wide the blend along a mask's edge is.
         *
         * @param pixels half its width, 0 to 128; 8 by default; -1 to take all pixels from the model
         * @return this builder
         * @throws InvalidRequestException when it is out of its range
         */
        public Builder seam(int pixels) {
            if (pixels < -1 || pixels > InpaintRequest.MAX_SEAM) {
                throw new InvalidRequestException(
                        "seam must be -1 (none) to " + InpaintRequest.MAX_SEAM + " pixels, not " + pixels);
            }
            seam = pixels;
            return this;
        }

        /**
         * Sets who is notified of the progress.
         *
         * @param listener called on the thread that asked for the image, which waits for it
         * @return this builder
         */
        public Builder listener(ProgressListener listener) {
            return with(request -> request.listener(listener));
        }

        /**
         * Sets what stops this model's requests; they end with a {@link io.github.unipic.CancelledException}.
         *
         * @param cancellation goes one way only: once used, it stops all later requests too
         * @return this builder
         */
        public Builder cancellation(Cancellation cancellation) {
            return with(request -> request.cancellation(cancellation));
        }

        /**
         * Sets how images and masks to be edited are read.
         *
         * @param imageOptions how large they may be, and whether they are turned upright; {@link ReadOptions#DEFAULT}
         *     by default
         * @return this builder
         */
        public Builder readOptions(ReadOptions imageOptions) {
            readOptions = Objects.requireNonNull(imageOptions, "imageOptions");
            return this;
        }

        private Builder with(Consumer<ImageRequest.Builder<?>> option) {
            further = further.andThen(option);
            return this;
        }

        /**
         * Makes the model.
         *
         * @return the model
         * @throws InvalidRequestException naming the option that is out of range
         * @throws UnsupportedOperationException naming the option that is not supported
         */
        public UniPicImageModel build() {
            Options checked = new Options(Optional.empty(), options);
            checked.requireSupported(unipic.info().name());
            GenerateRequest.Builder request = GenerateRequest.builder("any");
            further.accept(request);
            checked.count().ifPresent(request::count);
            checked.size().ifPresent(size -> request.size(size.width(), size.height()));
            request.build();
            return new UniPicImageModel(this);
        }
    }
}
