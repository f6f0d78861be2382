/** The tensors and graphs of cases that failed, for debugging with any ONNX Runtime and without Java. */
package io.github.unipic.conformance.dump;
