package io.github.unipic.export.hub;

import io.github.unipic.OutputException;
import io.github.unipic.UniPicException;
import io.github.unipic.export.ExportException;
import io.github.unipic.export.checkpoint.Checkpoint;
import io.github.unipic.export.checkpoint.HubCacheLayout;
import io.github.unipic.export.hub.DownloadPlan.Source;
import io.github.unipic.export.hub.NeededFiles.Wanted;
import io.github.unipic.files.ByteSize;
import io.github.unipic.files.Disk;
import java.io.IOException;
import java.nio.channels.ClosedByInterruptException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Fetches a published checkpoint from Hugging Face's hub: only the files that the exporter reads, each verified by the
 * hash that the hub states, and none that is there already. A download that was cut short, by a kill too, is continued.
 */
public final class HubDownload {
    private static final long TICK_MILLIS = 100;
    private static final long END_SECONDS = 30;

    private final DownloadRequest request;
    private final HubSettings settings;
    private final Patience patience;
    private final DownloadListener listener;
    private final Meter meter = new Meter();
    private final ExecutorService threads;

    HubDownload(DownloadRequest request, Patience patience, DownloadListener listener) {
        this.request = request;
        this.settings = HubSettings.of(request.environment(), request.home());
        this.patience = patience;
        this.listener = listener;
        this.threads = Executors.newFixedThreadPool(request.parallel(), work -> {
            Thread thread = new Thread(work, "unipic-download");
            thread.setDaemon(true);
            return thread;
        });
    }

    /**
     * Downloads. With HF_HUB_OFFLINE it only looks for what is there: in the output folder, then in Hugging Face's
     * cache.
     *
     * @throws DownloadException if the hub cannot be reached or refuses, or what it sends is wrong
     * @throws OutputException if the folder cannot be written, or the disk has too little room
     */
    public static DownloadReport run(DownloadRequest request, DownloadListener listener) {
        return run(request, Patience.USUAL, listener);
    }

    static DownloadReport run(DownloadRequest request, Patience patience, DownloadListener listener) {
        HubDownload download = new HubDownload(request, patience, listener);
        return download.settings.offline() ? download.whatIsThere() : download.fetch();
    }

    private DownloadReport whatIsThere() {
        List<Path> places = Stream.concat(
                        Stream.of(request.output()),
                        HubCacheLayout.snapshot(settings.cache(), request.repository(), request.revision()).stream())
                .toList();
        List<String> reasons = new ArrayList<>();
        for (Path place : places) {
            if (!DownloadFolder.holds(place, request.repository(), request.revision())) {
                reasons.add(place + " holds an unfinished download, or one of another repository or revision");
                continue;
            }
            try {
                Checkpoint.open(place, true).close();
                return new DownloadReport(place, "", 0, 0, DownloadFolder.changed(place));
            } catch (ExportException e) {
                reasons.add(e.getMessage());
            }
        }
        throw new DownloadException("HF_HUB_OFFLINE is set, and neither " + request.output() + " nor the cache "
                + settings.cache() + " has all of " + request.repository() + " at " + request.revision() + " ("
                + reasons.get(reasons.size() - 1)
                + "); unset HF_HUB_OFFLINE, or name a folder that has one with --out");
    }

    private DownloadReport fetch() {
        HubClient hub = new HubClient(settings, patience);
        try {
            NeededFiles needed =
                    await(threads.submit(() -> NeededFiles.of(hub, request.repository(), request.revision())));
            List<Wanted> files = new ArrayList<>(needed.files());
            List<Source> sources = needed.repositories().stream()
                    .map(each -> new Source(each.name(), each.license(), each.link()))
                    .distinct()
                    .toList();
            Repository main = needed.main();
            try (DownloadFolder folder = openFolder(files, sources)) {
                folder.begin(request.repository(), request.revision(), main.commit());
                removeOthers(folder, files);
                fetch(hub, folder, files);
                List<Wanted> more = needed.files(Checkpoint.lacking(request.output()));
                if (!more.isEmpty()) {
                    plan(folder, more, sources);
                    fetch(hub, folder, more);
                    files.addAll(more);
                }
                folder.keepOnly(paths(files)::contains);
                folder.removeParts();
                folder.complete(request.repository(), request.revision(), main.commit());
            } catch (IOException e) {
                throw DownloadFolder.failed(request.output(), e);
            }
            listener.onProgress(meter.there(), meter.total());
            return new DownloadReport(
                    request.output(),
                    main.commit(),
                    bytes(files),
                    meter.received(),
                    DownloadFolder.changed(request.output()));
        } finally {
            stop();
        }
    }

