/**
 * Writes files and folders that appear whole or not at all, and cleans up after interrupted writing. Uses no other
 * package of ours.
 */
package io.github.unipic.files;
