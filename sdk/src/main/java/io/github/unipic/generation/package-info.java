/**
 * The generation loop and the parts of the model that it runs, with noise, orders and schedules. Internal: not part of
 * the API, may change.
 */
package io.github.unipic.generation;
