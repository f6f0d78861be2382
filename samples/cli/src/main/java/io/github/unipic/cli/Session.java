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
 * The environment of one run of the command line.
 *
 * @param in the user's input, or a pipe
 * @param inIsTerminal whether it comes from a terminal; asked only before a prompt is shown
 * @param out for results
 * @param err for progress, notes and errors
 * @param columns the width of the terminal; asked only when printing to one
 * @param environment environment variables by name; null for one that is not set, as {@link System#getenv(String)}
 * @param cancellation cancelled by Ctrl-C
 */
record Session(
        BufferedReader in,
        BooleanSupplier inIsTerminal,
        Output out,
        Output err,
        IntSupplier columns,
        UnaryOperator<String> environment,
        Cancellation cancellation) {

    /** The session of this process. Its streams replace Java's, so that libraries print through them too. */
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

    /** The character set that Java itself would use. */
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

    /** The character set of the terminal. Since Java 18 the default character set is always UTF-8. */
    private static Charset terminalCharset() {
        return System.console() != null
                ? System.console().charset()
                : Charset.forName(System.getProperty("native.encoding", "UTF-8"));
    }
}
