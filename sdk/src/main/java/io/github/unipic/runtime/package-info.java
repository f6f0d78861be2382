/**
 * Models that are open: the engine that requests share, its graphs as ONNX Runtime sessions, tensors and the KV cache.
 * Internal: not part of the API, may change.
 */
package io.github.unipic.runtime;
