/**
 * Batches: many images and answers in one folder, made by runs that may stop at any moment.
 *
 * <pre>{@code
 * PromptsFile prompts = PromptsFile.read(Path.of("prompts.jsonl"));
 * try (UniPic unipic = UniPic.load(model);
 *         BatchFolder folder = BatchFolder.open(Path.of("images"), unipic.info().name(), prompts.entries())) {
 *     for (BatchEntry entry : folder.missing()) {
 *         folder.run(unipic, entry, new Cancellation(), progress -> {});
 *     }
 * }
 * }</pre>
 *
 * <p>{@link io.github.unipic.batch.PromptsFile} reads a list of {@link io.github.unipic.batch.BatchEntry}; a program
 * can also make the entries itself. Each has a {@link io.github.unipic.batch.BatchTask}: to generate, edit, inpaint or
 * describe. {@link io.github.unipic.batch.BatchFolder} knows which entries are missing, runs them, saves their results,
 * and writes a {@link io.github.unipic.batch.ManifestLine} for each. Several processes share a batch by opening a
 * {@link io.github.unipic.batch.Shard} each.
 *
 * <p>A job on a cluster, in which any process may run any entry, perhaps twice, uses
 * {@link io.github.unipic.batch.BatchFiles} instead: {@code new BatchFiles(folder, model).run(unipic, entry, ...)}
 * keeps or makes the result of one entry, and gives its line for the job to collect. Entries travel as
 * {@linkplain io.github.unipic.batch.BatchEntry#toJson text}.
 *
 * <p>Failures are {@link io.github.unipic.UniPicException}s with one line. The package depends only on the sdk.
 */
package io.github.unipic.batch;
