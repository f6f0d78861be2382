import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;

/**
 * What a batch on many machines loses, and how many entries a partition should have. Simulates a job whose partitions are
 * handed out one by one, on executors that are lost now and then; an entry that is finished is kept, as in a batch of
 * unipic. Prints, for 1 to 10,000 executors (at most executors=N) and partitions of 1 to 64 entries, the share of the
 * machines' time that goes into anything but entries.
 *
 * <p>Run it with your own figures, each as name=value:
 *
 * <pre>{@code
 * java ClusterSimulation.java seconds=50 start=15 entries=100 hours=24 slow=0.02
 * }</pre>
 */
public final class ClusterSimulation {
    private static final int[] EXECUTORS = {1, 10, 100, 1_000, 10_000};
    private static final int[] SIZES = {1, 2, 4, 8, 16, 32, 64};
    private static final double LIMIT = 0.05;

    /** Runs of each case: the mean is printed. */
    private static final int RUNS = 3;

    /** The time of one entry varies by this share of it (standard deviation). */
    private static final double SPREAD = 0.05;

    /** How many times as long a slow executor takes. */
    private static final double SLOWNESS = 2;

    /** From a loss until another executor is started in its place: the cluster manager's time. */
    private static final double REPLACEMENT = 30;

    /** The driver's time for a task, in seconds: Spark starts some hundred tasks a second. */
    private static final double DISPATCH = 0.005;

    /**
     * @param entries of the job, per executor
     * @param seconds of one entry
     * @param start seconds until an executor has opened the model
     * @param hours mean time between losses of one executor
     * @param slow share of the executors that are slow
     */
    private record Job(int entries, double seconds, double start, double hours, double slow) {}

    /**
     * Shares of the executors' time.
     *
     * @param starts of executors that did all that they began
     * @param rest failures, waiting for the driver, and the tail: what is neither of entries nor in {@code starts}
     */
    private record Loss(double starts, double rest) {}

    private record Executor(double free, double lostAt, double slowness, boolean started) implements Comparable<Executor> {
        @Override
        public int compareTo(Executor other) {
            return Double.compare(free, other.free);
        }
    }

    public static void main(String[] arguments) {
        Map<String, Double> given = new HashMap<>(
                Map.of("executors", 10_000.0, "seconds", 50.0, "start", 15.0, "entries", 100.0, "hours", 24.0,
                        "slow", 0.02));
        for (String argument : arguments) {
            String[] parts = argument.split("=", 2);
            if (parts.length < 2 || !given.containsKey(parts[0])) {
                System.err.println(argument + " is unknown; give name=value, with one of " + given.keySet());
                System.exit(2);
            }
            try {
                given.put(parts[0], Double.parseDouble(parts[1]));
            } catch (NumberFormatException e) {
                System.err.println(argument + ": " + parts[1] + " is not a number");
                System.exit(2);
            }
        }
        Job job = new Job(
                given.get("entries").intValue(), given.get("seconds"), given.get("start"), given.get("hours"), given.get("slow"));
        System.out.println("lost to failures, dispatch and the tail; in brackets with the start of executors, too");
        System.out.printf(Locale.ROOT, "%-10s", "executors");
        for (int size : SIZES) {
            System.out.printf(Locale.ROOT, "%16d", size);
        }
        System.out.printf(Locale.ROOT, "%20s%n", "largest under 5 %");
        for (int executors : EXECUTORS) {
            if (executors > given.get("executors")) {
                break;
            }
            System.out.printf(Locale.ROOT, "%-10d", executors);
            int largest = 0;
            for (int size : SIZES) {
                Loss loss = mean(job, executors, size);
                System.out.printf(
                        "%16s", String.format(Locale.ROOT, "%.1f %% (%.1f %%)", 100 * loss.rest(), 100 * (loss.rest() + loss.starts())));
                largest = loss.rest() < LIMIT ? size : largest;
            }
            System.out.printf(Locale.ROOT, "%20s%n", largest == 0 ? "none" : largest);
        }
    }

    private static Loss mean(Job job, int executors, int size) {
        double starts = 0;
        double rest = 0;
        for (int seed = 0; seed < RUNS; seed++) {
            Loss loss = run(job, executors, size, new Random(seed));
            starts += loss.starts() / RUNS;
            rest += loss.rest() / RUNS;
        }
        return new Loss(starts, rest);
    }

    private static Loss run(Job job, int executors, int size, Random random) {
        PriorityQueue<Executor> waiting = new PriorityQueue<>();
        for (int i = 0; i < executors; i++) {
            waiting.add(fresh(0, job, random));
        }
        long entries = (long) executors * job.entries();
        Deque<Integer> partitions = new ArrayDeque<>();
        for (long left = entries; left > 0; left -= size) {
            partitions.add((int) Math.min(size, left));
        }
        double starts = 0;
        double driverFree = 0;
        double end = 0;
        double useful = 0;
        // A partition whose executor is lost comes back at the time of the loss; until then others may wait for it.
        PriorityQueue<double[]> returning = new PriorityQueue<>((a, b) -> Double.compare(a[0], b[0]));
        while (!partitions.isEmpty() || !returning.isEmpty()) {
            Executor executor = waiting.remove();
            double now = executor.free();
            while (!returning.isEmpty() && (returning.peek()[0] <= now || partitions.isEmpty())) {
                double[] back = returning.remove();
                now = Math.max(now, back[0]);
                partitions.addFirst((int) back[1]);
            }
            int left = partitions.remove();
            double begin = Math.max(now, driverFree) + DISPATCH;
            driverFree = begin;
            double start = executor.started() ? 0 : job.start();
            double clock = begin + start;
            int done = 0;
            double last = clock;
            while (done < left && last <= executor.lostAt()) {
                clock = last;
                last += job.seconds() * executor.slowness() * Math.max(0.5, 1 + SPREAD * random.nextGaussian());
                done++;
            }
            if (last <= executor.lostAt()) {
                starts += start;
                useful += last - begin - start;
                waiting.add(new Executor(last, executor.lostAt(), executor.slowness(), true));
                end = Math.max(end, last);
            } else {
                // What was finished is kept; the entry in work, the start and the replacement are lost.
                int kept = Math.max(0, done - 1);
                double lost = Math.max(begin, executor.lostAt());
                useful += kept == 0 ? 0 : clock - begin - start;
                returning.add(new double[] {lost, left - kept});
                waiting.add(fresh(lost + REPLACEMENT, job, random));
            }
        }
        double all = executors * end;
        return new Loss(starts / all, (all - useful - starts) / all);
    }

    private static Executor fresh(double now, Job job, Random random) {
        double slowness = random.nextDouble() < job.slow() ? SLOWNESS : 1;
        double life = -Math.log(1 - random.nextDouble()) * job.hours() * 3600;
        return new Executor(now, now + life, slowness, false);
    }
}
