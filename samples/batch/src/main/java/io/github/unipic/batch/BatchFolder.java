package io.github.unipic.batch;

import io.github.unipic.Image;
import io.github.unipic.ImageFormatException;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.OutputException;
import io.github.unipic.files.AtomicFile;
import io.github.unipic.files.FileFailure;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The folder of a batch: an image for each entry, and {@code manifest.jsonl}, a {@link ManifestLine} for each image in
 * the order in which they were added.
 *
 * <p>An image appears completely or not at all, and its line after it. So a killed process loses at most the line of an
 * image, or leaves an incomplete line. The line is then restored from the image's metadata.
 *
 * <p>Nothing is created, changed or deleted before all files are known to belong to this batch. While the folder is
 * open, no other process can open it. Thread-safe.
 */
public final class BatchFolder implements AutoCloseable {
    private static final String ADVICE = "free some space there or choose another folder";

    private final Path folder;
    private final String model;
    private final List<BatchEntry> missing;
    private final BatchManifest manifest;

    private BatchFolder(Path folder, String model, List<BatchEntry> missing, BatchManifest manifest) {
        this.folder = folder;
        this.model = model;
        this.missing = missing;
        this.manifest = manifest;
    }

    /**
     * Opens a batch's folder, creates it if needed, and repairs its manifest: incomplete lines and the lines of deleted
     * images are removed; images without a line get one.
     *
     * @param folder the folder
     * @param model name of the model that generates the images
     * @param entries all entries of the batch, with different indices; an earlier run may have had fewer
     * @return the folder, to be closed
     * @throws InvalidRequestException if two entries have the same index, the folder's files do not belong to these
     *     entries and this model or to a batch, or another process uses the folder; nothing is changed then
     * @throws OutputException if it cannot be written
     */
    public static BatchFolder open(Path folder, String model, List<BatchEntry> entries) {
        return open(folder, model, entries, Inspection::resume);
    }

    /**
     * Opens a batch's folder as {@link #open(Path, String, List)}, but deletes the images of an earlier batch, so that
     * all entries are missing. Other files stay.
     *
     * @param folder the folder
     * @param model name of the model that generates the images
     * @param entries all entries of the batch, with different indices
     * @return the folder, to be closed
     * @throws InvalidRequestException if two entries have the same index, a file that no batch wrote has the name of
     *     one of their images, the manifest does not belong to a batch, or another process uses the folder; nothing is
     *     changed then
     * @throws OutputException if it cannot be written
     */
    public static BatchFolder restart(Path folder, String model, List<BatchEntry> entries) {
        return open(folder, model, entries, Inspection::restart);
    }

    /**
     * Reads the manifest of a batch's folder, also while the batch is open.
     *
     * @param folder the folder
     * @return a line for each image, in the order in which they were added
     * @throws InvalidRequestException if there is no manifest, it cannot be read, or a line is not one of a batch
     */
    public static List<ManifestLine> lines(Path folder) {
        try {
            return List.copyOf(BatchManifest.read(folder));
        } catch (IOException e) {
            throw new InvalidRequestException(
                    folder.resolve(BatchManifest.NAME) + " cannot be read (" + FileFailure.reason(e)
                            + "); give the folder of a batch",
                    e);
        }
    }

    /** Decides what opening changes in a folder, without changing it. */
    private interface Planning {
        Plan plan(Inspection inspection, SortedMap<Integer, BatchEntry> entries) throws IOException;
    }

    private static BatchFolder open(Path folder, String model, List<BatchEntry> entries, Planning planning) {
        SortedMap<Integer, BatchEntry> byIndex = byIndex(entries);
        BatchManifest manifest = null;
        boolean opened = false;
        try {
            if (Files.exists(folder) && !Files.isDirectory(folder)) {
                throw new InvalidRequestException(folder + " cannot be used: it is not a folder; choose another name");
            }
            manifest = BatchManifest.open(folder).orElse(null);
            Plan plan = planning.plan(new Inspection(folder, model, Optional.ofNullable(manifest)), byIndex);
            Files.createDirectories(folder);
            if (manifest == null) {
                manifest = BatchManifest.create(folder);
            }
            plan.carryOut(manifest);
            AtomicFile.removeLeftovers(folder.resolve(BatchManifest.NAME));
            opened = true;
            return new BatchFolder(folder, model, plan.missing(), manifest);
        } catch (IOException e) {
            throw new OutputException("The folder " + folder + " cannot be used", e, ADVICE);
        } finally {
            if (manifest != null && !opened) {
                closeQuietly(manifest);
            }
        }
    }

