/**
 * ONNX Runtime in this process and its execution providers, their options, and the libraries that NVIDIA's need.
 * Internal: not part of the API, may change.
 */
package io.github.unipic.runtime.provider;
