/**
 * Native libraries that come in jars, and the folder of this user's from which the system loads them. Internal: not
 * part of the API, may change.
 */
package io.github.unipic.libraries;
