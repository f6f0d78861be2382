/**
 * A batch of many images as a job of a Spark cluster: {@link io.github.unipic.spark.UniPicSpark}, for
 * {@code spark-submit}. docs/scale.md has the commands.
 */
package io.github.unipic.spark;
