package io.github.unipic.conformance;

/**
 * One tensor compared with the reference's.
 *
 * @param file golden file, without its ending
 * @param tensor key in that file
 * @param metric what {@code value} is: {@code relative L2}, {@code differing values}, {@code largest difference},
 *     {@code share of differing values}, or {@code mean difference}
 * @param value found
 * @param limit the largest value that passes
 */
public record Comparison(String file, String tensor, String metric, double value, double limit) {

    /** Whether the value is within the limit; not a number never is. */
    public boolean passed() {
        return value <= limit;
    }
}
