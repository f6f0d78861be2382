/** From text to tokens and back. Not exported. */
package io.github.unipic.text;
