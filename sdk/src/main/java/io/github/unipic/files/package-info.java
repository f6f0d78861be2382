/**
 * Files and folders that appear whole or not at all, and what is left where that was cut short. Knows no other package.
 */
package io.github.unipic.files;