    /** Nothing is made before the plan is known to fit on the disk. */
    private DownloadFolder openFolder(List<Wanted> files, List<Source> sources) throws IOException {
        DownloadFolder folder = DownloadFolder.open(request.output());
        try {
            plan(folder, files, sources);
            return folder;
        } catch (RuntimeException | IOException e) {
            folder.close();
            throw e;
        }
    }

    /**
     * What earlier downloads of another commit or repository brought, before it could be read with this one's files.
     * Whether the weights in the folders of other models are needed is not known yet.
     */
    private static void removeOthers(DownloadFolder folder, List<Wanted> files) throws IOException {
        Set<String> paths = paths(files);
        Set<String> folders = paths.stream()
                .map(NeededFiles::folder)
                .filter(name -> !name.isEmpty())
                .collect(Collectors.toSet());
        folder.keepOnly(path -> paths.contains(path) || folders.contains(NeededFiles.folder(path)));
    }

    private static Set<String> paths(List<Wanted> files) {
        return files.stream().map(Wanted::path).collect(Collectors.toSet());
    }

    void plan(DownloadFolder folder, List<Wanted> files, List<Source> sources) throws IOException {
        for (String path : NeededFiles.readInstead(files)) {
            if (folder.mayBeTheUsers(path)) {
                throw new DownloadException(folder.file(path) + " is there, but is not of " + request.repository()
                        + " at " + request.revision()
                        + ", and would be read in place of what is; move it away, or use another --out");
            }
        }
        long bytes = bytes(files);
        long missing = bytes
                - files.stream()
                        .mapToLong(file -> Transfer.there(folder, settings.cache(), file))
                        .sum();
        long needed = missing;
        for (Wanted file : files) {
            needed += Transfer.copied(folder, settings.cache(), file);
        }
        long room = Disk.room(request.output());
        if (room < needed) {
            throw new OutputException(
                    "The download needs " + ByteSize.of(needed) + ", but the disk of " + request.output() + " has "
                            + ByteSize.of(room) + " left; make room there, or use another disk (--out)");
        }
        meter.expect(bytes);
        listener.onPlan(new DownloadPlan(sources, request.output(), files.size(), bytes, missing));
    }

    private static long bytes(List<Wanted> files) {
        return files.stream().mapToLong(file -> file.file().size()).sum();
    }

    /** Large files first, so that the last one does not take long alone. */
    private void fetch(HubClient hub, DownloadFolder folder, List<Wanted> files) {
        List<Future<Void>> transfers = files.stream()
                .sorted(Comparator.comparingLong((Wanted each) -> each.file().size())
                        .reversed())
                .map(each -> threads.submit((Callable<Void>) () -> {
                    new Transfer(hub, patience, folder, settings.cache(), meter, each).run();
                    return null;
                }))
                .toList();
        try {
            awaitAll(transfers);
        } catch (RuntimeException | Error e) {
            stop(); // Before the folder is closed.
            throw e;
        }
    }

    /** Each is asked for its result before it is forgotten; whichever fails first ends the download. */
    void awaitAll(List<Future<Void>> transfers) {
        List<Future<Void>> running = new ArrayList<>(transfers);
        while (!running.isEmpty()) {
            running.removeIf(this::isOver);
            if (!running.isEmpty()) {
                tick(running.get(0));
            }
        }
    }

    private boolean isOver(Future<Void> transfer) {
        if (!transfer.isDone()) {
            return false;
        }
        await(transfer);
        return true;
    }

    private <T> T await(Future<T> future) {
        while (!future.isDone()) {
            tick(future);
        }
        try {
            return future.get();
        } catch (ExecutionException e) {
            throw failure(e.getCause());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DownloadException("the download was interrupted; run the same command again to continue it", e);
        }
    }

    private void tick(Future<?> future) {
        try {
            future.get(TICK_MILLIS, TimeUnit.MILLISECONDS);
        } catch (TimeoutException | ExecutionException e) {
            // Its result is asked for when it is done.
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new DownloadException("the download was interrupted; run the same command again to continue it", e);
        }
        listener.onProgress(meter.there(), meter.total());
    }

    private RuntimeException failure(Throwable cause) {
        if (cause instanceof UniPicException known) {
            return known;
        }
        if (cause instanceof RuntimeException unexpected) {
            return unexpected;
        }
        if (cause instanceof Error error) {
            throw error;
        }
        if (cause instanceof IOException io && !(cause instanceof ClosedByInterruptException)) {
            return DownloadFolder.failed(request.output(), io);
        }
        return new DownloadException("the download was interrupted; run the same command again to continue it", cause);
    }

    /** Interrupts what is in progress and waits until it is over. */
    private void stop() {
        threads.shutdownNow();
        try {
            threads.awaitTermination(END_SECONDS, TimeUnit.SECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
