package io.github.unipic.cli;

import io.github.unipic.Answer;
import io.github.unipic.Cancellation;
import io.github.unipic.CancelledException;
import io.github.unipic.Conversation;
import io.github.unipic.DescribeRequest;
import io.github.unipic.EditRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.Image;
import io.github.unipic.ImageRequest;
import io.github.unipic.UniPic;
import io.github.unipic.UniPicException;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A conversation with images, line by line. Answers and the names of images go to stdout, everything else to stderr. A
 * failure ends the line, not the conversation.
 */
final class Chat implements AutoCloseable {
    static final String HELP = """
            A line is a question to the model. Lines that begin with / are commands:
              /image FILE                  show an image with the next question
              /image                       show the last image with the next question
              /draw PROMPT [-o FILE]       generate an image in this conversation
              /edit INSTRUCTION [-o FILE]  edit the last image
              /save FILE                   save the last image
              /reset                       start a new conversation
              /help                        show this
              /quit                        end the conversation, as Ctrl-D does
            Ctrl-C stops an answer or an image.""";

    // A line may have characters that end lines for a pattern's dot, such as U+2028 and a lone CR.
    private static final Pattern COMMAND = Pattern.compile("(/\\S*)\\s*(.*)", Pattern.DOTALL);
    private static final Pattern TEXT_AND_FILE = Pattern.compile("(.*?)(?:\\s+-o\\s+(.+))?", Pattern.DOTALL);
    private static final Pattern QUOTED = Pattern.compile("([\"'])(.*)\\1", Pattern.DOTALL);

    private final Session session;
    private final UniPic unipic;
    private final SpecialTokensOption specialTokens;
    private final ChatInput input;
    private final boolean prompting;
    private final List<Image> shownNext = new ArrayList<>();
    private Conversation conversation;
    private Optional<Image> last = Optional.empty();

    /** The cancellation that Ctrl-C triggers from another thread. */
    private volatile Optional<Cancellation> underWay = Optional.empty();

    Chat(Session session, UniPic unipic, SpecialTokensOption specialTokens) {
        this.session = session;
        this.unipic = unipic;
        this.specialTokens = specialTokens;
        input = new ChatInput(session.in());
        prompting = session.inIsTerminal().getAsBoolean();
        conversation = unipic.conversation();
    }

    /**
     * Runs the conversation until the input ends.
     *
     * @throws CancelledException when the session was cancelled
     */
    void run() {
        Cancellation.Registration ending = session.cancellation().onCancel(this::end);
        try {
            if (prompting) {
                note("Ask about images, or generate some. /help lists the commands, Ctrl-D ends.");
            }
            boolean goOn = true;
            while (goOn) {
                prompt();
                Optional<String> line = input.next();
                if (session.cancellation().isCancelled()) {
                    throw new CancelledException("the conversation was cancelled");
                }
                if (line.isEmpty() && prompting) {
                    session.err().println();
                }
                goOn = line.isPresent() && execute(line.get().strip());
            }
        } finally {
            ending.close();
        }
    }

    /** Ctrl-C stops the current answer or image. A second Ctrl-C before it has stopped ends the process. */
    void interrupt() {
        Optional<Cancellation> action = underWay;
        if (action.isEmpty()) {
            note(System.lineSeparator() + "Nothing to stop; /quit or Ctrl-D ends the conversation.");
            prompt();
        } else if (action.get().isCancelled()) {
            Interruption.end(session);
        } else {
            action.get().cancel();
        }
    }

    private void end() {
        input.end();
        underWay.ifPresent(Cancellation::cancel);
    }

    /** @return whether the conversation goes on */
    private boolean execute(String line) {
        Matcher command = COMMAND.matcher(line);
        if (line.isEmpty()) {
            return true;
        }
        if (line.length() > ChatInput.LONGEST_LINE) {
            report("the line is ignored: it has more than " + ChatInput.LONGEST_LINE + " characters");
        } else if (!TextArgument.readable(line)) {
            report("the line is ignored: " + TextArgument.UNREADABLE);
        } else if (!command.matches()) {
            act(cancellation -> ask(line, cancellation));
        } else {
            String argument = command.group(2);
            switch (command.group(1)) {
                case "/image" -> act(cancellation -> show(argument));
                case "/draw" ->
                    act(cancellation -> generate(
                            argument,
                            "what to generate",
                            cancellation,
                            GenerateRequest::builder,
                            request -> conversation.generate((GenerateRequest) request)));
                case "/edit" ->
                    act(cancellation -> {
                        Image source = lastImage();
                        generate(
                                argument,
                                "what to change",
                                cancellation,
                                instruction -> EditRequest.builder(source, instruction),
                                request -> conversation.edit((EditRequest) request));
                    });
                case "/save" -> act(cancellation -> save(argument));
                case "/reset" -> reset();
                case "/help" -> note(HELP);
                case "/quit", "/exit" -> {
                    return false;
                }
                default -> report("there is no command " + command.group(1) + "; /help lists them");
            }
        }
        return true;
    }

