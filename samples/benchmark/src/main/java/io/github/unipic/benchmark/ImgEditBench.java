package io.github.unipic.benchmark;

import io.github.unipic.GenerateRequest;
import io.github.unipic.batch.BatchEntry;
import io.github.unipic.benchmark.PromptSource.KeyedSource;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** ImgEdit-Bench: {@code images/KEY.png}. The scorer writes its {@code result.json} there. */
final class ImgEditBench {
    private static final String SCORED = "images";

    private ImgEditBench() {}

    static BenchmarkLayout read(Path file, Path images, GenerateRequest settings, boolean pad) {
        List<BatchEntry> entries = new ArrayList<>();
        for (KeyedSource keyed : PromptSource.values(file)) {
            PromptSource source = keyed.source();
            entries.add(new BatchEntry(
                    entries.size(),
                    Optional.of(keyed.key()),
                    SCORED + "/" + keyed.key() + ".png",
                    source.origin(),
                    source.edit(source.text("prompt"), source.image(images, source.text("id")), settings, pad)));
        }
        return new BenchmarkLayout(SCORED, entries, List.of(), List.of("result\\.json"));
    }
}
