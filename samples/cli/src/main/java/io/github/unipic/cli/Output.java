package io.github.unipic.cli;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.util.function.BooleanSupplier;

/**
 * Standard output or standard error, as all of the command line prints to them: text is made harmless for terminals
 * (see {@link TerminalText}), and results that cannot be written are a failure rather than lost.
 */
final class Output extends PrintStream {
    private final Charset charset;
    private final BooleanSupplier terminal;
    private final PrintStream raw;

    private Output(OutputStream stream, Charset charset, BooleanSupplier terminal) {
        super(stream, true, charset);
        this.charset = charset;
        this.terminal = terminal;
        raw = new PrintStream(stream, true, charset);
    }

    /**
     * For results.
     *
     * @param terminal whether a person watches; asked only when it matters
     * @return a stream whose methods throw {@link StandardOutputException} when it cannot be written
     */
    static Output results(OutputStream stream, Charset charset, BooleanSupplier terminal) {
        return new Output(new Checked(stream), charset, terminal);
    }

    /** For progress, notes and errors. Where they cannot be written, there is nowhere left to say so. */
    static Output messages(OutputStream stream, Charset charset, BooleanSupplier terminal) {
        return new Output(stream, charset, terminal);
    }

    boolean isTerminal() {
        return terminal.getAsBoolean();
    }

    /** Whether the terminal's character set has all of the text's characters. */
    boolean canShow(String text) {
        return charset.newEncoder().canEncode(text);
    }

    /** The same stream, for what steers the terminal on purpose and holds no text from outside. */
    PrintStream raw() {
        return raw;
    }

    /** Prints what a program may read: exactly, unless a terminal would obey it. */
    void printExact(String text) {
        if (TerminalText.isHarmless(text) || terminal.getAsBoolean()) {
            print(text);
        } else {
            super.print(text);
        }
    }

    // PrintStream's other methods for text come down to these.

    @Override
    public void print(String text) {
        super.print(TerminalText.of(String.valueOf(text)));
    }

    @Override
    public void print(Object object) {
        print(String.valueOf(object));
    }

    @Override
    public void print(char[] text) {
        print(String.valueOf(text));
    }

    @Override
    public void print(char c) {
        print(String.valueOf(c));
    }

    /** Fails where PrintStream would only remember that it failed. */
    private static final class Checked extends FilterOutputStream {
        Checked(OutputStream out) {
            super(out);
        }

        @Override
        public void write(int b) {
            write(new byte[] {(byte) b}, 0, 1);
        }

        @Override
        public void write(byte[] bytes, int from, int length) {
            try {
                out.write(bytes, from, length);
            } catch (IOException e) {
                throw new StandardOutputException(e);
            }
        }

        @Override
        public void flush() {
            try {
                out.flush();
            } catch (IOException e) {
                throw new StandardOutputException(e);
            }
        }
    }
}
