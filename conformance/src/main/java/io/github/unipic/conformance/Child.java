package io.github.unipic.conformance;

import io.github.unipic.Cancellation;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.UniPic;
import io.github.unipic.conformance.Protocol.Check;
import io.github.unipic.conformance.Protocol.Done;
import io.github.unipic.conformance.Protocol.Dump;
import io.github.unipic.conformance.Protocol.Failed;
import io.github.unipic.conformance.Protocol.Happened;
import io.github.unipic.conformance.Protocol.Message;
import io.github.unipic.conformance.Protocol.Progress;
import io.github.unipic.conformance.Protocol.Ready;
import io.github.unipic.conformance.Protocol.Record;
import io.github.unipic.conformance.Protocol.Request;
import io.github.unipic.conformance.Protocol.Setup;
import io.github.unipic.conformance.Protocol.Started;
import io.github.unipic.conformance.compare.Event;
import io.github.unipic.conformance.compare.Results;
import io.github.unipic.model.ModelFolder;
import io.github.unipic.runtime.provider.Providers;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.function.Consumer;

/** The program of a child process: loads the provider, and fulfils one request of the parent's. */
final class Child {
    private static final int FAILED = 1;

    private final OutputStream messages;
    private final Consumer<Event> listener;
    private final Cancellation never = new Cancellation();
    private final BlockingQueue<Request> requests = new LinkedBlockingQueue<>();
    private volatile boolean done;

    private Child(OutputStream messages, Consumer<Event> listener) {
        this.messages = messages;
        this.listener = listener;
    }

    /**
     * Runs the program.
     *
     * @param args the file for messages
     */
    public static void main(String[] args) {
        run(Path.of(args[0]), event -> {});
    }

    /**
     * Runs the program, and ends the process.
     *
     * @param file for messages
     * @param listener is notified of each event after the parent
     */
    static void run(Path file, Consumer<Event> listener) {
        Locale.setDefault(Locale.ROOT);
        try (OutputStream messages = Files.newOutputStream(file)) {
            new Child(messages, listener).serve();
        } catch (Throwable e) {
            // The parent reports it as the last output. What is loaded may be in any state, so nothing is freed.
            e.printStackTrace();
            Runtime.getRuntime().halt(FAILED);
        }
        // A provider's threads may still run.
        System.exit(0);
    }

    private void serve() throws InterruptedException {
        Thread parent = new Thread(this::listen, "unipic-parent");
        parent.setDaemon(true);
        parent.start();
        say(new Started());
        try {
            ready((Setup) requests.take());
            Request request = requests.take();
            if (request instanceof Record recording) {
                record(recording);
            } else {
                check((Check) request);
            }
            done = true;
            say(new Done());
            // Java's end waits 300 ms for a thread that reads.
            parent.join();
        } catch (RuntimeException e) {
            say(new Failed(Results.reason(e)));
        }
    }

    /** Reads the parent's requests. When the parent is gone this process ends, whatever it does, unless it is done. */
    private void listen() {
        try (BufferedReader lines = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                Request request = Protocol.request(line);
                if (request instanceof Dump) {
                    dump();
                } else {
                    requests.add(request);
                }
            }
        } catch (IOException e) {
            e.printStackTrace();
        }
        if (!done) {
            Runtime.getRuntime().halt(FAILED);
        }
    }

    private static void dump() {
        Thread.getAllStackTraces().forEach((thread, frames) -> {
            if (thread.getName().equals("main")) {
                System.err.println("The work is at:");
                for (StackTraceElement frame : frames) {
                    System.err.println("    " + frame);
                }
            }
        });
    }

    private void ready(Setup setup) {
        setup.nativeRuntime().ifPresent(UniPic::useNativeRuntime);
        setup.providerLibraries().forEach(UniPic::registerProviderLibrary);
        ExecutionProvider provider = UniPic.choose(setup.provider()).provider();
        Providers.require(provider);
        say(new Ready(provider, UniPic.runtime()));
    }

    private void record(Record request) {
        new Recording(
                        request.model(),
                        request.suite(),
                        request.selection(),
                        OptionalLong.empty(),
                        never,
                        (done, total) -> say(new Progress(done, total)))
                .writeTo(request.file(), ModelFolder.open(request.model(), false));
    }

    private void check(Check request) {
        Results results = new Results(
                event -> {
                    say(new Happened(event));
                    listener.accept(event);
                },
                request.ended());
        InProcess.check(request.job().parts(), results, never);
    }

    /** One write for each message, so that all but the last are whole if the process is lost. */
    private void say(Message message) {
        try {
            messages.write(Protocol.line(message));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
