package io.github.unipic.fuzz;

import java.io.IOException;
import java.util.List;
import java.util.SplittableRandom;

/** The numbered inputs of a target: its corpus, then mutations of it. A seed gives the same inputs on every machine. */
final class Inputs {
    private final FuzzTarget target;
    private final long seed;
    private final List<byte[]> corpus;

    Inputs(FuzzTarget target, long seed) throws IOException {
        this.target = target;
        this.seed = seed;
        corpus = target.corpus();
        if (corpus.isEmpty()) {
            throw new IllegalStateException("the target " + target.name() + " has no corpus");
        }
    }

    int count() {
        return corpus.size() + target.mutations();
    }

    int corpusSize() {
        return corpus.size();
    }

    byte[] get(int number) {
        if (number < corpus.size()) {
            return corpus.get(number);
        }
        SplittableRandom random = new SplittableRandom(
                (seed * 31 + target.name().hashCode()) * 0x9e3779b97f4a7c15L + number - corpus.size());
        byte[] input = corpus.get(random.nextInt(corpus.size()));
        return target.mutator().mutate(input, corpus.get(random.nextInt(corpus.size())), random);
    }
}
