/** The generation loop and what it is made of: noise, order and schedules. Not exported. */
package io.github.unipic.generation;