    /** Runs an action that Ctrl-C can stop, and reports its failure. */
    private void act(Consumer<Cancellation> action) {
        Cancellation cancellation = new Cancellation();
        underWay = Optional.of(cancellation);
        try {
            if (session.cancellation().isCancelled()) {
                cancellation.cancel();
            }
            action.accept(cancellation);
        } catch (CancelledException e) {
            note("Stopped.");
        } catch (UniPicException | IllegalArgumentException e) {
            report(e.getMessage());
        } finally {
            underWay = Optional.empty();
        }
    }

    private void ask(String question, Cancellation cancellation) {
        AnswerPrinter printer = new AnswerPrinter(session.out());
        DescribeRequest.Builder request =
                DescribeRequest.builder(question).listener(printer).cancellation(cancellation);
        specialTokens.applyTo(request);
        shownNext.forEach(request::image);
        Answer answer = printer.print(() -> conversation.ask(request.build()));
        shownNext.clear();
        AnswerPrinter.otherVision(answer).ifPresent(this::note);
        AnswerPrinter.cutShort(answer, "ask for the rest").ifPresent(this::note);
    }

    private void show(String file) {
        Image image = file.isEmpty() ? lastImage() : Image.read(path(file));
        shownNext.add(image);
        last = Optional.of(image);
        note("The next question comes with " + (shownNext.size() == 1 ? "an image" : shownNext.size() + " images")
                + " (" + image.width() + " x " + image.height() + ").");
    }

    private void generate(
            String argument,
            String what,
            Cancellation cancellation,
            Function<String, ImageRequest.Builder<?>> asking,
            Function<ImageRequest, List<Image>> task) {
        Matcher parts = TEXT_AND_FILE.matcher(argument);
        if (!parts.matches() || parts.group(1).isBlank()) {
            throw new IllegalArgumentException("say " + what);
        }
        OutputFiles files = parts.group(2) == null
                ? OutputFiles.bySeed(Path.of(""), 1)
                : OutputFiles.named(path(parts.group(2)), 1);
        ImageRequest.Builder<?> builder = asking.apply(parts.group(1));
        specialTokens.applyTo(builder);
        ImageRequest request = GenerationOptions.seeded(builder.build());
        List<Image> images = new Generation(session, cancellation, false, true).run(request, files, task);
        last = Optional.of(images.get(0));
    }

    private void save(String argument) {
        if (argument.isEmpty()) {
            throw new IllegalArgumentException("name the file: /save FILE");
        }
        OutputFiles files = OutputFiles.named(path(argument), 1);
        new Generation(session, new Cancellation(), false, true).save(lastImage(), files.file(0, 0), files);
    }

    private void reset() {
        conversation.close();
        conversation = unipic.conversation();
        shownNext.clear();
        last = Optional.empty();
        note("A new conversation.");
    }

    private Image lastImage() {
        return last.orElseThrow(
                () -> new IllegalArgumentException("there is no image yet; /image FILE or /draw PROMPT gives one"));
    }

    /** Reads a path as a shell does, with quotes and ~ for the home folder. */
    private static Path path(String text) {
        Matcher quoted = QUOTED.matcher(text.strip());
        String plain = quoted.matches() ? quoted.group(2) : text.strip();
        try {
            return plain.startsWith("~/")
                    ? Path.of(System.getProperty("user.home"), plain.substring(2))
                    : Path.of(plain);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("'" + plain + "' is not a file name: " + e.getReason(), e);
        }
    }

    private void prompt() {
        if (prompting) {
            session.err().print("> ");
            session.err().flush();
        }
    }

    private void note(String text) {
        session.err().println(text);
    }

    private void report(String message) {
        session.err().println("unipic: " + UniPicCommand.oneLine(message));
    }

    @Override
    public void close() {
        conversation.close();
    }
}
