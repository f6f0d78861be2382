/**
 * The model's parts, one class each ({@link io.github.unipic.generation.LanguageModel},
 * {@link io.github.unipic.generation.MarModel}, {@link io.github.unipic.generation.DiffusionSampler},
 * {@link io.github.unipic.generation.Autoencoder}, {@link io.github.unipic.generation.VisionEncoder}), the loop that
 * generates images ({@link io.github.unipic.generation.ImageGenerator}), the one that generates text
 * ({@link io.github.unipic.generation.TextGenerator}), and their schedules, noise and orders. Internal: not part of the
 * API, may change.
 */
package io.github.unipic.generation;
