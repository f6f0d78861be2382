/** Encodes text to tokens and decodes tokens to text. Internal: not part of the API, may change. */
package io.github.unipic.text;
