package io.github.unipic.cli;

import java.io.Console;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Asks POSIX tools about the terminal, because Java says too little about it. */
final class Terminal {
    static final int STDIN = 0;
    static final int STDOUT = 1;
    static final int STDERR = 2;

    /** The width if there is no terminal, or its width is unknown. */
    static final int USUAL_COLUMNS = 80;

    private static final Pattern SIZE = Pattern.compile("\\s*\\d+ (\\d{1,5})\\s*");
    private static final int PATIENCE_SECONDS = 2;

    private Terminal() {}

    /** Whether a stream is a terminal. Java can tell only whether stdin and stdout both are. */
    static boolean is(int descriptor) {
        if (windows()) {
            return console().isPresent();
        }
        return run(new ProcessBuilder("test", "-t", Integer.toString(descriptor))
                        .redirectInput(Redirect.INHERIT)
                        .redirectOutput(Redirect.INHERIT)
                        .redirectError(Redirect.INHERIT))
                == 0;
    }

    /** Java's console, if stdin and stdout are a terminal. */
    static Optional<Console> console() {
        return Optional.ofNullable(System.console()).filter(console -> isTerminal(Console.class, console));
    }

    /** From Java 22 on there may be a console for a pipe or a file, too, which says so; earlier ones cannot say. */
    static <T> boolean isTerminal(Class<T> type, T console) {
        try {
            return Boolean.TRUE.equals(type.getMethod("isTerminal").invoke(console));
        } catch (NoSuchMethodException e) {
            return true;
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }

    /** The width of the terminal that the process belongs to. */
    static int columns() {
        if (windows()) {
            return USUAL_COLUMNS;
        }
        try {
            Process stty = new ProcessBuilder("stty", "size")
                    .redirectInput(new File("/dev/tty"))
                    .redirectError(Redirect.DISCARD)
                    .start();
            try (InputStream size = stty.getInputStream()) {
                return columns(new String(size.readNBytes(100), StandardCharsets.US_ASCII));
            }
        } catch (IOException e) {
            return USUAL_COLUMNS;
        }
    }

    /** @param size rows and columns, as {@code stty size} prints them; 0 columns if the terminal does not know */
    static int columns(String size) {
        Matcher matcher = SIZE.matcher(size);
        int columns = matcher.matches() ? Integer.parseInt(matcher.group(1)) : 0;
        return columns > 0 ? columns : USUAL_COLUMNS;
    }

    private static int run(ProcessBuilder command) {
        try {
            Process process = command.start();
            return process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) ? process.exitValue() : -1;
        } catch (IOException e) {
            return -1;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return -1;
        }
    }

    private static boolean windows() {
        return System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows");
    }
}
