/**
 * Generates images with Skywork UniPic from a folder of ONNX graphs: the public API.
 *
 * <p>{@link io.github.unipic.GenerateRequest} says what to draw and {@link io.github.unipic.Image} is what comes back.
 * Requests and images are immutable and may be shared between threads. No method takes or returns {@code null}: what
 * may be absent is an {@link java.util.Optional}. Every failure is an unchecked
 * {@link io.github.unipic.UniPicException}.
 */
package io.github.unipic;
