/** The model folder and its manifest. Internal: not part of the API, may change. */
package io.github.unipic.model;
