/** Reads and writes images. Internal: not part of the API, may change. */
package io.github.unipic.image;
