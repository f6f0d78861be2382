package io.github.unipic.export.onnx;

import io.github.unipic.export.checkpoint.CheckpointTensor;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
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
    public List<Part> parts(CheckpointTensor tensor) {
        List<List<Part>> all = Stream.concat(Stream.of(tensor), below.stream())
                .map(each::parts)
                .toList();
        return IntStream.range(0, all.get(0).size())
                .mapToObj(i -> stacked(all.stream().map(parts -> parts.get(i)).toList()))
                .toList();
    }

    private static Part stacked(List<Part> parts) {
        Part top = parts.get(0);
        List<Long> shape = new ArrayList<>(top.shape());
        shape.set(0, parts.stream().mapToLong(part -> part.shape().get(0)).sum());
        return new Part(
                parts.stream().map(Part::name).collect(Collectors.joining("+")), top.type(), List.copyOf(shape));
    }

    @Override
    public void write(CheckpointTensor tensor, List<ChunkedOutput> outs) throws IOException {
        each.write(tensor, outs);
        for (CheckpointTensor next : below) {
            each.write(next, outs);
        }
    }
}
