package io.github.unipic.benchmark;

import io.github.unipic.GenerateRequest;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.batch.BatchEntry;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * GEdit-Bench: {@code unipic/fullset/TASK_TYPE/LANGUAGE/KEY.png}, the edited image, and {@code KEY_SRCIMG.png}, the
 * source as it is. The scorer skips an entry of which one is missing. {@code unipic} is the model's name there.
 */
final class GEditBench {
    private static final String SCORED = "unipic/fullset";
    private static final Set<String> LANGUAGES = Set.of("en", "cn");

    private GEditBench() {}

    static BenchmarkLayout read(Path file, Path images, GenerateRequest settings, boolean pad) {
        List<BatchEntry> entries = new ArrayList<>();
        List<ScorerFile> sources = new ArrayList<>();
        for (PromptSource source : PromptSource.lines(file)) {
            String key = source.name("key");
            String language = source.text("instruction_language");
            if (!LANGUAGES.contains(language)) {
                throw new InvalidRequestException(
                        source.origin() + ": instruction_language is '" + language + "', but must be en or cn");
            }
            String place = SCORED + "/" + source.name("task_type") + "/" + language + "/" + key;
            Path image = source.image(images, key + "_SRCIMG.png");
            entries.add(new BatchEntry(
                    entries.size(),
                    Optional.of(key),
                    place + ".png",
                    source.origin(),
                    source.edit(source.text("instruction"), image, settings, pad)));
            sources.add(new ScorerFile.Copy(place + "_SRCIMG.png", image));
        }
        return new BenchmarkLayout(SCORED, entries, sources, List.of());
    }
}
