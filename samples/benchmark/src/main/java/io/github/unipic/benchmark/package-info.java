/**
 * Image benchmarks: their prompts as entries of a batch, and the folders that their scorers read.
 *
 * <pre>{@code
 * BenchmarkLayout layout = Benchmark.GENEVAL.read(Path.of("evaluation_metadata.jsonl"), Optional.empty(), settings);
 * layout.requireFree(folder);
 * // run layout.entries() with BatchFolder or BatchFiles, in one process or in many
 * layout.complete(folder);
 * layout.check(folder).isComplete();
 * }</pre>
 *
 * <p>The manifest lies in the batch's folder, and what a scorer reads in a folder of its own in it.
 */
package io.github.unipic.benchmark;
