package io.github.unipic.conformance.golden;

import io.github.unipic.conformance.ConformanceException;
import io.github.unipic.conformance.checks.Findings;
import io.github.unipic.conformance.compare.ModelTolerances;
import io.github.unipic.conformance.report.Area;
import io.github.unipic.runtime.Execution;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * Replays PyTorch's tensors on the exported graphs: feeds them the inputs of every golden file whose name it knows, and
 * compares the outputs.
 *
 * @param checkpoint that the graphs were exported from
 */
public record GoldenReplay(Execution execution, Path checkpoint, ModelTolerances tolerances, Findings findings) {
    private static final String ENDING = ".safetensors";

    /**
     * The golden files of a folder.
     *
     * @throws ConformanceException when there are none
     */
    public static List<Path> files(Path golden) {
        if (!Files.isDirectory(golden)) {
            throw new ConformanceException(
                    "There is no folder " + golden + "; --golden names one with .safetensors files.");
        }
        try (Stream<Path> files = Files.list(golden)) {
            List<Path> found = files.filter(file -> file.toString().endsWith(ENDING))
                    .sorted()
                    .toList();
            if (found.isEmpty()) {
                throw new ConformanceException(
                        golden + " holds no .safetensors files, so there is nothing to compare.");
            }
            return found;
        } catch (IOException e) {
            throw new ConformanceException(golden + " cannot be listed: " + e.getMessage() + ".", e);
        }
    }

    /**
     * Replays files; those without a known name are skipped.
     *
     * @throws ConformanceException when one cannot be read or is of another model
     */
    public void run(List<Path> files) {
        StageReplay stages = new StageReplay(execution, checkpoint);
        TaskReplay tasks = new TaskReplay(execution);
        for (Path file : files) {
            GoldenComparer comparer = new GoldenComparer(GoldenFile.read(file), tolerances, findings);
            String name = comparer.golden().name();
            int before = findings.count();
            if (name.startsWith("t2i_")) {
                findings.attempt(Area.LOOP, "t2i", name, () -> tasks.textToImage(comparer));
            } else if (name.startsWith("edit_")) {
                findings.attempt(Area.LOOP, "edit", name, () -> tasks.edit(comparer));
            } else if (name.startsWith("understand_")) {
                findings.attempt(Area.UNDERSTANDING, "understand", name, () -> tasks.understand(comparer));
            } else {
                findings.attempt(Area.STAGE, name, name, () -> stages.replay(comparer));
            }
            if (findings.count() == before) {
                findings.skip(name + ": not a golden file that this kit knows");
            }
        }
    }
}
