/**
 * Unpacks native libraries from jars into a folder of this user, from which the system loads them. Internal: not part
 * of the API, may change.
 */
package io.github.unipic.libraries;
