package io.github.unipic.server.http;

import io.github.unipic.InvalidRequestException;
import java.net.URI;
import java.nio.file.Path;
import java.util.Optional;
import org.eclipse.jetty.alpn.server.ALPNServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.http2.server.HTTP2ServerConnectionFactory;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.server.handler.GracefulHandler;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;

/** Jetty, set up for a router: HTTP/1.1 and HTTP/2, with limits for what a client may take. */
public final class JettyServer implements AutoCloseable {
    private static final int LONGEST_HEADERS = 16 << 10;
    private static final int LEAST_THREADS = 8;

    /** For Jetty itself, and for streams of HTTP/2, of which one connection has several. */
    private static final int FURTHER_THREADS = 64;

    private static final int MOST_STREAMS = 32;
    private static final long LAST_ANSWERS_MILLIS = 10_000;

    private final Server server;
    private final ServerConnector connector;
    private final GracefulHandler graceful;
    private final URI uri;

    private JettyServer(Server server, ServerConnector connector, GracefulHandler graceful, URI uri) {
        this.server = server;
        this.connector = connector;
        this.graceful = graceful;
        this.uri = uri;
    }

    /**
     * What proves who the server is.
     *
     * @param chain a PEM file of certificates, the server's own first
     * @param key a PEM file of its private key
     */
    public record Certificate(Path chain, Path key) {}

    /**
     * Starts it.
     *
     * @throws InvalidRequestException when the certificate cannot be used, or it cannot listen there
     */
    public static JettyServer start(Router router, String host, int port, Optional<Certificate> certificate) {
        Limits limits = router.limits();
        QueuedThreadPool threads = new QueuedThreadPool(limits.connections() + FURTHER_THREADS, LEAST_THREADS);
        Server server = new Server(threads);
        ServerConnector connector = connector(server, certificate);
        connector.setHost(host);
        connector.setPort(port);
        connector.setIdleTimeout(limits.stalled().toMillis());
        server.addConnector(connector);
        server.addBean(new NetworkConnectionLimit(limits.connections(), server));
        GracefulHandler graceful = new GracefulHandler(router);
        server.setHandler(graceful);
        server.setErrorHandler(new JettyErrors(router.listener()));
        server.setStopTimeout(LAST_ANSWERS_MILLIS);
        try {
            connector.open();
            threads.setName("unipic-http-" + connector.getLocalPort());
            server.start();
        } catch (Exception e) {
            stop(server);
            String reason = e.getCause() == null ? e.getMessage() : e.getCause().getMessage();
            throw new InvalidRequestException(
                    "cannot listen at " + host + ":" + port + " (" + reason + "); choose another port or host", e);
        }
        router.deadline().watch(connector);
        String name = host.contains(":") ? "[" + host + "]" : host;
        String scheme = certificate.isPresent() ? "https" : "http";
        return new JettyServer(
                server, connector, graceful, URI.create(scheme + "://" + name + ":" + connector.getLocalPort()));
    }

    private static ServerConnector connector(Server server, Optional<Certificate> certificate) {
        HttpConfiguration config = new HttpConfiguration();
        config.setSendServerVersion(false);
        config.setRequestHeaderSize(LONGEST_HEADERS);
        HttpConnectionFactory http1 = new HttpConnectionFactory(config);
        if (certificate.isEmpty()) {
            HTTP2CServerConnectionFactory http2 = new HTTP2CServerConnectionFactory(config);
            http2.setMaxConcurrentStreams(MOST_STREAMS);
            return new ServerConnector(server, http1, http2);
        }
        config.addCustomizer(new SecureRequestCustomizer(false));
        HTTP2ServerConnectionFactory http2 = new HTTP2ServerConnectionFactory(config);
        http2.setMaxConcurrentStreams(MOST_STREAMS);
        ALPNServerConnectionFactory alpn = new ALPNServerConnectionFactory();
        alpn.setDefaultProtocol(http1.getProtocol());
        SslContextFactory.Server ssl = new SslContextFactory.Server();
        ssl.setKeyStore(Pem.keyStore(certificate.get()));
        ssl.setKeyStorePassword("");
        return new ServerConnector(server, new SslConnectionFactory(ssl, alpn.getProtocol()), alpn, http2, http1);
    }

    /** Where it listens. */
    public URI uri() {
        return uri;
    }

    /** Takes no new connections, and refuses new requests on those that are open. */
    public void refuse() {
        connector.shutdown();
        graceful.shutdown();
    }

    /** Waits a little for answers that are being written, and ends. */
    @Override
    public void close() {
        stop(server);
    }

    private static void stop(Server server) {
        try {
            server.stop();
        } catch (Exception e) {
            // Requests that had not ended in time, which are interrupted: they have nothing to save.
        }
    }
}
