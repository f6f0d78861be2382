package io.github.unipic.conformance;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.conformance.Protocol.Done;
import io.github.unipic.conformance.Protocol.Happened;
import io.github.unipic.conformance.Protocol.Message;
import io.github.unipic.conformance.Protocol.Request;
import io.github.unipic.conformance.Protocol.Started;
import io.github.unipic.conformance.bench.ProcessMemory;
import io.github.unipic.conformance.compare.Event;
import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A child process, as its parent sees it. Closing it kills it. */
final class ChildProcess implements AutoCloseable {
    /** Options of this process that would disturb a child, or that it has anyway. */
    private static final List<String> NOT_INHERITED = List.of(
            "-agentlib:",
            "-agentpath:",
            "-javaagent:",
            "-Xrun",
            "-Xdebug",
            "-Xlog",
            "-Dcom.sun.management.",
            "-XX:ErrorFile",
            "-XX:StartFlightRecording",
            "-XX:ArchiveClassesAtExit",
            "-XX:DumpLoadedClassList",
            "-XX:FlightRecorderOptions",
            "--enable-native-access");

    /** The first Java that does; older ones start slower with the option. */
    private static final int WARNS_OF_NATIVE_ACCESS = 22;

    private static final Map<Integer, String> SIGNALS = Map.of(
            1, "SIGHUP", 2, "SIGINT", 3, "SIGQUIT", 4, "SIGILL", 6, "SIGABRT", 7, "SIGBUS", 8, "SIGFPE", 9, "SIGKILL",
            11, "SIGSEGV", 15, "SIGTERM");

    private static final int SIGNALLED = 128;
    private static final int KILLED = SIGNALLED + 9;
    private static final long LOOK_MILLIS = 20;
    private static final long DUMP_MILLIS = 500;
    private static final long END_SECONDS = 5;
    private static final Duration MEMORY_LOOK = Duration.ofMillis(200);

    private final Isolation isolation;
    private final Process process;
    private final ProcessOutput output;
    private final InputStream messages;
    private final Path crashFile;
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private long lastStep = System.nanoTime();
    private long lastMemoryLook = lastStep;
    private long mostMemory;
    private boolean started;
    private boolean hung;
    private Optional<String> killedFor = Optional.empty();

    /**
     * Starts a process.
     *
     * @param main the class with the program
     * @param folder for its files, which exists
     * @param name of its files
     * @throws ConformanceException when it cannot be started
     */
    ChildProcess(Isolation isolation, Class<?> main, Path folder, String name) {
        this.isolation = isolation;
        this.crashFile = folder.resolve(name + "-crash.log");
        Path file = folder.resolve(name + ".jsonl");
        try {
            messages = new BufferedInputStream(Files.newInputStream(Files.createFile(file)));
            ProcessBuilder builder = new ProcessBuilder(command(main, file)).redirectErrorStream(true);
            // In the environment it may be as long as it likes, on Windows too.
            builder.environment().put("CLASSPATH", System.getProperty("java.class.path"));
            // Their options are among those that are inherited, without agents.
            builder.environment().keySet().removeAll(List.of("JAVA_TOOL_OPTIONS", "JDK_JAVA_OPTIONS"));
            process = builder.start();
        } catch (IOException e) {
            throw cannotStart(e.getMessage());
        }
        output = new ProcessOutput(process.getInputStream());
    }

