package io.github.unipic.fuzz;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * The process that tries the inputs, as one of them may crash it. {@link FuzzProcess} starts it and tells it on
 * standard input which target to try, and the first input. The number of the current input is in a mapped file, which
 * survives the process.
 */
final class FuzzChild {
    /** Starts the lines on standard output that are for the parent. */
    static final String LINE = "fuzz: ";

    static final String JOURNAL = "journal";

    /** How the process ends when an input takes too long. */
    static final int HANGS = 99;

    /** Of the processor's time: a busy machine makes no input slow. */
    private static final long LONGEST_WORK = TimeUnit.SECONDS.toNanos(10);

    private static final long LONGEST_WAIT = TimeUnit.MINUTES.toNanos(2);
    private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();

    private static final int FAULTS_WRITTEN = 20;

    private final Path folder;
    private final long seed;
    private final MappedByteBuffer journal;
    private volatile long started = Long.MAX_VALUE;
    private volatile long workBefore;

    private FuzzChild(Path folder, long seed) throws IOException {
        this.folder = folder;
        this.seed = seed;
        try (FileChannel channel = FileChannel.open(
                folder.resolve(JOURNAL),
                StandardOpenOption.CREATE,
                StandardOpenOption.READ,
                StandardOpenOption.WRITE)) {
            journal = channel.map(FileChannel.MapMode.READ_WRITE, 0, Integer.BYTES);
        }
    }

    /** Arguments: the class that knows the targets, the folder for faults, the seed. Works in the current folder. */
    public static void main(String[] arguments) throws Exception {
        FuzzRegression test = FuzzRegression.of(arguments[0]);
        FuzzChild child = new FuzzChild(Path.of(arguments[1]), Long.parseLong(arguments[2]));
        child.watch(Thread.currentThread());
        BufferedReader orders = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String order = orders.readLine(); order != null; order = orders.readLine()) {
            String[] words = order.split(" ");
            child.run(test.target(words[0]).orElseThrow(), Integer.parseInt(words[1]));
        }
        System.exit(0); // A target may have threads that would go on, such as a server's.
    }

    private void run(FuzzTarget target, int first) throws IOException {
        Inputs inputs = new Inputs(target, seed);
        Trial trial = new Trial(target, Path.of("").toAbsolutePath());
        int[] outcomes = new int[Trial.Outcome.values().length];
        Map<String, Integer> faults = new HashMap<>();
        for (int number = first; number < inputs.count(); number++) {
            journal.putInt(0, number);
            byte[] input = inputs.get(number);
            try {
                workBefore = THREADS.getCurrentThreadCpuTime();
                started = System.nanoTime();
                outcomes[trial.run(input).ordinal()]++;
            } catch (Throwable e) {
                if (faults.merge(Fault.kind(e), 1, Integer::sum) == 1 && faults.size() <= FAULTS_WRITTEN) {
                    Fault.write(folder, target.name(), number, e, input);
                }
            } finally {
                started = Long.MAX_VALUE;
            }
        }
        System.out.println(LINE + outcomes[0] + " " + outcomes[1] + " "
                + faults.values().stream().mapToInt(Integer::intValue).sum());
    }

    /** Ends the process when an input takes too long: no thread can be stopped from outside. */
    private void watch(Thread worker) {
        Thread watch = new Thread(() -> {
            while (true) {
                long start = started;
                long work = THREADS.getThreadCpuTime(worker.getId()) - workBefore;
                if (start != Long.MAX_VALUE && (work > LONGEST_WORK || System.nanoTime() - start > LONGEST_WAIT)) {
                    new Thread(() -> halt()).start(); // also where the stack trace cannot be had
                    System.err.println(
                            "The input took over " + TimeUnit.NANOSECONDS.toSeconds(LONGEST_WORK) + " seconds at");
                    for (StackTraceElement element : worker.getStackTrace()) {
                        System.err.println("\tat " + element);
                    }
                    return;
                }
                sleep(100);
            }
        });
        watch.setDaemon(true);
        watch.start();
    }

    private static void halt() {
        sleep(2000);
        Runtime.getRuntime().halt(HANGS);
    }

    private static void sleep(long milliseconds) {
        try {
            Thread.sleep(milliseconds);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
