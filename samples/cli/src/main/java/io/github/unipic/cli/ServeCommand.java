package io.github.unipic.cli;

import io.github.unipic.InvalidRequestException;
import io.github.unipic.server.UniPicServer;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.format.DateTimeParseException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** {@code unipic serve}: a server for programs and browsers. */
@Command(
        name = "serve",
        description = {
            "Serves the model to programs that speak OpenAI's or AUTOMATIC1111's image API, and to browsers by a page.",
            "Ctrl-C or SIGTERM ends it: what runs may finish, what waits is refused.",
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  unipic serve",
            "  unipic serve --model unipic-1.5b --port 9000",
            "  unipic serve --host 0.0.0.0 --api-key-file key.txt --tls-cert chain.pem --tls-key key.pem",
        })
final class ServeCommand implements Callable<Integer> {
    private static final String KEY_VARIABLE = "UNIPIC_API_KEY";
    private static final int LONGEST_KEY_FILE = 4096;

    @ParentCommand
    private UniPicCommand unipic;

    @Spec
    private CommandSpec spec;

    @Mixin
    private ModelOptions model;

    @Option(
            names = "--host",
            paramLabel = "HOST",
            defaultValue = "127.0.0.1",
            description = "Address to listen at. Default: ${DEFAULT-VALUE}, this machine only. Others need an API key.")
    private String host;

    @Option(
            names = "--port",
            paramLabel = "N",
            defaultValue = "8080",
            description = "Port to listen at; 0 takes any that is free. Default: ${DEFAULT-VALUE}.")
    private int port;

    @Option(
            names = "--api-key-file",
            paramLabel = "FILE",
            description = "File whose first line is the key that requests must bring. Default: $" + KEY_VARIABLE + ".")
    private Path keyFile;

    @Option(
            names = "--allow-host",
            paramLabel = "NAME",
            description =
                    "Name by which clients and web pages may reach the server, such as that of a reverse proxy. Can"
                            + " be repeated.")
    private List<String> allowedHosts = new ArrayList<>();

    @Option(
            names = "--jobs",
            paramLabel = "N",
            defaultValue = "1",
            description = "Requests that the model works on at once. Default: ${DEFAULT-VALUE}.")
    private int jobs;

    @Option(
            names = "--queue",
            paramLabel = "N",
            defaultValue = "16",
            description = "Requests that may wait; further ones are refused. Default: ${DEFAULT-VALUE}.")
    private int queue;

    @Option(
            names = "--grace",
            paramLabel = "TIME",
            defaultValue = "30s",
            description = "How long running requests may go on when the server ends, such as 30s or 5m. Default:"
                    + " ${DEFAULT-VALUE}.")
    private String grace;

    @ArgGroup(exclusive = false)
    private Tls tls;

    @Option(names = "--log-prompts", description = "Log prompts and questions, which are left out otherwise.")
    private boolean logPrompts;

    /** Both or none. */
    static final class Tls {
        @Option(
                names = "--tls-cert",
                required = true,
                paramLabel = "FILE",
                description = "Serve by HTTPS, with this certificate chain (PEM).")
        private Path certificate;

        @Option(
                names = "--tls-key",
                required = true,
                paramLabel = "FILE",
                description = "The certificate's private key (PEM, PKCS#8).")
        private Path key;
    }

    @Override
    public Integer call() {
        Session session = unipic.session();
        System.setProperty("org.slf4j.simpleLogger.log.io.github.unipic.server", "info");
        UniPicServer.Builder builder = UniPicServer.builder(() -> model.load(session, false))
                .host(host)
                .port(port)
                .jobs(jobs)
                .queue(queue)
                .grace(duration(grace))
                .logPrompts(logPrompts);
        allowedHosts.forEach(builder::allowHost);
        apiKey(session).ifPresent(builder::apiKey);
        if (model.isBuiltIn(session)) {
            Examples.describeOn(builder);
        }
        if (tls != null) {
            builder.tls(tls.certificate, tls.key);
        }
        serve(session, builder);
        return UniPicCommand.OK;
    }

    private static void serve(Session session, UniPicServer.Builder builder) {
        CompletableFuture<UniPicServer> started = new CompletableFuture<>();
        Runnable end = () -> {
            session.err().println("Ending; running requests may finish. Ctrl-C again ends at once.");
            started.thenAccept(UniPicServer::close);
        };
        Runnable onSignal = Interruption.gently(end, () -> Interruption.end(session), System::nanoTime);
        Interruption.redirecting(onSignal, () -> {
            try (UniPicServer server = builder.start()) {
                session.err().println("Listening at " + server.uri() + " (Ctrl-C ends)");
                started.complete(server);
                server.await();
            }
        });
        if (started.join().isLoading()) {
            // An exit would run ONNX Runtime's hook, which closes it under the load.
            Runtime.getRuntime().halt(UniPicCommand.OK);
        }
    }

    private Optional<String> apiKey(Session session) {
        if (keyFile == null) {
            return Optional.ofNullable(session.environment().apply(KEY_VARIABLE))
                    .filter(key -> !key.isBlank());
        }
        try (InputStream stream = Files.newInputStream(keyFile)) {
            String text = new String(stream.readNBytes(LONGEST_KEY_FILE), StandardCharsets.UTF_8);
            // Notepad begins files with this mark.
            return text.replaceFirst("^\ufeff", "")
                    .lines()
                    .map(String::strip)
                    .filter(line -> !line.isEmpty())
                    .findFirst()
                    .or(() -> {
                        throw new InvalidRequestException(keyFile + " holds no API key: it is blank");
                    });
        } catch (IOException e) {
            throw new InvalidRequestException("cannot read the API key: " + Failures.message(e), e);
        }
    }

    private Duration duration(String text) {
        try {
            return Duration.parse("PT" + text);
        } catch (DateTimeParseException e) {
            throw new ParameterException(
                    spec.commandLine(), "--grace is '" + text + "', but must be a time such as 30s or 5m");
        }
    }
}
