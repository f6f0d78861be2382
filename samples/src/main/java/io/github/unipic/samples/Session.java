package io.github.unipic.samples;

import io.github.unipic.Cancellation;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/**
 * What one run of the command line has around it.
 *
 * @param in what the user types, or a pipe
 * @param inIsTerminal whether a person types it; asked only where there is a prompt to show
 * @param out where results go
 * @param err where progress, notes and errors go
 * @param errIsTerminal whether a person watches {@code err}; asked only when there is progress to show
 * @param environment environment variables by name; null for one that is not set, as {@link System#getenv(String)}
 * @param cancellation what Ctrl-C cancels
 */
record Session(
        BufferedReader in,
        BooleanSupplier inIsTerminal,
        PrintStream out,
        PrintStream err,
        BooleanSupplier errIsTerminal,
        UnaryOperator<String> environment,
        Cancellation cancellation) {

    private static final int STDIN = 0;
    private static final int STDERR = 2;

    static Session system() {
        return new Session(
                new BufferedReader(new InputStreamReader(System.in, terminalCharset())),
                () -> isTerminal(STDIN),
                System.out,
                System.err,
                () -> isTerminal(STDERR),
                System::getenv,
                new Cancellation());
    }

    /** What the terminal sends; Java's own default is UTF-8 anywhere, since release 18. */
    private static Charset terminalCharset() {
        return System.console() != null
                ? System.console().charset()
                : Charset.forName(System.getProperty("native.encoding", "UTF-8"));
    }

    /** Java can tell only whether stdin and stdout are both terminals; POSIX {@code test -t} tells it of each. */
    private static boolean isTerminal(int descriptor) {
        if (windows()) {
            return System.console() != null;
        }
        try {
            return new ProcessBuilder("test", "-t", Integer.toString(descriptor))
                            .redirectInput(ProcessBuilder.Redirect.INHERIT)
                            .redirectError(ProcessBuilder.Redirect.INHERIT)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        }
    }

    private static boolean windows() {
        return System.getProperty("os.name").toLowerCase(Locale.ROOT).startsWith("windows");
    }
}
