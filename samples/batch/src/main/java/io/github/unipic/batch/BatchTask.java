package io.github.unipic.batch;

import io.github.unipic.DescribeRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.InpaintRequest;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.MaskChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.OptionalInt;

/**
 * What an entry of a batch asks for. It names the files that it starts from and does not contain them, so that a batch
 * of any length fits into memory. Values that it leaves unset come from the model's defaults.
 */
public sealed interface BatchTask {
    /**
     * What is asked.
     *
     * @return the prompt, the instruction or the question
     */
    String prompt();

    /**
     * The files that the task starts from.
     *
     * @return the images in their order, and after them the mask; none for {@link Generate}
     */
    List<Path> sources();

    /**
     * An image from a prompt.
     *
     * @param request for one image
     */
    record Generate(GenerateRequest request) implements BatchTask {
        /**
         * Checks the values.
         *
         * @param request for one image
         * @throws InvalidRequestException if it is for several
         */
        public Generate {
            requireOneImage(request);
        }

        @Override
        public String prompt() {
            return request.prompt();
        }

        @Override
        public List<Path> sources() {
            return List.of();
        }
    }

    /**
     * An image, changed as an instruction says.
     *
     * @param image the file of the image to change
     * @param pad whether an image that is not a square is padded with gray to one, and the result cut back to the
     *     image's shape; otherwise its middle square is edited
     * @param settings the instruction and how to sample, as for a new image; its size, if set, is a square
     */
    record Edit(Path image, boolean pad, GenerateRequest settings) implements BatchTask {
        /**
         * Checks the values.
         *
         * @param image any file name
         * @param pad any
         * @param settings for one square image
         * @throws InvalidRequestException if they are for several images or another shape
         */
        public Edit {
            Objects.requireNonNull(image, "image");
            requireOneImage(settings);
            if (!settings.width().equals(settings.height())) {
                throw new InvalidRequestException("editing makes squares: width and height must be equal, not "
                        + settings.width().getAsInt() + " x "
                        + settings.height().getAsInt());
            }
        }

        @Override
        public String prompt() {
            return settings.prompt();
        }

        @Override
        public List<Path> sources() {
            return List.of(image);
        }
    }

    /**
     * An image of which a part is regenerated. The result has the image's size.
     *
     * @param image the file of the image
     * @param mask the file of a mask of the same size
     * @param maskChannel what in the mask says which pixels are regenerated
     * @param seam half the width in pixels of the blend along the mask's edge, -1 to 128; empty for the usual 8
     * @param settings the prompt and how to sample, without a size
     */
    record Inpaint(Path image, Path mask, MaskChannel maskChannel, OptionalInt seam, GenerateRequest settings)
            implements BatchTask {
        /**
         * Checks the values.
         *
         * @param image any file name
         * @param mask any file name
         * @param maskChannel any
         * @param seam -1 to 128, or empty
         * @param settings for one image, without a size
         * @throws InvalidRequestException if a value is out of its range
         */
        public Inpaint {
            Objects.requireNonNull(image, "image");
            Objects.requireNonNull(mask, "mask");
            Objects.requireNonNull(maskChannel, "maskChannel");
            requireOneImage(settings);
            if (settings.width().isPresent()) {
                throw new InvalidRequestException("inpainting keeps the image's size; leave width and height out");
            }
            if (seam.isPresent() && (seam.getAsInt() < -1 || seam.getAsInt() > InpaintRequest.MAX_SEAM)) {
                throw new InvalidRequestException(
                        "seam must be -1 (none) to " + InpaintRequest.MAX_SEAM + " pixels, not " + seam.getAsInt());
            }
        }

        @Override
        public String prompt() {
            return settings.prompt();
        }

        @Override
        public List<Path> sources() {
            return List.of(image, mask);
        }
    }

    /**
     * An answer about images.
     *
     * @param images the files of the images, in the order in which the model sees them; 1 to 64
     * @param settings the question and how to answer it, without images
     */
    record Describe(List<Path> images, DescribeRequest settings) implements BatchTask {
        private static final int MAX_IMAGES = 64;

        /**
         * Checks and copies the values.
         *
         * @param images copied
         * @param settings without images
         * @throws InvalidRequestException if there is no image or too many, or the settings have images
         */
        public Describe {
            images = List.copyOf(images);
            if (images.isEmpty() || images.size() > MAX_IMAGES) {
                throw new InvalidRequestException(
                        "a question takes 1 to " + MAX_IMAGES + " images, not " + images.size());
            }
            if (!settings.images().isEmpty()) {
                throw new InvalidRequestException("a question of a batch names the files of its images");
            }
        }

        @Override
        public String prompt() {
            return settings.question();
        }

        @Override
        public List<Path> sources() {
            return images;
        }
    }

    private static void requireOneImage(GenerateRequest request) {
        if (request.count() != 1) {
            throw new InvalidRequestException(
                    "an entry is one image, not " + request.count() + "; make an entry for each");
        }
    }
}
