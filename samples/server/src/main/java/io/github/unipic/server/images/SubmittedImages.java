package io.github.unipic.server.images;

import io.github.unipic.CancelledException;
import io.github.unipic.DataUrl;
import io.github.unipic.Image;
import io.github.unipic.ImageFormatException;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.Mask;
import io.github.unipic.MaskChannel;
import io.github.unipic.ReadOptions;
import io.github.unipic.server.http.Exchange;
import io.github.unipic.server.http.HttpError;
import java.util.concurrent.Semaphore;
import java.util.function.Supplier;

/**
 * Decodes the images of requests: of a bounded size and one at a time, and all that are held count, which bounds the
 * memory. Thread-safe.
 */
public final class SubmittedImages {
    /** The most pixels of an image to draw: 2048 x 2048. */
    public static final long MOST_DRAWN_PIXELS = 1L << 22;

    private static final long BYTES_PER_PIXEL = 3;

    private final ReadOptions options;
    private final Semaphore turn = new Semaphore(1, true);

    /** @param mostPixels of an image; checked before its pixels are read */
    public SubmittedImages(long mostPixels) {
        options = new ReadOptions(true, mostPixels);
    }

    /** Those of one request, which count until it is answered. */
    public OfRequest of(Exchange exchange) {
        return new OfRequest(exchange);
    }

    /** The images of one request. */
    public final class OfRequest {
        private final Exchange exchange;

        private OfRequest(Exchange exchange) {
            this.exchange = exchange;
        }

        /**
         * Decodes an image file of any kind that the sdk reads.
         *
         * @param parameter that it came in, for the message
         * @throws HttpError when it is none, or too large
         */
        public Image image(String parameter, byte[] file) {
            Image image = decode(parameter, () -> Image.decode(file, options));
            exchange.acquireMemory(BYTES_PER_PIXEL * image.width() * image.height());
            return image;
        }

        /**
         * Decodes a mask.
         *
         * @param channel what in it tells the pixels to regenerate, on which the dialects differ
         * @throws HttpError when it is none
         */
        public Mask mask(String parameter, byte[] file, MaskChannel channel) {
            return decode(parameter, () -> Mask.decode(file, options, channel));
        }

        /**
         * Checks that an image can be drawn in its size, as inpainting does.
         *
         * @throws HttpError when it is too large
         */
        public void requireDrawable(String parameter, Image image) {
            if ((long) image.width() * image.height() > MOST_DRAWN_PIXELS) {
                throw HttpError.invalid(
                        parameter,
                        "with a mask, '" + parameter + "' must have at most " + MOST_DRAWN_PIXELS + " pixels, not "
                                + image.width() + "x" + image.height() + "; make it smaller");
            }
        }

        /**
         * Decodes an image in a data URL. Any other URL is refused: a server that fetches what strangers name can be
         * led to addresses that only it can reach.
         *
         * @throws HttpError when it is none
         */
        public Image dataUrl(String parameter, String url) {
            if (!DataUrl.isDataUrl(url)) {
                throw HttpError.unsupported(
                        parameter,
                        parameter + ": this server does not fetch images; send them as data:image/png;base64,...");
            }
            return image(parameter, file(parameter, url));
        }

        /**
         * The file that a text holds in base64, with or without a data URL around it.
         *
         * @throws HttpError when it holds none
         */
        public byte[] file(String parameter, String text) {
            try {
                return DataUrl.isDataUrl(text) ? DataUrl.decode(text) : DataUrl.decodeBase64(text);
            } catch (InvalidRequestException e) {
                throw HttpError.invalid(parameter, parameter + ": " + e.getMessage());
            }
        }

        private <T> T decode(String parameter, Supplier<T> decoding) {
            try {
                turn.acquire();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new CancelledException("the request was interrupted");
            }
            try {
                return decoding.get();
            } catch (ImageFormatException e) {
                throw HttpError.invalid(parameter, parameter + ": " + e.getMessage());
            } finally {
                turn.release();
            }
        }
    }
}
