package io.github.unipic.benchmark;

import io.github.unipic.InvalidRequestException;
import io.github.unipic.OutputException;
import io.github.unipic.batch.BatchEntry;
import io.github.unipic.files.FileFailure;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/**
 * A benchmark as a batch, and the folder that its scorer reads. Immutable; the folder may be worked on by several
 * processes.
 */
public final class BenchmarkLayout {
    private final String scored;
    private final List<BatchEntry> entries;
    private final List<ScorerFile> files;
    private final List<String> tolerated;

    /**
     * Puts a layout together.
     *
     * @param scored the scorer's folder in the batch's
     * @param files beside the entries' images
     * @param tolerated patterns of other paths in the scorer's folder, which it writes or does not read
     */
    BenchmarkLayout(String scored, List<BatchEntry> entries, List<? extends ScorerFile> files, List<String> tolerated) {
        this.scored = scored;
        this.entries = List.copyOf(entries);
        this.files = List.copyOf(files);
        this.tolerated = List.copyOf(tolerated);
    }

    /**
     * What to run.
     *
     * @return entries with the indices 0, 1, 2 and so on, whose files are those of the scorer's folder or become part
     *     of them
     */
    public List<BatchEntry> entries() {
        return entries;
    }

    /**
     * The folder to give to the scorer.
     *
     * @param folder the batch's
     * @return a folder in it
     */
    public Path scored(Path folder) {
        return folder.resolve(scored);
    }

    /**
     * Checks, before the batch is run, that nothing is in the way of what {@link #complete} writes: after a restart
     * with other prompts, the earlier ones' metadata or sources are.
     *
     * @param folder the batch's
     * @throws InvalidRequestException if another file has the name of one of these, or one cannot be read
     */
    public void requireFree(Path folder) {
        for (ScorerFile file : files) {
            try {
                file.requireFree(folder);
            } catch (IOException e) {
                throw new InvalidRequestException(
                        folder.resolve(file.file()) + " cannot be read (" + FileFailure.reason(e)
                                + "); check it and try again",
                        e);
            }
        }
    }

    /**
     * Writes what the scorer reads beside the entries' images, as far as its images are there: GenEval's metadata,
     * DPG-Bench's grids, GEdit-Bench's sources. What is there already stays, so every shard may do this when it ends; a
     * grid is made again once all of its images have been.
     *
     * @param folder the batch's
     * @throws InvalidRequestException if another file has the name of one of these
     * @throws OutputException if one cannot be written
     */
    public void complete(Path folder) {
        for (ScorerFile file : files) {
            try {
                file.writeIn(folder);
            } catch (IOException e) {
                throw new OutputException(
                        folder.resolve(file.file()) + " cannot be written",
                        e,
                        "free some space there or choose another folder");
            }
        }
    }

    /**
     * Compares the scorer's folder with what the scorer expects. Images are decoded only where a grid is older than its
     * parts.
     *
     * @param folder the batch's
     * @return what is wrong with it
     * @throws InvalidRequestException if it cannot be read
     */
    public BenchmarkCheck check(Path folder) {
        List<String> missing = new ArrayList<>();
        List<String> damaged = new ArrayList<>();
        Set<String> expected = new HashSet<>();
        try {
            for (BatchEntry entry : entries) {
                if (entry.file().startsWith(scored + "/")) {
                    expected.add(entry.file());
                    Path file = folder.resolve(entry.file());
                    if (!Files.isRegularFile(file)) {
                        missing.add(entry.file());
                    } else if (!PngHeader.read(file).whole()) {
                        damaged.add(entry.file());
                    }
                }
            }
            for (ScorerFile scorerFile : files) {
                expected.add(scorerFile.file());
                Path file = folder.resolve(scorerFile.file());
                if (!Files.isRegularFile(file)) {
                    missing.add(scorerFile.file());
                } else if (!scorerFile.isWhole(folder)) {
                    damaged.add(scorerFile.file());
                }
            }
            return new BenchmarkCheck(expected.size(), missing, damaged, unexpected(folder, expected));
        } catch (IOException e) {
            throw new InvalidRequestException(
                    scored(folder) + " cannot be read (" + FileFailure.reason(e) + "); check it and try again", e);
        }
    }

    private List<String> unexpected(Path folder, Set<String> expected) throws IOException {
        Path root = scored(folder);
        if (!Files.isDirectory(root)) {
            return List.of();
        }
        Set<String> folders = new HashSet<>();
        for (String file : expected) {
            for (int slash = file.indexOf('/'); slash >= 0; slash = file.indexOf('/', slash + 1)) {
                folders.add(file.substring(0, slash));
            }
        }
        List<String> unexpected = new ArrayList<>();
        try (Stream<Path> paths = Files.walk(root)) {
            for (Path path : (Iterable<Path>) paths::iterator) {
                String name = folder.relativize(path).toString().replace('\\', '/');
                boolean known = expected.contains(name) || Files.isDirectory(path) && folders.contains(name);
                if (!known && !isTolerated(root.relativize(path).toString().replace('\\', '/'))) {
                    unexpected.add(name);
                }
            }
        }
        return unexpected;
    }

    private boolean isTolerated(String path) {
        return tolerated.stream().anyMatch(path::matches);
    }
}
