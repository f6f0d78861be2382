package io.github.unipic.cli;

import io.github.unipic.Cancellation;
import java.io.BufferedReader;
import java.io.Console;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.nio.charset.Charset;
import java.nio.charset.IllegalCharsetNameException;
import java.nio.charset.StandardCharsets;
import java.nio.charset.UnsupportedCharsetException;
import java.util.Optional;
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
        return charsetNamed(Optional.ofNullable(
                System.getProperty(stream + ".encoding", System.getProperty("sun." + stream + ".encoding"))));
    }

    /** The default one in place of one that Java lacks: on Windows the name may be that of any code page, as cp720. */
    static Charset charsetNamed(Optional<String> name) {
        if (name.filter("cp65001"::equalsIgnoreCase).isPresent()) {
            return StandardCharsets.UTF_8; // Windows' number for it
        }
        try {
            return name.map(Charset::forName).orElseGet(Charset::defaultCharset);
        } catch (IllegalCharsetNameException | UnsupportedCharsetException e) {
            return Charset.defaultCharset();
        }
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
        return Terminal.console()
                .map(Console::charset)
                .orElseGet(() -> charsetNamed(Optional.ofNullable(System.getProperty("native.encoding"))));
    }
}
