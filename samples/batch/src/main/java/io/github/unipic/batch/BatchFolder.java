package io.github.unipic.batch;

import io.github.unipic.Answer;
import io.github.unipic.Cancellation;
import io.github.unipic.Image;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.OutputException;
import io.github.unipic.ProgressListener;
import io.github.unipic.UniPic;
import io.github.unipic.files.AtomicFile;
import io.github.unipic.files.FileFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The folder of a batch: a result for each entry, and {@code manifest.jsonl}, a {@link ManifestLine} for each result in
 * the order in which they were added. Processes that share a batch each open a {@link Shard} of it, with a manifest of
 * its own ({@code manifest-3-of-8.jsonl}), which begins with the lines about its entries that there are. Opening the
 * whole batch afterwards moves their lines to {@code manifest.jsonl}. Where two manifests disagree about a result, its
 * file decides.
 *
 * <p>A result appears completely or not at all, and its line after it. So a killed process loses at most the line of a
 * result, or leaves an incomplete line. The line is then restored from the result's file.
 *
 * <p>Nothing is created, changed or deleted before all files are known to belong to this batch. While the folder, or a
 * shard of it, is open, no other process can open the same. Thread-safe.
 */
public final class BatchFolder implements AutoCloseable {
    private static final String ADVICE = "free some space there or choose another folder";

    private final Path folder;
    private final BatchFiles files;
    private final List<BatchEntry> missing;
    private final BatchManifest manifest;

    private BatchFolder(Path folder, BatchFiles files, List<BatchEntry> missing, BatchManifest manifest) {
        this.folder = folder;
        this.files = files;
        this.missing = missing;
        this.manifest = manifest;
    }

    /**
     * Opens a batch's folder, creates it if needed, and repairs its manifest: incomplete lines and the lines of deleted
     * files are removed; files without a line get one; the lines of shards are moved to it.
     *
     * @param folder the folder
     * @param model name of the model that is used
     * @param entries all entries of the batch, with different indices and files; an earlier run may have had fewer
     * @return the folder, to be closed
     * @throws InvalidRequestException if two entries have the same index or file, the folder's files do not belong to
     *     these entries and this model or to a batch, or another process uses the folder; nothing is changed then
     * @throws OutputException if it cannot be written
     */
    public static BatchFolder open(Path folder, String model, List<BatchEntry> entries) {
        return open(folder, model, entries, Shard.WHOLE);
    }

    /**
     * Opens a shard of a batch as {@link #open(Path, String, List)}, with the shard's own manifest. Of other manifests
     * only the lines about the shard's files are read.
     *
     * @param folder the folder of the whole batch
     * @param model name of the model that is used
     * @param entries all entries of the batch
     * @param shard whose entries are run
     * @return the folder, to be closed
     * @throws InvalidRequestException as {@link #open(Path, String, List)}
     * @throws OutputException if it cannot be written
     */
    public static BatchFolder open(Path folder, String model, List<BatchEntry> entries, Shard shard) {
        return open(folder, model, entries, shard, Inspection::resume);
    }

    /**
     * Opens a batch's folder as {@link #open(Path, String, List)}, but deletes the results of an earlier batch, so that
     * all entries are missing. Other files stay.
     *
     * @param folder the folder
     * @param model name of the model that is used
     * @param entries all entries of the batch, with different indices and files
     * @return the folder, to be closed
     * @throws InvalidRequestException if two entries have the same index or file, a file that no batch wrote has the
     *     name of one of theirs, the manifest does not belong to a batch, or another process uses the folder; nothing
     *     is changed then
     * @throws OutputException if it cannot be written
     */
    public static BatchFolder restart(Path folder, String model, List<BatchEntry> entries) {
        return restart(folder, model, entries, Shard.WHOLE);
    }

    /**
     * Opens a shard of a batch as {@link #restart(Path, String, List)}. Deleted are the results of its entries, and of
     * earlier entries with the shard's indices. Those of other shards stay.
     *
     * @param folder the folder of the whole batch
     * @param model name of the model that is used
     * @param entries all entries of the batch
     * @param shard whose entries are run
     * @return the folder, to be closed
     * @throws InvalidRequestException as {@link #restart(Path, String, List)}
     * @throws OutputException if it cannot be written
     */
    public static BatchFolder restart(Path folder, String model, List<BatchEntry> entries, Shard shard) {
        return open(folder, model, entries, shard, Inspection::restart);
    }

