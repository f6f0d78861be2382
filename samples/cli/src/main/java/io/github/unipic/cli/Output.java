package io.github.unipic.cli;

import java.io.FilterOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.util.function.BooleanSupplier;

/**
 * Standard output or standard error of the command line. Makes text harmless for terminals (see {@link TerminalText}),
 * and fails if a result cannot be written.
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
     * A stream for results.
     *
     * @param terminal whether the stream is a terminal; asked only when it matters
     * @return a stream whose methods throw {@link StandardOutputException} when it cannot be written
     */
    static Output results(OutputStream stream, Charset charset, BooleanSupplier terminal) {
        return new Output(new Checked(stream), charset, terminal);
    }

    /** A stream for progress, notes and errors. It ignores failures to write, because nothing could report them. */
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

    /** The unfiltered stream, for control sequences of our own. It must get no text from outside. */
    PrintStream raw() {
        return raw;
    }

    /** Prints text exactly for programs, and made harmless for terminals. */
    void printExact(String text) {
        if (TerminalText.isHarmless(text) || terminal.getAsBoolean()) {
            print(text);
        } else {
            super.print(text);
        }
    }

    // PrintStream's other methods for text call these.

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

    /** Throws when a write fails, which PrintStream only records. */
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