    private List<String> command(Class<?> main, Path file) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> NOT_INHERITED.stream().noneMatch(option::startsWith))
                .forEach(command::add);
        command.addAll(isolation.javaOptions());
        if (Runtime.version().feature() >= WARNS_OF_NATIVE_ACCESS) {
            command.add("--enable-native-access=ALL-UNNAMED");
        }
        command.addAll(List.of("-XX:ErrorFile=" + crashFile, main.getName(), file.toString()));
        return command;
    }

    private static ConformanceException cannotStart(String reason) {
        return new ConformanceException("The process that runs the cases cannot be started: " + reason
                + "; see whether Java can start another Java here, or use --no-isolation (no Isolation in Java).");
    }

    /** Sends a request, which is lost if the process is. The time that it had nothing to do counts for no limit. */
    void send(Request request) {
        lastStep = System.nanoTime();
        try {
            process.getOutputStream().write(Protocol.line(request));
            process.getOutputStream().flush();
        } catch (IOException e) {
            // The next message tells.
        }
    }

    /**
     * Waits for a message. Kills the process when a case exceeds a limit.
     *
     * @param listener is notified of each line that it prints
     * @return empty if the process has ended
     * @throws CancelledException when cancelled
     */
    Optional<Message> next(Cancellation cancellation, Consumer<String> listener) throws InterruptedException {
        while (true) {
            // Asked first, so that what it wrote before its end is read.
            boolean alive = process.isAlive();
            output.giveTo(listener);
            Optional<Message> message = read();
            if (message.isPresent()) {
                notice(message.get());
                return message;
            }
            if (cancellation.isCancelled()) {
                throw new CancelledException("The run was cancelled.");
            }
            if (!alive) {
                requireStarted();
                return Optional.empty();
            }
            enforceLimits();
            process.waitFor(LOOK_MILLIS, TimeUnit.MILLISECONDS);
        }
    }

    private void notice(Message message) {
        started |= message instanceof Started;
        if (message instanceof Done) {
            endRequests();
        }
        boolean withinCase = message instanceof Happened happened
                && !(happened.event() instanceof Event.PartBegan
                        || happened.event() instanceof Event.PartEnded
                        || happened.event() instanceof Event.CaseBegan
                        || happened.event() instanceof Event.CaseEnded);
        if (!withinCase) {
            lastStep = System.nanoTime();
        }
    }

    private void endRequests() {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            // The process has ended by itself.
        }
    }

    private Optional<Message> read() {
        try {
            for (int next = messages.read(); next >= 0; next = messages.read()) {
                if (next == '\n') {
                    String whole = line.toString(StandardCharsets.UTF_8);
                    line.reset();
                    return Optional.of(Protocol.message(whole));
                }
                line.write(next);
            }
        } catch (JsonProcessingException e) {
            kill("the process wrote damaged results, so its memory may be damaged");
        } catch (IOException e) {
            throw new ConformanceException("What the process that runs the cases wrote cannot be read: " + e + ".", e);
        }
        return Optional.empty();
    }

    /** A process that does not even start says nothing about a provider. */
    private void requireStarted() throws InterruptedException {
        if (!started) {
            throw cannotStart(killedFor.orElse("it ended with exit code " + process.exitValue()) + ", and printed: "
                    + output.end());
        }
    }

    private void enforceLimits() throws InterruptedException {
        long now = System.nanoTime();
        if (now - lastStep > isolation.caseLimit().toNanos()) {
            // It prints where it is, so that the report can say it.
            send(new Protocol.Dump());
            process.waitFor(DUMP_MILLIS, TimeUnit.MILLISECONDS);
            hung = true;
            kill("the process was ended after " + isolation.caseLimit().toSeconds() + " s, the limit for a case");
        } else if (now - lastMemoryLook > MEMORY_LOOK.toNanos()) {
            lastMemoryLook = now;
            long memory = ProcessMemory.of(process.pid()).anonymousBytes();
            mostMemory = Math.max(mostMemory, memory);
            if (memory > isolation.memoryLimitBytes()) {
                kill("the process was ended as it used " + gigabytes(memory) + " of memory, more than the limit of "
                        + gigabytes(isolation.memoryLimitBytes()));
            }
        }
    }

    private void kill(String reason) {
        killedFor = Optional.of(reason);
        destroy();
    }

    /** Kills the process and those that it has started. */
    private void destroy() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    /** How it ended, once there are no more messages. */
    Ending ending() throws InterruptedException {
        int exitCode = process.waitFor();
        Optional<CrashFile> crash = CrashFile.read(crashFile);
        String reason = killedFor.orElseGet(
                () -> crash.map(file -> "the process crashed (" + describe(exitCode) + "): " + file.summary())
                        .orElseGet(() -> exited(exitCode)));
        return new Ending(
                reason,
                killedFor.isPresent() ? OptionalInt.empty() : OptionalInt.of(exitCode),
                crash,
                output.end(),
                hung);
    }

    private String exited(int exitCode) {
        if (exitCode == KILLED) {
            return "the process was killed (" + describe(exitCode) + "), as systems do when memory runs out"
                    + (mostMemory > 0 ? "; it used " + gigabytes(mostMemory) : "");
        }
        return SIGNALS.containsKey(exitCode - SIGNALLED)
                ? "the process was ended by a signal (" + describe(exitCode) + ")"
                : "the process exited (" + describe(exitCode) + ") before its work was done";
    }

    private static String describe(int exitCode) {
        // Windows gives NTSTATUS codes such as 0xC0000005.
        String code = exitCode < 0 ? "0x" + Integer.toHexString(exitCode) : Integer.toString(exitCode);
        String signal = SIGNALS.get(exitCode - SIGNALLED);
        return "exit code " + code + (signal == null ? "" : ", " + signal);
    }

    private static String gigabytes(long bytes) {
        return String.format(Locale.ROOT, "%.1f GB", bytes / 1e9);
    }

    /** Kills it, if it has not ended, and lets go of its files, which the file system may otherwise keep. */
    @Override
    public void close() {
        destroy();
        try {
            process.waitFor(END_SECONDS, TimeUnit.SECONDS);
            messages.close();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            // It was only read from.
        }
    }

    /**
     * How a process ended.
     *
     * @param reason one line
     * @param exitCode empty if the parent ended it
     * @param output its last lines
     * @param hung whether the parent ended it after the limit for a case
     */
    record Ending(String reason, OptionalInt exitCode, Optional<CrashFile> crash, String output, boolean hung) {
        /** Whether it ended as programs do that have done their work. */
        boolean isNormal() {
            return exitCode.equals(OptionalInt.of(0));
        }
    }
}