    /**
     * Reads the manifests of a batch's folder, also while the batch or its shards are open.
     *
     * @param folder the folder
     * @return a line for each result, in the order in which they were added, those of shards last; where the whole
     *     batch and a shard have one, the shard's
     * @throws InvalidRequestException if there is no manifest, one cannot be read, or a line is not one of a batch
     */
    public static List<ManifestLine> lines(Path folder) {
        try {
            List<Path> manifests = BatchManifest.all(folder);
            if (manifests.isEmpty()) {
                throw new NoSuchFileException(BatchManifest.NAME);
            }
            List<ManifestLine> whole = List.of();
            List<ManifestLine> shards = new ArrayList<>();
            Set<Integer> inShards = new HashSet<>();
            for (Path manifest : manifests) {
                List<ManifestLine> more = BatchManifest.read(manifest);
                if (manifest.endsWith(BatchManifest.NAME)) {
                    whole = more;
                } else {
                    more.stream()
                            .filter(line -> !inShards.contains(line.index()))
                            .forEach(shards::add);
                    more.forEach(line -> inShards.add(line.index()));
                }
            }
            return Stream.concat(whole.stream().filter(line -> !inShards.contains(line.index())), shards.stream())
                    .toList();
        } catch (IOException e) {
            throw new InvalidRequestException(
                    folder.resolve(BatchManifest.NAME) + " cannot be read (" + FileFailure.reason(e)
                            + "); give the folder of a batch",
                    e);
        }
    }

    /** Decides what opening changes in a folder, without changing it. */
    private interface Planning {
        Plan plan(Inspection inspection) throws IOException;
    }

    private static BatchFolder open(
            Path folder, String model, List<BatchEntry> entries, Shard shard, Planning planning) {
        BatchEntry.requireDifferent(entries);
        SortedMap<Integer, BatchEntry> own = new TreeMap<>();
        Set<String> ofOthers = new HashSet<>();
        for (BatchEntry entry : entries) {
            if (shard.has(entry.index())) {
                own.put(entry.index(), entry);
            } else {
                ofOthers.add(entry.file());
            }
        }
        BatchFiles files = new BatchFiles(folder, model);
        List<BatchManifest> opened = new ArrayList<>();
        boolean done = false;
        try {
            if (Files.exists(folder) && !Files.isDirectory(folder)) {
                throw new InvalidRequestException(folder + " cannot be used: it is not a folder; choose another name");
            }
            Path file = BatchManifest.of(folder, shard);
            BatchManifest.open(file).ifPresent(opened::add);
            Optional<BatchManifest> present = opened.stream().findFirst();
            List<BatchManifest> merged = new ArrayList<>();
            if (shard.count() == 1) {
                for (Path other : others(folder, file)) {
                    Optional<BatchManifest> of = BatchManifest.open(other);
                    of.ifPresent(opened::add);
                    of.ifPresent(merged::add);
                }
            }
            Plan plan = planning.plan(new Inspection(folder, model, files, shard, own, ofOthers, present, merged));
            Files.createDirectories(folder);
            BatchManifest manifest = present.isPresent() ? present.get() : BatchManifest.create(file);
            if (present.isEmpty()) {
                opened.add(0, manifest);
            }
            plan.carryOut(manifest, merged);
            removeLeftovers(folder, file, own.values());
            done = true;
            return new BatchFolder(folder, files, plan.missing(), manifest);
        } catch (IOException e) {
            throw new OutputException("The folder " + folder + " cannot be used", e, ADVICE);
        } finally {
            if (!done) {
                opened.forEach(BatchFolder::closeQuietly);
            }
        }
    }

    private static List<Path> others(Path folder, Path own) throws IOException {
        return BatchManifest.all(folder).stream()
                .filter(file -> !file.equals(own))
                .toList();
    }

