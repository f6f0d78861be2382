/**
 * Fuzzing: what reads input from outside is given thousands of damaged inputs. Every input must give a result or a
 * {@link io.github.unipic.UniPicException}, in bounded time and memory. docs/fuzzing.md says how to run it. Used by the
 * tests of all modules.
 */
package io.github.unipic.fuzz;
