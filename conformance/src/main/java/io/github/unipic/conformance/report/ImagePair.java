package io.github.unipic.conformance.report;

import io.github.unipic.Image;

/**
 * An image of the reference and the one made here, of the same size.
 *
 * @param name the check's scenario, for example {@code t2i_native}
 */
public record ImagePair(String name, Image reference, Image actual) {

    /** Peak signal-to-noise ratio of the actual against the reference, in dB; infinite when they are the same. */
    public double psnr() {
        byte[] expected = reference.rgb();
        byte[] found = actual.rgb();
        double squares = 0;
        for (int i = 0; i < expected.length; i++) {
            int difference = (found[i] & 0xff) - (expected[i] & 0xff);
            squares += difference * difference;
        }
        return 10 * Math.log10(255.0 * 255.0 * expected.length / squares);
    }
}
