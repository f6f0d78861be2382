package io.github.unipic.conformance;

final class Placeholder {
    private Placeholder() {}
}
