package io.github.unipic.export.onnx;

import io.github.unipic.export.checkpoint.CheckpointTensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Several tensors as one, stacked along the first axis; each is encoded by itself, in the order that it has by itself.
 *
 * @param each how one of them is encoded: with the tensor's first axis first
 * @param below the tensors below the one that is placed; they differ from it in the first axis at most
 */
public record Stacked(Encoding each, List<CheckpointTensor> below) implements Encoding {
    public Stacked {
        below = List.copyOf(below);
    }

    @Override
    public String name(CheckpointTensor tensor) {
        return all(tensor).map(each::name).collect(Collectors.joining("+"));
    }

    @Override
    public ElementType type() {
        return each.type();
    }

    @Override
    public List<Long> shape(CheckpointTensor tensor) {
        List<Long> shape = new ArrayList<>(each.shape(tensor));
        shape.set(0, all(tensor).mapToLong(one -> each.shape(one).get(0)).sum());
        return List.copyOf(shape);
    }

    @Override
    public void write(CheckpointTensor tensor, ChunkedOutput out) throws IOException {
        each.write(tensor, out);
        for (CheckpointTensor next : below) {
            each.write(next, out);
        }
    }

    private Stream<CheckpointTensor> all(CheckpointTensor tensor) {
        return Stream.concat(Stream.of(tensor), below.stream());
    }
}
