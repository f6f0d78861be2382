package io.github.unipic.spark;

import io.github.unipic.OutputException;
import io.github.unipic.batch.ManifestLine;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import scala.runtime.AbstractFunction2;
import scala.runtime.BoxedUnit;

/**
 * The results of a job on its driver, which is notified of each partition's exactly once, however often the partition
 * ran. What it throws ends the job.
 */
final class Collected extends AbstractFunction2<Object, PartitionResult, BoxedUnit> {
    private final SparkManifest manifest;
    private final int all;
    private final Pace progress;
    private final Pace writing;
    private final List<String> failures = new ArrayList<>();
    private int made;
    private int kept;

    /**
     * Nothing is there yet.
     *
     * @param all number of entries
     * @param clock as {@link System#nanoTime}
     */
    Collected(SparkManifest manifest, int all, LongSupplier clock) {
        this.manifest = manifest;
        this.all = all;
        this.progress = new Pace(TimeUnit.SECONDS.toNanos(10), clock);
        this.writing = new Pace(TimeUnit.MINUTES.toNanos(1), clock);
    }

    @Override
    public synchronized BoxedUnit apply(Object partition, PartitionResult result) {
        for (String text : result.lines()) {
            ManifestLine line = ManifestLine.parse(text);
            manifest.add(line);
            if (line.time().isPresent()) {
                made++;
            } else {
                kept++;
            }
        }
        result.failed().forEach(manifest::remove);
        failures.addAll(result.failures());
        progress.run(() -> System.err.println((made + kept + failures.size()) + " of " + all + " entries"));
        writing.run(this::write);
        return BoxedUnit.UNIT;
    }

    /** For a driver that is killed. That it fails is no reason to end the job, which writes again in the end. */
    private void write() {
        try {
            manifest.writeJsonLines();
        } catch (OutputException e) {
            UniPicSpark.fail(e);
        }
    }

    /** A message about each entry that failed. */
    synchronized List<String> failures() {
        return List.copyOf(failures);
    }

    /** How many results were made. */
    synchronized int made() {
        return made;
    }

    /** How many results were there already. */
    synchronized int kept() {
        return kept;
    }
}
