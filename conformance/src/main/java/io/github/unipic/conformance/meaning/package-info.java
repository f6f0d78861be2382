/**
 * What the trained model's images show: its scenes, a judge that reads them, and the cases that must come out right.
 */
package io.github.unipic.conformance.meaning;
