package io.github.unipic.conformance.report;

import io.github.unipic.Image;

/**
 * A picture of the reference and the one made here.
 *
 * @param name the check's scenario, for example {@code t2i_native}
 * @param psnr of the actual against the reference, in dB; infinite when they are the same
 */
public record PicturePair(String name, Image reference, Image actual, double psnr) {}
