package io.github.unipic.samples;

final class Placeholder {
    private Placeholder() {}
}
