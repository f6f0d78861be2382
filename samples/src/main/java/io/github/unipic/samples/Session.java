package io.github.unipic.samples;

import io.github.unipic.Cancellation;
import java.io.IOException;
import java.io.PrintStream;
import java.util.Locale;
import java.util.function.BooleanSupplier;
import java.util.function.UnaryOperator;

/**
 * What one run of the command line has around it.
 *
 * @param out where results go
 * @param err where progress, notes and errors go
 * @param errIsTerminal whether a person watches {@code err}; asked only when there is progress to show
 * @param environment environment variables by name; null for one that is not set, as {@link System#getenv(String)}
 * @param cancellation what Ctrl-C cancels
 */
record Session(
        PrintStream out,
        PrintStream err,
        BooleanSupplier errIsTerminal,
        UnaryOperator<String> environment,
        Cancellation cancellation) {

    static Session system() {
        return new Session(System.out, System.err, Session::systemErrIsTerminal, System::getenv, new Cancellation());
    }

    /** Java can tell only whether stdin and stdout are terminals; POSIX {@code test -t} tells it of stderr. */
    private static boolean systemErrIsTerminal() {
        if (windows()) {
            return System.console() != null;
        }
        try {
            return new ProcessBuilder("test", "-t", "2")
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
