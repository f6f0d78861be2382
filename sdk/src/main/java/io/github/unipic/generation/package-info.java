/**
 * The generation loop and what it is made of: noise, order and schedules. Internal: not part of the API, may change.
 */
package io.github.unipic.generation;
