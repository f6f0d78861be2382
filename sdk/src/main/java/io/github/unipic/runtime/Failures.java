package io.github.unipic.runtime;

import io.github.unipic.InferenceException;
import io.github.unipic.libraries.MissingClass;
import java.util.Locale;
import java.util.function.Supplier;

/** Converts the errors that Java throws when memory is short or a native library fails to this library's exceptions. */
public final class Failures {
    private static final String LESS =
            ", or ask for smaller or fewer images (--low-memory, keepLoaded(false) and" + " tileAbove need less, too).";

    private Failures() {}

    /** @throws InferenceException if the work throws a {@link VirtualMachineError} or a {@link LinkageError} */
    public static <T> T guard(Supplier<T> work) {
        try {
            return work.get();
        } catch (OutOfMemoryError e) {
            throw new InferenceException(lackOfMemory(String.valueOf(e.getMessage())), e);
        } catch (LinkageError e) {
            throw new InferenceException(
                    MissingClass.explain(e)
                            .orElseGet(() -> "A library does not load on " + System.getProperty("os.name") + " "
                                    + System.getProperty("os.arch") + " (" + root(e)
                                    + "); see whether a native library of the class path is damaged or for another"
                                    + " machine, or a jar of another version."),
                    e);
        } catch (VirtualMachineError e) {
            throw new InferenceException(
                    "The Java machine failed (" + e + "); see whether a file of the model was changed while it was in"
                            + " use, and start again.",
                    e);
        }
    }

    public static void guard(Runnable work) {
        guard(() -> {
            work.run();
            return Boolean.TRUE;
        });
    }

    private static String lackOfMemory(String reason) {
        String lower = reason.toLowerCase(Locale.ROOT);
        if (lower.contains("direct")) {
            return "Java's memory outside its heap is used up (" + reason
                    + "); give it more with -XX:MaxDirectMemorySize=8g or -Xmx8g" + LESS;
        }
        if (lower.contains("heap")) {
            return "Java's heap is used up (" + reason + "); give it more with -Xmx8g" + LESS;
        }
        return "The system gives Java no more memory or threads (" + reason + "); end other programs" + LESS;
    }

    private static Throwable root(Throwable e) {
        Throwable root = e;
        while (root.getCause() != null && root.getCause() != root) {
            root = root.getCause();
        }
        return root;
    }
}
