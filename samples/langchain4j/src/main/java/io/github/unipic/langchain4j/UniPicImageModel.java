package io.github.unipic.langchain4j;

import dev.langchain4j.data.image.Image;
import dev.langchain4j.model.image.ImageModel;
import dev.langchain4j.model.output.Response;
import io.github.unipic.Cancellation;
import io.github.unipic.EditRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.GuidanceSchedule;
import io.github.unipic.ImageRequest;
import io.github.unipic.InpaintRequest;
import io.github.unipic.Mask;
import io.github.unipic.ProgressListener;
import io.github.unipic.ReadOptions;
import io.github.unipic.UniPic;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Generates and edits images. They come as PNG files in base64, whose text holds the request that made them; a single
 * image's response has that text as its metadata, {@code seed} among it. Safe to use from many threads.
 *
 * <pre>{@code
 * ImageModel model = UniPicImageModel.builder(unipic).seed(1).build();
 * Image fox = model.generate("A red fox in the snow").content();
 * Image night = model.edit(fox, "Make it night").content();
 * }</pre>
 */
public final class UniPicImageModel implements ImageModel {
    private final UniPic unipic;
    private final Images images;
    private final OptionalInt width;
    private final OptionalInt height;
    private final OptionalInt editSize;
    private final OptionalInt seam;
    private final Consumer<ImageRequest.Builder<?>> options;

    private UniPicImageModel(Builder builder) {
        unipic = builder.unipic;
        images = new Images(builder.readOptions);
        width = builder.width;
        height = builder.height;
        editSize = builder.editSize;
        seam = builder.seam;
        options = builder.options;
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

    @Override
    public Response<Image> generate(String prompt) {
        return one(() -> generation(prompt));
    }

    /**
     * Generates images with the seeds s, s+1, s+2, ..., as one batch.
     *
     * @param prompt what to draw
     * @param n 1 to 64
     * @return n images, in the order of their seeds
     */
    @Override
    public Response<List<Image>> generate(String prompt, int n) {
        return Response.from(run(() -> generation(prompt).count(n)).stream()
                .map(Images::encode)
                .toList());
    }

    /**
     * Changes an image as an instruction says.
     *
     * @param image in base64 or in a data URL; its middle square is used
     * @param prompt the instruction
     * @return a square image
     */
    @Override
    public Response<Image> edit(Image image, String prompt) {
        return one(() -> edit(images.decode(image), prompt));
    }

    /**
     * Regenerates a part of an image.
     *
     * @param image in base64 or in a data URL
     * @param mask of the same size, likewise: where it is transparent, the image is regenerated; if it is transparent
     *     nowhere, where it is white
     * @param prompt what the whole image shows
     * @return an image of the same size
     */
    @Override
    public Response<Image> edit(Image image, Image mask, String prompt) {
        return one(() -> inpaint(images.decode(image), images.decodeMask(mask), prompt));
    }

    private GenerateRequest.Builder generation(String prompt) {
        GenerateRequest.Builder request = GenerateRequest.builder(prompt);
        width.ifPresent(pixels -> request.size(pixels, height.orElseThrow()));
        return request;
    }

    private EditRequest.Builder edit(io.github.unipic.Image source, String instruction) {
        EditRequest.Builder request = EditRequest.builder(source, instruction);
        editSize.ifPresent(request::size);
        return request;
    }

    private InpaintRequest.Builder inpaint(io.github.unipic.Image source, Mask mask, String prompt) {
        InpaintRequest.Builder request = InpaintRequest.builder(source, mask, prompt);
        seam.ifPresent(request::seam);
        return request;
    }

    private Response<Image> one(Supplier<ImageRequest.Builder<?>> request) {
        io.github.unipic.Image image = run(request).get(0);
        return Response.from(Images.encode(image), null, null, Map.copyOf(image.metadata()));
    }

    private List<io.github.unipic.Image> run(Supplier<ImageRequest.Builder<?>> request) {
        return Failures.translated(() -> unipic.images(complete(request.get())));
    }

    private ImageRequest complete(ImageRequest.Builder<?> request) {
        options.accept(request);
        return request.build();
    }

    /** Checks the options of requests of every kind. */
    private void check() {
        io.github.unipic.Image pixel = io.github.unipic.Image.ofRgb(1, 1, new byte[3]);
        Failures.translated(() -> List.of(
                complete(generation("any")),
                complete(edit(pixel, "any")),
                complete(inpaint(pixel, Mask.rectangle(1, 1, 0, 0, 1, 1), "any"))));
    }

    /** Gathers a model's options. What is not set comes from the model's defaults. Not thread-safe. */
    public static final class Builder {
        private final UniPic unipic;
        private OptionalInt width = OptionalInt.empty();
        private OptionalInt height = OptionalInt.empty();
        private OptionalInt editSize = OptionalInt.empty();
        private OptionalInt seam = OptionalInt.empty();
        private ReadOptions readOptions = ReadOptions.DEFAULT;
        private Consumer<ImageRequest.Builder<?>> options = request -> {};

        private Builder(UniPic unipic) {
            this.unipic = Objects.requireNonNull(unipic, "unipic");
        }

        /**
         * Sets the size of generated images. Edited images are square, see {@link #editSize}, and those edited with a
         * mask keep their size.
         *
         * @param pixelsWide a multiple of the model's {@link io.github.unipic.ModelInfo#sizeMultiple}
         * @param pixelsHigh likewise
         * @return this builder
         */
        public Builder size(int pixelsWide, int pixelsHigh) {
            width = OptionalInt.of(pixelsWide);
            height = OptionalInt.of(pixelsHigh);
            return this;
        }

        /**
         * Sets the size of images that are edited without a mask.
         *
         * @param pixels width and height, a multiple of the model's {@link io.github.unipic.ModelInfo#sizeMultiple}
         * @return this builder
         */
        public Builder editSize(int pixels) {
            editSize = OptionalInt.of(pixels);
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
         */
        public Builder seam(int pixels) {
            seam = OptionalInt.of(pixels);
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
            options = options.andThen(option);
            return this;
        }

        /**
         * Makes the model.
         *
         * @return the model
         * @throws dev.langchain4j.exception.InvalidRequestException naming the option that is out of range
         */
        public UniPicImageModel build() {
            UniPicImageModel model = new UniPicImageModel(this);
            model.check();
            return model;
        }
    }
}
