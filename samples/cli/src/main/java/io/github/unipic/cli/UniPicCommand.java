package io.github.unipic.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.Spec;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The {@code unipic} command line. It has what all subcommands share: the session, and the conversion of failures to
 * one line on stderr and an exit code.
 */
@Command(
        name = "unipic",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        scope = ScopeType.INHERIT,
        description = "Generates, edits and describes images with Skywork UniPic-1.5B on ONNX Runtime.",
        synopsisSubcommandLabel = "COMMAND",
        exitCodeListHeading = "%nExit codes:%n",
        exitCodeList = {
            "0:fine",
            "1:failed",
            "2:wrong usage or input",
            "130:cancelled",
            "141:the program that read the output has ended",
        })
public final class UniPicCommand implements Callable<Integer> {
    /** In the order of the help. */
    private static final List<Class<?>> SUBCOMMANDS = List.of(
            GenerateCommand.class,
            EditCommand.class,
            InpaintCommand.class,
            DescribeCommand.class,
            ChatCommand.class,
            BatchCommand.class,
            ServeCommand.class,
            DownloadCommand.class,
            ExportCommand.class,
            InfoCommand.class,
            ConformanceCommand.class,
            BenchCommand.class,
            BenchmarkCommand.class);

    static final int OK = 0;
    static final int FAILED = 1;
    static final int WRONG_INPUT = 2;
    static final int CANCELLED = 130;

    /** A shell's exit code for a program that SIGPIPE ended, such as {@code cat} in {@code cat FILE | head}. */
    static final int READER_GONE = 141;

    private static final String STACKTRACE_OPTION = "--stacktrace";

    /** picocli's narrowest help is 55 columns wide. */
    private static final int NARROWEST_HELP = 55;

    private static final int WIDEST_HELP = 100;

    private static final Pattern TEXT_WITH_DASH = Pattern.compile("-[^=\\s]*\\s.*", Pattern.DOTALL);

    /** The names of the parameters that are texts. */
    private static final Set<String> TEXTS = Set.of("PROMPT", "INSTRUCTION", "QUESTION");

    private final Session session;
    private final Failures failures;

    @Spec
    private CommandSpec spec;

    @Option(
            names = STACKTRACE_OPTION,
            scope = ScopeType.INHERIT,
            description = "On an error, also print where in the program it happened (or set "
                    + Failures.STACKTRACE_VARIABLE + "=1).")
    private boolean stacktrace;

    UniPicCommand(Session session) {
        this.session = session;
        this.failures = new Failures(session);
    }

    /** Runs the command line and ends the process with its exit code. */
    public static void main(String[] args) {
        // All text is English, and so are the numbers in it, including those that libraries print.
        Locale.setDefault(Locale.ROOT);
        Session session = Session.system();
        System.exit(Interruption.guard(session, () -> run(session, args)));
    }

    /** Runs the command line and gives its exit code. */
    static int run(Session session, String... args) {
        // An interrupted conformance run says nothing about the machine.
        int failed = args.length > 0 && args[0].equals(ConformanceCommand.NAME) ? WRONG_INPUT : FAILED;
        try {
            CommandLine line = commandLine(session, args);
            // Printed here, because picocli would print the exception itself.
            StringWriter help = new StringWriter();
            line.setOut(new PrintWriter(help));
            int exitCode = line.execute(args);
            // Raw, because it may have colors.
            session.out().raw().print(help);
            return exitCode;
        } catch (Throwable e) {
            return new Failures(session).report(e, failed, Arrays.asList(args).contains(STACKTRACE_OPTION));
        }
    }

    /** The command line with all subcommands. */
    static CommandLine commandLine(Session session) {
        return commandLine(session, new String[0]);
    }

    /** The command line with the subcommand that is named first, as each takes time to set up; else with all. */
    private static CommandLine commandLine(Session session, String[] args) {
        UniPicCommand root = new UniPicCommand(session);
        CommandLine line = new CommandLine(root);
        List<Class<?>> named = SUBCOMMANDS.stream()
                .filter(each -> args.length > 0 && name(each).equals(args[0]))
                .toList();
        (named.isEmpty() ? SUBCOMMANDS : named).forEach(line::addSubcommand);
        line.setHelpFactory((spec, colors) -> {
            int columns = session.out().isTerminal() ? session.columns().getAsInt() : Terminal.USUAL_COLUMNS;
            spec.usageMessage().width(Math.max(NARROWEST_HELP, Math.min(columns, WIDEST_HELP)));
            return new CommandLine.Help(spec, colors);
        });
        line.registerConverter(Path.class, new PathArgument());
        // A prompt may begin with @; otherwise picocli would read a file of arguments.
        line.setExpandAtFiles(false);
        line.setCaseInsensitiveEnumValuesAllowed(true);
        line.setParameterExceptionHandler(root::onWrongUsage);
        line.setExecutionExceptionHandler((exception, command, parsed) -> root.onFailure(exception, command));
        return line;
    }

    private static String name(Class<?> subcommand) {
        return subcommand.getAnnotation(Command.class).name();
    }

    @Override
    public Integer call() {
        spec.commandLine().usage(session.err().raw(), session.err().isTerminal() ? Help.Ansi.AUTO : Help.Ansi.OFF);
        return WRONG_INPUT;
    }

    Session session() {
        return session;
    }

    private int onWrongUsage(ParameterException exception, String[] args) {
        String message = exception.getMessage();
        Optional<String> text = text(exception.getCommandLine().getCommandSpec());
        if (text.isPresent() && Arrays.stream(args).anyMatch(UniPicCommand::isTextWithDash)) {
            message += adviceOnDashes(text.get());
        } else if (exception instanceof UnmatchedArgumentException unmatched) {
            if (!unmatched.getSuggestions().isEmpty()) {
                message += "; did you mean " + String.join(" or ", unmatched.getSuggestions()) + "?";
            } else if (text.isPresent()) {
                message += unmatched.isUnknownOption()
                        ? adviceOnDashes(text.get())
                        : "; put the " + text.get() + " in quotes"; // unquoted words are several arguments
            }
        }
        // Subclasses concern the command line's syntax; a plain ParameterException explains itself.
        if (exception.getClass() != ParameterException.class) {
            message += " (see '" + exception.getCommandLine().getCommandSpec().qualifiedName() + " --help')";
        }
        failures.print(message, exception, Arrays.asList(args).contains(STACKTRACE_OPTION));
        return WRONG_INPUT;
    }

    /** The name of the text that a command takes. */
    private static Optional<String> text(CommandSpec command) {
        return command.positionalParameters().stream()
                .map(PositionalParamSpec::paramLabel)
                .flatMap(label -> TEXTS.stream().filter(label::endsWith))
                .findFirst()
                .map(label -> label.toLowerCase(Locale.ROOT));
    }

    /** Whether an argument is a text that begins like an option. */
    private static boolean isTextWithDash(String argument) {
        return TEXT_WITH_DASH.matcher(argument).matches();
    }

    private static String adviceOnDashes(String text) {
        return "; " + (text.equals("instruction") ? "an " : "a ") + text
                + " that begins with a dash comes last, after --";
    }

    private int onFailure(Exception exception, CommandLine command) {
        return failures.report(exception, command.getCommandSpec().exitCodeOnExecutionException(), stacktrace);
    }

    /** The message on one line, harmless to print. */
    static String oneLine(String message) {
        return TerminalText.line(message);
    }
}
