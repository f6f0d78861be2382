package io.github.unipic.cli;

import io.github.unipic.CancelledException;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.ModelFormatException;
import io.github.unipic.UniPicException;
import io.github.unipic.export.ExportException;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.io.Writer;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;

/** Makes of a failure what the user sees: one line on stderr, and an exit code. */
record Failures(Session session) {
    static final String STACKTRACE_VARIABLE = "UNIPIC_STACKTRACE";

    // A constant, as there may be no memory to put it together.
    private static final String OUT_OF_MEMORY =
            "out of memory; give Java more (UNIPIC_JAVA_OPTS=-Xmx8g with ./unipic, or java -Xmx8g) or ask for less (a"
                    + " smaller --size or --count)";

    /** Then relative file names lead nowhere, whatever the message says of them. */
    private static final String FOLDER_UNREADABLE =
            " (the current folder's name has characters that Java cannot read in this locale; set LC_ALL=C.UTF-8 and"
                    + " try again)";

    /**
     * Tells of a failure.
     *
     * @param failed the exit code of what is neither the user's doing nor a cancellation
     * @param traceAsked whether to print the stack trace, too, as the environment may also ask
     * @return the exit code
     */
    int report(Throwable failure, int failed, boolean traceAsked) {
        if (failure instanceof StandardOutputException output && output.readerGone()) {
            return UniPicCommand.READER_GONE;
        }
        print(message(failure), failure, traceAsked);
        return exitCode(failure, failed);
    }

    void print(String message, Throwable failure, boolean traceAsked) {
        boolean lost = System.getProperty("user.dir").indexOf('\uFFFD') >= 0;
        session.err().println("unipic: " + TerminalText.line(message) + (lost ? FOLDER_UNREADABLE : ""));
        if (traceAsked || tracing()) {
            printTrace(failure);
        }
    }

    /** Each throwable and each place on a line of its own: messages quote files, which may hold line ends. */
    private void printTrace(Throwable failure) {
        failure.printStackTrace(new PrintWriter(Writer.nullWriter()) {
            @Override
            public void println(Object line) {
                String text = String.valueOf(line);
                String indent =
                        text.substring(0, text.length() - text.stripLeading().length());
                session.err().println(indent + TerminalText.line(text));
            }
        });
    }

    private boolean tracing() {
        String variable = session.environment().apply(STACKTRACE_VARIABLE);
        return variable != null && !variable.isBlank() && !variable.equals("0");
    }

    private static int exitCode(Throwable failure, int failed) {
        if (failure instanceof CancelledException) {
            return UniPicCommand.CANCELLED;
        }
        boolean wrongInput = failure instanceof InvalidRequestException
                || failure instanceof ModelFormatException
                || failure instanceof ExportException
                || failure instanceof InvalidPathException;
        return wrongInput ? UniPicCommand.WRONG_INPUT : failed;
    }

    /** Says what was wrong. */
    static String message(Throwable failure) {
        if (failure instanceof CancelledException) {
            return "cancelled";
        }
        if (failure instanceof UniPicException || failure instanceof StandardOutputException) {
            return failure.getMessage();
        }
        if (failure instanceof InvalidPathException path) {
            return PathArgument.explain(path);
        }
        if (failure instanceof UncheckedIOException unchecked) {
            IOException cause = unchecked.getCause();
            boolean plain = unchecked.getMessage().equals(cause.toString());
            return plain ? reason(cause) : unchecked.getMessage() + " (" + reason(cause) + ")";
        }
        if (failure instanceof IOException io) {
            return reason(io);
        }
        if (failure instanceof OutOfMemoryError) {
            return OUT_OF_MEMORY;
        }
        if (failure instanceof LinkageError) {
            return "a native library does not load on this machine (" + System.getProperty("os.name") + ", "
                    + System.getProperty("os.arch") + "): " + failure.getMessage()
                    + "; has the folder for unpacked libraries, " + System.getProperty("java.io.tmpdir")
                    + " (-Djava.io.tmpdir=DIR), room and the right to run programs?";
        }
        String what = failure.getMessage() == null ? "" : ": " + failure.getMessage();
        return "unexpected " + failure.getClass().getSimpleName() + what + "; please report this ("
                + STACKTRACE_VARIABLE + "=1 shows where it happened)";
    }

    /** Java's messages are often the file's name alone. */
    private static String reason(IOException e) {
        if (e instanceof FileSystemException file) {
            return file.getFile() + ": " + problem(file);
        }
        return e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
    }

    private static String problem(FileSystemException e) {
        if (e instanceof AccessDeniedException) {
            return "permission denied";
        }
        if (e instanceof NoSuchFileException) {
            return "no such file or folder";
        }
        if (e instanceof NotDirectoryException) {
            return "not a folder";
        }
        if (e instanceof FileAlreadyExistsException) {
            return "there already, and not a folder";
        }
        return e.getReason() == null ? e.getClass().getSimpleName() : e.getReason();
    }
}
