/** The scenes of the trained model's images, a judge that recognizes them, and the cases that must pass. */
package io.github.unipic.conformance.meaning;
