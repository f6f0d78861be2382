/**
 * Batches: many images, drawn into one folder by runs that may be stopped at any moment.
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
 * <p>{@link io.github.unipic.batch.PromptsFile} reads what is to be drawn as a list of
 * {@link io.github.unipic.batch.BatchEntry}; a program can make the entries itself, too.
 * {@link io.github.unipic.batch.BatchFolder} knows which of them are missing and takes the images. What it writes of
 * each is a {@link io.github.unipic.batch.ManifestLine}.
 *
 * <p>Failures are {@link io.github.unipic.UniPicException}s of one line. Knows only the sdk.
 */
package io.github.unipic.batch;
