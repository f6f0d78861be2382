package io.github.unipic.samples;

import io.github.unipic.CancelledException;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.ModelFormatException;
import io.github.unipic.UniPicException;
import io.github.unipic.export.ExportException;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The {@code unipic} command line. It holds what all subcommands share: the session they run in, and how their failures
 * become one line on stderr and an exit code.
 */
@Command(
        name = "unipic",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        scope = ScopeType.INHERIT,
        description = "Draws, edits and describes pictures with Skywork UniPic-1.5B on ONNX Runtime.",
        synopsisSubcommandLabel = "COMMAND",
        subcommands = {
            GenerateCommand.class,
            EditCommand.class,
            InpaintCommand.class,
            DescribeCommand.class,
            ChatCommand.class,
            BatchCommand.class,
            ExportCommand.class,
            InfoCommand.class,
            ConformanceCommand.class,
            BenchCommand.class
        },
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:fine",
            "1:failed",
            "2:wrong usage or input",
            "130:cancelled",
        })
public final class UniPicCommand implements Callable<Integer> {
    static final int OK = 0;
    static final int FAILED = 1;
    static final int WRONG_INPUT = 2;
    static final int CANCELLED = 130;

    private static final String STACKTRACE_OPTION = "--stacktrace";
    private static final String STACKTRACE_VARIABLE = "UNIPIC_STACKTRACE";

    /** What the text on a command line is called. */
    private static final Set<String> TEXTS = Set.of("PROMPT", "INSTRUCTION", "QUESTION");

    private final Session session;

    @Spec
    private CommandSpec spec;

    @Option(
            names = STACKTRACE_OPTION,
            scope = ScopeType.INHERIT,
            description =
                    "On an error, also print where in the program it happened (or set " + STACKTRACE_VARIABLE + "=1).")
    private boolean stacktrace;

    UniPicCommand(Session session) {
        this.session = session;
    }

    /** Runs the command line and ends the process with its exit code. */
    public static void main(String[] args) {
        Session session = Session.system();
        System.exit(Interruption.guard(session, () -> run(session, args)));
    }

    /** Runs the command line and gives its exit code. */
    static int run(Session session, String... args) {
        // A conformance run that breaks off is no verdict about the machine.
        int failed = args.length > 0 && args[0].equals(ConformanceCommand.NAME) ? WRONG_INPUT : FAILED;
        try {
            return commandLine(session).execute(args);
        } catch (OutOfMemoryError e) {
            session.err()
                    .println("unipic: out of memory; give Java more (UNIPIC_JAVA_OPTS=-Xmx8g with ./unipic, or"
                            + " java -Xmx8g) or ask for less (a smaller --size or --count)");
            return failed;
        } catch (LinkageError e) {
            session.err()
                    .println("unipic: a native library does not load on this machine (" + System.getProperty("os.name")
                            + ", " + System.getProperty("os.arch") + "): " + e.getMessage());
            return failed;
        }
    }

    static CommandLine commandLine(Session session) {
        UniPicCommand root = new UniPicCommand(session);
        CommandLine line = new CommandLine(root);
        line.setOut(new PrintWriter(session.out(), true));
        line.setErr(new PrintWriter(session.err(), true));
        // A prompt may begin with @, which picocli would otherwise take for a file of arguments.
        line.setExpandAtFiles(false);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setUsageHelpAutoWidth(true);
        line.setParameterExceptionHandler(root::onWrongUsage);
        line.setExecutionExceptionHandler((exception, command, parsed) -> root.onFailure(exception, command));
        return line;
    }

    @Override
    public Integer call() {
        spec.commandLine().usage(session.err());
        return WRONG_INPUT;
    }

    Session session() {
        return session;
    }

    private int onWrongUsage(ParameterException exception, String[] args) {
        String message = exception.getMessage();
        if (exception instanceof UnmatchedArgumentException unmatched) {
            if (!unmatched.getSuggestions().isEmpty()) {
                message += "; did you mean " + String.join(" or ", unmatched.getSuggestions()) + "?";
            } else if (!unmatched.isUnknownOption()) {
                message += adviceOnQuotes(exception.getCommandLine().getCommandSpec());
            }
        }
        // Subclasses are about the form of the command line; a plain ParameterException explains itself.
        if (exception.getClass() != ParameterException.class) {
            message += " (see '" + exception.getCommandLine().getCommandSpec().qualifiedName() + " --help')";
        }
        printError(message, exception, Arrays.asList(args).contains(STACKTRACE_OPTION));
        return WRONG_INPUT;
    }

    /** Several words without quotes are several arguments. */
    private static String adviceOnQuotes(CommandSpec command) {
        return command.positionalParameters().stream()
                .map(PositionalParamSpec::paramLabel)
                .flatMap(label -> TEXTS.stream().filter(label::endsWith))
                .findFirst()
                .map(label -> "; put the " + label.toLowerCase(Locale.ROOT) + " in quotes")
                .orElse("");
    }

    private int onFailure(Exception exception, CommandLine command) {
        int failed = command.getCommandSpec().exitCodeOnExecutionException();
        if (exception instanceof CancelledException) {
            printError("cancelled", exception, stacktrace);
            return CANCELLED;
        }
        if (exception instanceof UniPicException) {
            printError(exception.getMessage(), exception, stacktrace);
            boolean wrongInput = exception instanceof InvalidRequestException
                    || exception instanceof ModelFormatException
                    || exception instanceof ExportException;
            return wrongInput ? WRONG_INPUT : failed;
        }
        String what =
                Optional.ofNullable(exception.getMessage()).map(m -> ": " + m).orElse("");
        printError(
                "unexpected " + exception.getClass().getSimpleName() + what
                        + (tracing(stacktrace) ? "" : " (" + STACKTRACE_OPTION + " shows where)"),
                exception,
                stacktrace);
        return failed;
    }

    private void printError(String message, Exception exception, boolean traceAsked) {
        session.err().println("unipic: " + oneLine(message));
        if (tracing(traceAsked)) {
            exception.printStackTrace(session.err());
        }
    }

    static String oneLine(String message) {
        return message.strip().replaceAll("\\s*\\R\\s*", " ");
    }

    private boolean tracing(boolean asked) {
        String variable = session.environment().apply(STACKTRACE_VARIABLE);
        return asked || (variable != null && !variable.isBlank() && !variable.equals("0"));
    }
}
