package io.github.unipic.cli;

import io.github.unipic.Cancellation;
import java.io.BufferedReader;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.nio.charset.Charset;
import java.util.function.BooleanSupplier;
import java.util.function.IntSupplier;
import java.util.function.UnaryOperator;

/**
 * What one run of the command line has around it.
 *
 * @param in what the user types, or a pipe
 * @param inIsTerminal whether a person types it; asked only where there is a prompt to show
 * @param out where results go
 * @param err where progress, notes and errors go
 * @param columns the width of the terminal; asked only where one is printed to
 * @param environment environment variables by name; null for one that is not set, as {@link System#getenv(String)}
 * @param cancellation what Ctrl-C cancels
 */
record Session(
        BufferedReader in,
        BooleanSupplier inIsTerminal,
        Output out,
        Output err,
        IntSupplier columns,
        UnaryOperator<String> environment,
        Cancellation cancellation) {

    /** This process's own. Its streams take the place of Java's, so that what libraries print goes through them too. */
    static Session system() {
        Output out = Output.results(
                new FileOutputStream(FileDescriptor.out), charset("stdout"), once(() -> Terminal.is(Terminal.STDOUT)));
        Output err = Output.messages(
                new FileOutputStream(FileDescriptor.err), charset("stderr"), once(() -> Terminal.is(Terminal.STDERR)));
        System.setOut(out);
        System.setErr(err);
        return new Session(
                new BufferedReader(new TextInput(System.in, terminalCharset())),
                () -> Terminal.is(Terminal.STDIN),
                out,
                err,
                Terminal::columns,
                System::getenv,
                new Cancellation());
    }

    /** The one that Java itself would print in. */
    private static Charset charset(String stream) {
        String name = System.getProperty(stream + ".encoding", System.getProperty("sun." + stream + ".encoding"));
        return name == null ? Charset.defaultCharset() : Charset.forName(name);
    }

    private static BooleanSupplier once(BooleanSupplier question) {
        return new BooleanSupplier() {
            private Boolean answer;

            @Override
            public synchronized boolean getAsBoolean() {
                if (answer == null) {
                    answer = question.getAsBoolean();
                }
                return answer;
            }
        };
    }

    /** What the terminal sends; Java's own default is UTF-8 anywhere, since release 18. */
    private static Charset terminalCharset() {
        return System.console() != null
                ? System.console().charset()
                : Charset.forName(System.getProperty("native.encoding", "UTF-8"));
    }
}