    private static SortedMap<Integer, BatchEntry> byIndex(List<BatchEntry> entries) {
        SortedMap<Integer, BatchEntry> byIndex = new TreeMap<>();
        for (BatchEntry entry : entries) {
            BatchEntry other = byIndex.put(entry.index(), entry);
            if (other != null) {
                throw new InvalidRequestException(other.source() + " and " + entry.source() + " both have index "
                        + entry.index() + "; give each entry its own");
            }
        }
        return byIndex;
    }

    private static void closeQuietly(BatchManifest manifest) {
        try {
            manifest.close();
        } catch (IOException e) {
            // nothing that matters was written
        }
    }

    /**
     * The entries that had no image when the folder was opened.
     *
     * @return ordered by index, unmodifiable
     */
    public List<BatchEntry> missing() {
        return missing;
    }

    /**
     * Saves an image and then its line.
     *
     * @param entry a missing entry that was not added yet
     * @param image the image, with the metadata of its request
     * @param time the time that generating it took
     * @throws InvalidRequestException if a file with the image's name exists
     * @throws io.github.unipic.ImageFormatException if the image cannot be saved
     * @throws OutputException if its line cannot be written: the disk is full, or the folder is closed
     */
    public void add(BatchEntry entry, Image image, Duration time) {
        Path file = folder.resolve(entry.fileName());
        if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            throw new InvalidRequestException(
                    file + " was meanwhile created by another program; move it away and start again");
        }
        image.save(file);
        try {
            manifest.append(ManifestLine.of(entry, model, image, Optional.of(time)));
        } catch (IOException e) {
            throw new OutputException(folder.resolve(BatchManifest.NAME) + " cannot be written", e, ADVICE);
        }
    }

    /**
     * The changes that opening makes.
     *
     * @param missing entries without an image
     * @param images files to delete
     * @param kept the manifest's lines that stay, if some are removed
     * @param half number of bytes to cut off after the last line
     * @param added lines for images that have none
     */
    private record Plan(
            List<BatchEntry> missing,
            List<Path> images,
            Optional<SortedMap<Integer, ManifestLine>> kept,
            int half,
            List<ManifestLine> added) {

        void carryOut(BatchManifest manifest) throws IOException {
            // The manifest comes last, so that after a kill all this can be repeated.
            for (Path image : images) {
                Files.deleteIfExists(image);
            }
            if (kept.isPresent()) {
                manifest.replace(kept.get().values());
            } else if (half > 0) {
                manifest.cut(half);
            }
            for (ManifestLine line : added) {
                manifest.append(line);
            }
        }
    }

    /** Inspects the folder and changes nothing. */
    private record Inspection(Path folder, String model, Optional<BatchManifest> manifest) {

        Plan resume(SortedMap<Integer, BatchEntry> entries) throws IOException {
            SortedMap<Integer, ManifestLine> lines = new TreeMap<>();
            byte[] half = manifest.isEmpty()
                    ? new byte[0]
                    : manifest.get().read(line -> {
                        BatchEntry entry = entries.get(line.index());
                        if (entry == null) {
                            throw changed(
                                    "holds " + line.file() + ", but there are now only " + entries.size() + " prompts");
                        }
                        checkSame(entry, line);
                        lines.put(line.index(), line);
                    });
            boolean empty = lines.isEmpty();
            List<BatchEntry> missing = new ArrayList<>();
            List<ManifestLine> added = new ArrayList<>();
            boolean deleted = false;
            for (BatchEntry entry : entries.values()) {
                Path file = folder.resolve(entry.fileName());
                if (!Files.isRegularFile(file)) {
                    if (Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
                        throw changed("contains " + entry.fileName() + ", which is not a file");
                    }
                    deleted |= lines.remove(entry.index()) != null;
                    missing.add(entry);
                } else if (!lines.containsKey(entry.index())) {
                    Image image = generated(file).orElseThrow(() -> notGenerated(file));
                    if (!entry.isRequestOf(image)) {
                        throw changed("contains " + entry.fileName() + ", which is not the image that " + entry.source()
                                + " requests");
                    }
                    added.add(ManifestLine.of(entry, model, image, Optional.empty()));
                }
            }
            requireOwn(half, !empty, added);
            return new Plan(
                    List.copyOf(missing),
                    List.of(),
                    deleted ? Optional.of(lines) : Optional.empty(),
                    half.length,
                    added);
        }

        Plan restart(SortedMap<Integer, BatchEntry> entries) throws IOException {
            TreeSet<String> names = new TreeSet<>();
            byte[] half = manifest.isEmpty() ? new byte[0] : manifest.get().read(line -> names.add(line.file()));
            requireOwn(half, !names.isEmpty(), List.of());
            entries.values().forEach(entry -> names.add(entry.fileName()));
            List<Path> images = names.stream()
                    .map(folder::resolve)
                    .filter(file -> Files.exists(file, LinkOption.NOFOLLOW_LINKS))
                    .toList();
            for (Path image : images) {
                boolean empty = Files.isRegularFile(image) && Files.size(image) == 0; // an empty file is no loss
                if (!empty && generated(image).isEmpty()) {
                    throw notGenerated(image);
                }
            }
            return new Plan(List.copyOf(entries.values()), images, Optional.of(new TreeMap<>()), 0, List.of());
        }

        private void checkSame(BatchEntry entry, ManifestLine line) {
            if (!line.prompt().equals(entry.request().prompt()) || !line.file().equals(entry.fileName())) {
                throw changed("contains " + line.file() + ", generated for another prompt or id than " + entry.source()
                        + " has now");
            }
            String modelBefore = line.model().orElse(model);
            if (!modelBefore.equals(model)) {
                throw changed("contains images of the model " + modelBefore + ", but this one is " + model);
            }
            if (!line.requested().equals(entry.requested())) {
                throw changed("contains " + entry.fileName() + ", generated with other options (" + line.requested()
                        + ") than " + entry.source() + " has now (" + entry.requested() + ")");
            }
        }

        /**
         * Checks that a batch began an incomplete line: it follows other lines, or is the line of an image in the
         * folder.
         *
         * @param after whether lines of a batch come before it
         */
        private void requireOwn(byte[] half, boolean after, List<ManifestLine> lost) {
            // The last character may be incomplete, too.
            String text = new String(half, StandardCharsets.UTF_8).replaceFirst("\uFFFD$", "");
            boolean own = text.isEmpty()
                    || after && ManifestLine.mayBegin(text)
                    || ManifestLine.parse(half).isPresent()
                    || lost.stream().anyMatch(line -> line.mayBeginWith(text));
            if (!own) {
                throw BatchManifest.foreign(folder.resolve(BatchManifest.NAME)
                        + " ends with an incomplete line that may not belong to a batch");
            }
        }

        /** The image in a file, if its metadata says that unipic generated it. */
        private static Optional<Image> generated(Path file) {
            try {
                return Optional.of(Image.read(file))
                        .filter(image -> image.request().isPresent());
            } catch (ImageFormatException e) {
                return Optional.empty();
            }
        }

        private InvalidRequestException changed(String what) {
            return new InvalidRequestException(folder + " " + what + "; choose another folder, or restart the batch");
        }

        private InvalidRequestException notGenerated(Path file) {
            return new InvalidRequestException(folder + " contains " + file.getFileName()
                    + ", which unipic has not generated; choose another folder, or move it away");
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
            throw new OutputException(folder.resolve(BatchManifest.NAME) + " cannot be closed", e, ADVICE);
        }
    }
}
