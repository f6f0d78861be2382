/** Reads and writes pictures. Not exported. */
package io.github.unipic.image;
