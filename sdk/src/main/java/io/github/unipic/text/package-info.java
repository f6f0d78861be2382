/** From text to tokens and back. Internal: not part of the API, may change. */
package io.github.unipic.text;
