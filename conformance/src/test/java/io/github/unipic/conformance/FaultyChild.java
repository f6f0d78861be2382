package io.github.unipic.conformance;

import io.github.unipic.conformance.compare.Event;
import io.github.unipic.conformance.compare.Event.CaseBegan;
import io.github.unipic.conformance.compare.Event.Checked;
import io.github.unipic.conformance.compare.Event.PartBegan;
import java.io.IOException;
import java.lang.reflect.Field;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * A child process that does at certain cases or checks what a broken provider does: for tests without a C compiler. The
 * cases and their faults are in a system property.
 */
final class FaultyChild {
    /** Begins what a noisy provider prints: a message, if it were in the right place. */
    static final String NOISE = "{\"@type\":\"done\"} ";

    private static final String FAULTS = "unipic.test.faults";

    private FaultyChild() {}

    /** What a provider may do. */
    enum Fault {
        CRASH,
        HANG,
        EXIT,
        LEAK,
        ERROR,
        NOISE,
        NOISE_AND_HANG,
        DAMAGE,
        CRASH_AT_EXIT
    }

    /** The option that gives a child its faults, by the names of cases, parts or checks. */
    static String option(Map<String, Fault> faults) {
        List<String> pairs = new ArrayList<>();
        faults.forEach((name, fault) -> pairs.add(name + "=" + fault));
        return "-D" + FAULTS + "=" + String.join(";", pairs);
    }

    public static void main(String[] args) {
        Child.run(Path.of(args[0]), event -> at(event, Path.of(args[0])));
    }

    private static void at(Event event, Path messages) {
        if (event instanceof CaseBegan one) {
            at(one.name(), messages);
        } else if (event instanceof PartBegan part) {
            at(part.name(), messages);
        } else if (event instanceof Checked checked) {
            at(checked.check().name(), messages);
        }
    }

    private static void at(Object name, Path messages) {
        for (String pair : System.getProperty(FAULTS, "").split(";")) {
            if (pair.startsWith(name + "=")) {
                commit(Fault.valueOf(pair.substring(pair.indexOf('=') + 1)), messages);
            }
        }
    }

    private static void commit(Fault fault, Path messages) {
        try {
            switch (fault) {
                case CRASH -> {
                    System.out.println("the driver's last words");
                    crash();
                }
                case HANG -> TimeUnit.HOURS.sleep(1);
                // As C's exit: Java does not wait for the case that is running.
                case EXIT -> Runtime.getRuntime().halt(0);
                case LEAK -> leak();
                case ERROR -> throw new OutOfMemoryError("Java heap space");
                case NOISE -> makeNoise();
                case NOISE_AND_HANG -> {
                    makeNoise();
                    TimeUnit.HOURS.sleep(1);
                }
                case DAMAGE -> {
                    Files.writeString(messages, "\0\n", StandardOpenOption.APPEND);
                    TimeUnit.HOURS.sleep(1);
                }
                case CRASH_AT_EXIT -> Runtime.getRuntime().addShutdownHook(new Thread(FaultyChild::crash));
            }
        } catch (InterruptedException | IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** More than fits into a pipe. */
    private static void makeNoise() {
        for (int i = 0; i < 5_000; i++) {
            System.out.println(NOISE + "\u001b[31m" + i);
        }
    }

    /** Writes to the address 0, as native code does that has lost its way. */
    private static void crash() {
        try {
            unsafe("putAddress", new Class<?>[] {long.class, long.class}, 0L, 0L);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Takes memory outside of Java's heap, and uses it. */
    private static void leak() {
        try {
            for (int i = 0; i < 200; i++) {
                long bytes = 16L << 20;
                Object address = unsafe("allocateMemory", new Class<?>[] {long.class}, bytes);
                unsafe("setMemory", new Class<?>[] {long.class, long.class, byte.class}, address, bytes, (byte) 1);
                TimeUnit.MILLISECONDS.sleep(20);
            }
        } catch (ReflectiveOperationException | InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** By reflection, because the compiler warns of this class. */
    private static Object unsafe(String method, Class<?>[] types, Object... arguments)
            throws ReflectiveOperationException {
        Class<?> type = Class.forName("sun.misc.Unsafe");
        Field instance = type.getDeclaredField("theUnsafe");
        instance.setAccessible(true);
        return type.getMethod(method, types).invoke(instance.get(null), arguments);
    }
}
