package io.github.unipic.cli;

import java.io.PrintStream;
import java.time.Duration;
import java.util.Optional;
import java.util.function.LongSupplier;
import me.tongfei.progressbar.ConsoleProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Shows the progress of a task and the time left on stderr: a bar on a terminal, and otherwise (a log file, a build
 * server, a terminal too narrow for a bar) a plain line every few seconds. Closing it leaves the cursor on a new line.
 */
interface ProgressDisplay extends AutoCloseable {
    /**
     * @param remaining the task's own estimate of the time left; without one it is extrapolated from the time so far
     */
    default void update(long done, long total, Optional<Duration> remaining) {
        update(done, total, remaining, "");
    }

    /** @param rate such as {@code 4.8 MB/s}, or empty */
    void update(long done, long total, Optional<Duration> remaining, String rate);

    @Override
    void close();

    /** The unit of the display: its name, and how many of the counted numbers make one. */
    record Unit(String name, long size) {
        static final Unit ITERATIONS = new Unit("iterations", 1);
        static final Unit CASES = new Unit("cases", 1);
        static final Unit MEGABYTES = new Unit("MB", 1_000_000);

        /** Images, counted in thousandths, so that the display also moves within an image. */
        static final Unit IMAGES = new Unit("images", 1000);
    }

    static ProgressDisplay start(Session session, boolean quiet, String task, Unit unit) {
        if (quiet) {
            return new Silent();
        }
        if (session.err().isTerminal()) {
            int columns = Math.min(session.columns().getAsInt() - 1, Bar.COLUMNS);
            if (columns >= Bar.FEWEST_COLUMNS) {
                return new Bar(session.err(), task, unit, columns);
            }
        }
        return new Lines(session.err(), task, unit, System::nanoTime);
    }

    /** Shows nothing. */
    final class Silent implements ProgressDisplay {
        @Override
        public void update(long done, long total, Optional<Duration> remaining, String rate) {}

        @Override
        public void close() {}
    }

    /** A bar that redraws itself on one line of a terminal. */
    final class Bar implements ProgressDisplay {
        private static final int REDRAW_MILLIS = 200;
        private static final int COLUMNS = 79;

        /** With fewer columns there is no room for a bar between the figures, and the library fails. */
        private static final int FEWEST_COLUMNS = 50;

        private final Line line;
        private final ProgressBar bar;
        private final long start = System.nanoTime();

        Bar(Output err, String task, Unit unit, int columns) {
            line = new Line(err.raw(), columns);
            bar = new ProgressBarBuilder()
                    .setTaskName(TerminalText.line(task))
                    .setUnit(" " + unit.name(), unit.size())
                    .setStyle(err.canShow("\u2588") ? ProgressBarStyle.COLORFUL_UNICODE_BLOCK : ProgressBarStyle.ASCII)
                    .setUpdateIntervalMillis(REDRAW_MILLIS)
                    .hideEta()
                    .setConsumer(line)
                    .setInitialMax(-1)
                    .build();
        }

        @Override
        public void update(long done, long total, Optional<Duration> remaining, String rate) {
            bar.maxHint(total);
            bar.stepTo(done);
            bar.setExtraMessage(figures(rate, timeLeft(done, total, remaining, System.nanoTime() - start)));
        }

        @Override
        public void close() {
            bar.close();
            line.close();
        }

        /**
         * The bar's line on the terminal. The width is given, because the library would ask JLine for it, and JLine
         * takes Ctrl-C away from Java's shutdown hooks.
         */
        private static final class Line extends ConsoleProgressBarConsumer {
            private boolean ended;

            Line(PrintStream err, int columns) {
                super(err, columns);
            }

            /** Ends the line itself, because the library does not do so for a bar that was never shown. */
            @Override
            public synchronized void close() {
                if (!ended) {
                    ended = true;
                    super.close();
                }
            }
        }
    }

    /** Prints a line every few seconds, and none for a task that ends sooner. */
    final class Lines implements ProgressDisplay {
        private static final Duration INTERVAL = Duration.ofSeconds(5);

        private final PrintStream err;
        private final String task;
        private final Unit unit;
        private final LongSupplier nanoTime;
        private final long start;
        private long lastLine;

        Lines(PrintStream err, String task, Unit unit, LongSupplier nanoTime) {
            this.err = err;
            this.task = task;
            this.unit = unit;
            this.nanoTime = nanoTime;
            start = nanoTime.getAsLong();
            lastLine = start;
        }

        @Override
        public synchronized void update(long done, long total, Optional<Duration> remaining, String rate) {
            long now = nanoTime.getAsLong();
            if (now - lastLine < INTERVAL.toNanos()) {
                return;
            }
            lastLine = now;
            String figures = figures(rate, timeLeft(done, total, remaining, now - start));
            err.println(task + ": " + done / unit.size() + " of " + total / unit.size() + " " + unit.name()
                    + (figures.isEmpty() ? "" : ", " + figures));
        }

        @Override
        public void close() {}
    }

    private static String figures(String rate, String left) {
        return rate + (rate.isEmpty() || left.isEmpty() ? "" : ", ") + left;
    }

    /** From less than a hundredth of the work, which preparations may precede, nothing is extrapolated. */
    private static String timeLeft(long done, long total, Optional<Duration> estimate, long elapsedNanos) {
        Optional<Duration> extrapolated = done <= 0 || done < total / 100 || total < done
                ? Optional.empty()
                : Optional.of(Duration.ofNanos((long) ((double) elapsedNanos * (total - done) / done)));
        return estimate.or(() -> extrapolated)
                .map(time -> Quantities.time(time) + " left")
                .orElse("");
    }
}
