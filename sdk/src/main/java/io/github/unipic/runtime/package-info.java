/**
 * ONNX Runtime: sessions, tensors, the KV cache, and each stage of the model as a method. Internal: not part of the
 * API, may change.
 */
package io.github.unipic.runtime;
