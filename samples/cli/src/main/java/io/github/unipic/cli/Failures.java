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

/** Reports a failure to the user: one line on stderr, and an exit code. */
record Failures(Session session) {
    static final String STACKTRACE_VARIABLE = "UNIPIC_STACKTRACE";

    // A constant, because there may be no memory to build it.
    private static final String OUT_OF_MEMORY =
            "out of memory; give Java more (UNIPIC_JAVA_OPTS=-Xmx8g with ./unipic, or java -Xmx8g) or ask for less (a"
                    + " smaller --size or --count)";

    /** Added to messages when relative file names cannot work. */
    private static final String FOLDER_UNREADABLE =
            " (the current folder's name has characters that Java cannot read in this locale; set LC_ALL=C.UTF-8 and"
                    + " try again)";

    /**
     * Reports a failure.
     *
     * @param failed the exit code of a failure that is neither wrong input nor a cancellation
     * @param traceAsked whether to print the stack trace too; the environment may also ask for it
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

    /** Prints each throwable and each frame on one line. Messages quote files, which may contain line ends. */
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

    /** The message for the user. */
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
        if (failure instanceof NoClassDefFoundError && failure.getCause() instanceof ClassNotFoundException missing) {
            return "the class " + missing.getMessage() + " is missing from the class path; add the jar that has it";
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

    /** The reason, where Java's message is often only the file's name. */
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
