/** Reads and writes pictures. Internal: not part of the API, may change. */
package io.github.unipic.image;
