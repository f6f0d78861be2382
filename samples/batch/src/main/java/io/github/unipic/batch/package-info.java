/**
 * Batches: many images in one folder, drawn by runs that may stop at any moment.
 *
 * <pre>{@code
 * PromptsFile prompts = PromptsFile.read(Path.of("prompts.jsonl"));
 * try (UniPic unipic = UniPic.load(model);
 *         BatchFolder folder = BatchFolder.open(Path.of("images"), unipic.info().name(), prompts.entries())) {
 *     for (BatchEntry entry : folder.missing()) {
 *         long start = System.nanoTime();
 *         Image image = unipic.generate(entry.request()).get(0);
 *         folder.add(entry, image, Duration.ofNanos(System.nanoTime() - start));
 *     }
 * }
 * }</pre>
 *
 * <p>{@link io.github.unipic.batch.PromptsFile} reads a list of {@link io.github.unipic.batch.BatchEntry}; a program
 * can also make the entries itself. {@link io.github.unipic.batch.BatchFolder} knows which entries are missing and
 * saves their images. It writes a {@link io.github.unipic.batch.ManifestLine} for each.
 *
 * <p>Failures are {@link io.github.unipic.UniPicException}s with one line. The package depends only on the sdk.
 */
package io.github.unipic.batch;