    /** Unfinished files of killed processes, in all folders that have results. */
    private static void removeLeftovers(Path folder, Path manifest, Collection<BatchEntry> entries) {
        Map<Path, Path> oneOfEach = new HashMap<>(Map.of(folder, manifest));
        for (BatchEntry entry : entries) {
            Path file = folder.resolve(entry.file());
            if (entry.file().contains("/") && !oneOfEach.containsKey(file.getParent()) && Files.exists(file)) {
                oneOfEach.put(file.getParent(), file);
            }
        }
        oneOfEach.values().forEach(AtomicFile::removeLeftovers);
    }

    private static void closeQuietly(BatchManifest manifest) {
        try {
            manifest.close();
        } catch (IOException e) {
            // nothing that matters was written
        }
    }

    /**
     * The entries that had no result when the folder was opened; of a shard, its own.
     *
     * @return ordered by index, unmodifiable
     */
    public List<BatchEntry> missing() {
        return missing;
    }

    /**
     * Computes the result of an entry, saves it and then its line.
     *
     * @param unipic computes it
     * @param entry a missing entry that was not added yet
     * @param cancellation stops it
     * @param listener is notified of the progress of an image
     * @return its line
     * @throws InvalidRequestException as {@link BatchFiles#run}; other entries may still be run
     * @throws OutputException if its line cannot be written: the disk is full, or the folder is closed
     * @throws io.github.unipic.UniPicException otherwise as {@link BatchFiles#run}
     */
    public ManifestLine run(UniPic unipic, BatchEntry entry, Cancellation cancellation, ProgressListener listener) {
        return append(files.run(unipic, entry, cancellation, listener));
    }

    /**
     * Saves an image and then its line.
     *
     * @param entry a missing entry that was not added yet
     * @param image the image, with the metadata of its request
     * @param time the time that generating it took
     * @throws InvalidRequestException if a file with the image's name exists that is not of this entry
     * @throws io.github.unipic.ImageFormatException if the image cannot be saved
     * @throws OutputException if its line cannot be written: the disk is full, or the folder is closed
     */
    public void add(BatchEntry entry, Image image, Duration time) {
        append(files.save(entry, image, time));
    }

    /**
     * Saves an answer and then its line.
     *
     * @param entry a missing entry of the task {@link BatchTask.Describe} that was not added yet
     * @param answer the answer
     * @param time the time that it took
     * @throws InvalidRequestException if a file with its name exists that is not of this entry
     * @throws OutputException if it or its line cannot be written
     */
    public void add(BatchEntry entry, Answer answer, Duration time) {
        append(files.save(entry, answer, time));
    }

    private ManifestLine append(ManifestLine line) {
        try {
            manifest.append(List.of(line));
            return line;
        } catch (IOException e) {
            throw new OutputException(manifest.file() + " cannot be written", e, ADVICE);
        }
    }

    /**
     * The changes that opening makes.
     *
     * @param missing entries without a result
     * @param results files to delete
     * @param kept the manifest's lines that stay, if some are removed
     * @param half number of bytes to cut off after the last line
     * @param added lines for files that have none, those of merged manifests among them
     */
    private record Plan(
            List<BatchEntry> missing,
            List<Path> results,
            Optional<SortedMap<Integer, ManifestLine>> kept,
            int half,
            List<ManifestLine> added) {

        void carryOut(BatchManifest manifest, List<BatchManifest> merged) throws IOException {
            // The manifest comes last, so that after a kill all this can be repeated.
            for (Path result : results) {
                Files.deleteIfExists(result);
            }
            if (kept.isPresent()) {
                manifest.replace(kept.get().values());
            } else if (half > 0) {
                manifest.cut(half);
            }
            manifest.append(added);
            for (BatchManifest other : merged) {
                other.delete();
            }
        }
    }

