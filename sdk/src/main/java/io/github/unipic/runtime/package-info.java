/**
 * The engine: a model's graphs as ONNX Runtime sessions, tensors, the KV cache, and the requests that use them.
 * Internal: not part of the API, may change.
 */
package io.github.unipic.runtime;
