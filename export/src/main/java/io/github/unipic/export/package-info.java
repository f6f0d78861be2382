/**
 * Exports published checkpoints to model folders: {@link io.github.unipic.export.Exporter}. The other packages are not
 * part of the API and may change.
 */
package io.github.unipic.export;
