package io.github.unipic.conformance.golden;

import io.github.unipic.conformance.ConformanceException;
import io.github.unipic.conformance.cases.Case;
import io.github.unipic.conformance.cases.CaseChecks;
import io.github.unipic.conformance.report.CaseName;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * Replays PyTorch's tensors on the exported graphs: runs them with the inputs of every golden file with a known name,
 * and compares the outputs.
 *
 * @param checkpoint that the graphs were exported from
 */
public record GoldenReplay(CaseChecks checks, Path checkpoint) {
    private static final String ENDING = ".safetensors";

    /**
     * The golden files of a folder.
     *
     * @throws ConformanceException when there are none
     */
    public static List<Path> files(Path golden) {
        if (!Files.isDirectory(golden)) {
            throw new ConformanceException(
                    "There is no folder " + golden + "; give --golden a folder with .safetensors files.");
        }
        try (Stream<Path> files = Files.list(golden)) {
            List<Path> found = files.filter(file -> file.toString().endsWith(ENDING))
                    .sorted()
                    .toList();
            if (found.isEmpty()) {
                throw new ConformanceException(
                        golden
                                + " contains no .safetensors files, so there is nothing to compare; give --golden another folder.");
            }
            return found;
        } catch (IOException e) {
            throw new ConformanceException(golden + " cannot be listed: " + e.getMessage() + ".", e);
        }
    }

    /**
     * What {@link #run} runs.
     *
     * @throws ConformanceException when a file cannot be read
     */
    public static List<CaseName> names(List<Path> files, Path checkpoint) {
        List<CaseName> names = new ArrayList<>();
        for (Path file : files) {
            try (GoldenFile golden = new GoldenFile(file)) {
                GoldenCases.of(golden, checkpoint).forEach(one -> names.add(one.address()));
            }
        }
        return names;
    }

    /**
     * Replays files; those without a known name are skipped.
     *
     * @throws ConformanceException when one cannot be read or is of another model
     */
    public void run(List<Path> files) {
        for (Path file : files) {
            try (GoldenFile golden = new GoldenFile(file)) {
                List<Case> cases = GoldenCases.of(golden, checkpoint);
                cases.forEach(one -> checks.check(one, golden));
                if (cases.isEmpty()) {
                    checks.results().skip(golden.name() + ": not a golden file that this kit knows");
                }
            }
        }
    }
}