    /**
     * Inspects the folder and changes nothing.
     *
     * @param entries of the shard, by index
     * @param ofOthers the files of the other shards' entries
     * @param manifest if it exists
     * @param merged the manifests that are merged into it
     */
    private record Inspection(
            Path folder,
            String model,
            BatchFiles files,
            Shard shard,
            SortedMap<Integer, BatchEntry> entries,
            Set<String> ofOthers,
            Optional<BatchManifest> manifest,
            List<BatchManifest> merged) {

        Plan resume() throws IOException {
            SortedMap<Integer, ManifestLine> own = new TreeMap<>();
            byte[] half = manifest.isEmpty() ? new byte[0] : manifest.get().read(line -> own.put(line.index(), line));
            boolean empty = own.isEmpty();
            SortedMap<Integer, ManifestLine> used = used(own);
            used.values().forEach(this::checkSame);
            List<ManifestLine> added = new ArrayList<>(used.values());
            added.removeIf(line -> own.get(line.index()) == line);
            boolean removed = own.values().removeIf(line -> used.get(line.index()) != line);
            List<BatchEntry> missing = new ArrayList<>();
            for (BatchEntry entry : entries.values()) {
                if (!used.containsKey(entry.index())) {
                    files.find(entry).ifPresentOrElse(added::add, () -> missing.add(entry));
                }
            }
            requireOwn(file(), half, !empty, added);
            return new Plan(
                    List.copyOf(missing), List.of(), removed ? Optional.of(own) : Optional.empty(), half.length, added);
        }

        private Path file() {
            return BatchManifest.of(folder, shard);
        }

        /** The lines of all manifests that are true of the files in the folder; of a shard, those about its entries. */
        private SortedMap<Integer, ManifestLine> used(SortedMap<Integer, ManifestLine> own) throws IOException {
            Map<Path, Collection<ManifestLine>> all = new LinkedHashMap<>(); // ours first: of equal lines it is kept
            if (manifest.isPresent()) {
                all.put(file(), own.values());
            }
            all.putAll(linesElsewhere());
            Path whole = folder.resolve(BatchManifest.NAME);
            SortedMap<Integer, ManifestLine> used = new TreeMap<>();
            all.forEach((of, lines) -> {
                if (!of.equals(whole)) {
                    lines.stream().filter(this::hasFile).forEach(line -> used.merge(line.index(), line, this::ofFile));
                }
            });
            all.getOrDefault(whole, List.of()).stream()
                    .filter(this::hasFile)
                    .forEach(line -> used.merge(line.index(), line, this::ofShardOrWhole));
            Set<Integer> lost = new HashSet<>();
            all.forEach((of, lines) -> BatchManifest.shard(of).ifPresent(part -> {
                Set<Integer> there = lines.stream().map(ManifestLine::index).collect(Collectors.toSet());
                used.keySet().stream()
                        .filter(index -> part.has(index) && !there.contains(index))
                        .forEach(lost::add);
            }));
            used.replaceAll((index, line) -> lost.contains(index) ? ifTrue(line) : line);
            return used;
        }

        private boolean hasFile(ManifestLine line) {
            return Files.isRegularFile(folder.resolve(line.file()));
        }

        private ManifestLine ofShardOrWhole(ManifestLine ofShard, ManifestLine ofWhole) {
            if (!isOfModel(ofShard)) {
                return ofShard; // newer, as shards begin with the whole batch's lines; refused later
            }
            return shard.equals(Shard.WHOLE) ? ofFile(ofWhole, ofShard) : ofFile(ofShard, ofWhole);
        }

        /** Of two lines for the same entry, either of which may be older, the one that says what the file says. */
        private ManifestLine ofFile(ManifestLine one, ManifestLine other) {
            if (one.isSameResult(other)) {
                return one.time().isPresent() || other.time().isEmpty() ? one : other;
            }
            BatchEntry entry = entries.get(one.index());
            if (entry == null || !isOfModel(one) && !isOfModel(other)) {
                return one; // refused later
            }
            return files.find(entry)
                    .map(found -> Stream.of(one, other)
                            .filter(found::isSameResult)
                            .findFirst()
                            .or(() -> Stream.of(one, other) // if made with other options, refused later
                                    .filter(found::isSameFile)
                                    .findFirst())
                            .orElse(found))
                    .orElse(one);
        }

        /**
         * The line, unless the file says something else. For an entry of a shard that has no line for it: shards begin
         * with the lines that there are, so the file was made later, and the shard perhaps killed before its line.
         */
        private ManifestLine ifTrue(ManifestLine line) {
            BatchEntry entry = entries.get(line.index());
            return entry == null
                    ? line
                    : files.find(entry)
                            .filter(found -> !found.isSameResult(line))
                            .orElse(line);
        }

        Plan restart() throws IOException {
            TreeSet<String> names = new TreeSet<>();
            byte[] half = manifest.isEmpty() ? new byte[0] : manifest.get().read(line -> names.add(line.file()));
            requireOwn(file(), half, !names.isEmpty(), List.of());
            for (BatchManifest other : merged) {
                requireOwn(other.file(), other.read(line -> names.add(line.file())), true, List.of());
            }
            if (merged.isEmpty()) {
                for (Path other : others(folder, file())) {
                    BatchManifest.read(other).stream()
                            .filter(line -> shard.has(line.index()))
                            .forEach(line -> names.add(line.file()));
                }
            }
            names.removeAll(ofOthers); // in a layout an index may have had another's file
            entries.values().forEach(entry -> names.add(entry.file()));
            List<Path> results = names.stream()
                    .map(folder::resolve)
                    .filter(result -> Files.exists(result, LinkOption.NOFOLLOW_LINKS))
                    .toList();
            for (Path result : results) {
                boolean empty = Files.isRegularFile(result) && Files.size(result) == 0; // an empty file is no loss
                if (!empty && Output.read(result).isEmpty()) {
                    throw new InvalidRequestException(folder + " contains " + folder.relativize(result)
                            + ", which unipic has not generated; choose another folder, or move it away");
                }
            }
            return new Plan(List.copyOf(entries.values()), results, Optional.of(new TreeMap<>()), 0, List.of());
        }

        /** The lines of other manifests: of shards, or for a shard of the whole batch, too. */
        private Map<Path, List<ManifestLine>> linesElsewhere() throws IOException {
            Map<Path, List<ManifestLine>> elsewhere = new LinkedHashMap<>();
            for (BatchManifest other : merged) {
                List<ManifestLine> lines = new ArrayList<>();
                requireOwn(other.file(), other.read(lines::add), true, List.of());
                elsewhere.put(other.file(), lines);
            }
            if (merged.isEmpty()) {
                for (Path other : others(folder, file())) {
                    elsewhere.put(
                            other,
                            BatchManifest.read(other).stream()
                                    .filter(line -> entries.containsKey(line.index()))
                                    .toList());
                }
            }
            return elsewhere;
        }

        /** What a file does not say. */
        private boolean isOfModel(ManifestLine line) {
            return line.model().orElse(model).equals(model);
        }

        private void checkSame(ManifestLine line) {
            BatchEntry entry = entries.get(line.index());
            if (entry == null) {
                throw changed("holds " + line.file() + ", but there are now only " + entries.size() + " prompts");
            }
            if (!isOfModel(line)) {
                throw changed(
                        "contains images of the model " + line.model().orElseThrow() + ", but this one is " + model);
            }
            files.requireSame(line, entry);
        }

        /**
         * Checks that a batch began an incomplete line: it follows other lines, or is the line of a result in the
         * folder.
         *
         * @param after whether lines of a batch come before it
         */
        private static void requireOwn(Path file, byte[] half, boolean after, List<ManifestLine> lost) {
            // The last character may be incomplete, too.
            String text = new String(half, StandardCharsets.UTF_8).replaceFirst("\uFFFD$", "");
            boolean own = text.isEmpty()
                    || after && ManifestLine.mayBegin(text)
                    || ManifestLine.parse(half).isPresent()
                    || lost.stream().anyMatch(line -> line.mayBeginWith(text));
            if (!own) {
                throw BatchManifest.foreign(file + " ends with an incomplete line that may not belong to a batch");
            }
        }

        private InvalidRequestException changed(String what) {
            return new InvalidRequestException(folder + " " + what + "; choose another folder, or restart the batch");
        }
    }

    /**
     * Closes the folder for other processes to open.
     *
     * @throws OutputException if that fails
     */
    @Override
    public void close() {
        try {
            manifest.close();
        } catch (IOException e) {
            throw new OutputException(manifest.file() + " cannot be closed", e, ADVICE);
        }
    }
}
