package io.github.unipic.benchmark;

import io.github.unipic.GenerateRequest;
import io.github.unipic.batch.BatchEntry;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;

/**
 * GenEval: {@code images/00000/metadata.jsonl}, the prompt's object, and {@code images/00000/samples/00000.png} to
 * {@code 00003.png}. Prompts are numbered in the order of their file; the authors' generator uses the same seeds for
 * each of them.
 */
final class GenEval {
    private static final String SCORED = "images";
    private static final int IMAGES = 4;

    private GenEval() {}

    static BenchmarkLayout read(Path file, GenerateRequest settings) {
        List<BatchEntry> entries = new ArrayList<>();
        List<ScorerFile> files = new ArrayList<>();
        int number = 0;
        for (PromptSource source : PromptSource.lines(file)) {
            String folder = SCORED + "/" + fiveDigits(number);
            byte[] metadata = (source.json() + "\n").getBytes(StandardCharsets.UTF_8);
            files.add(new ScorerFile.Text(folder + "/metadata.jsonl", metadata));
            for (int i = 0; i < IMAGES; i++) {
                entries.add(new BatchEntry(
                        number * IMAGES + i,
                        Optional.empty(),
                        folder + "/samples/" + fiveDigits(i) + ".png",
                        source.origin(),
                        source.generate(source.text("prompt"), settings, i)));
            }
            number++;
        }
        return new BenchmarkLayout(SCORED, entries, files, List.of("\\d+/grid\\.png"));
    }

    private static String fiveDigits(int number) {
        return String.format(Locale.ROOT, "%05d", number);
    }
}
