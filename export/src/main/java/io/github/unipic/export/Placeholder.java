package io.github.unipic.export;

final class Placeholder {
    private Placeholder() {}
}
