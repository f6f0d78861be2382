package io.github.unipic.server;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;

/** A reverse proxy that shows a server below a path. One request a connection. */
final class PrefixProxy implements AutoCloseable {
    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getByName("127.0.0.1"));
    private final String prefix;
    private final int target;

    /**
     * @param prefix like {@code /unipic}
     * @param target the server's port
     */
    PrefixProxy(String prefix, int target) throws IOException {
        this.prefix = prefix;
        this.target = target;
        start(() -> {
            while (true) {
                Socket client = listener.accept();
                start(() -> serve(client));
            }
        });
    }

    URI uri() {
        return URI.create("http://127.0.0.1:" + listener.getLocalPort() + prefix + "/");
    }

    private void serve(Socket client) throws IOException {
        try (client;
                Socket server = new Socket("127.0.0.1", target)) {
            String head = head(client.getInputStream());
            String path = head.split(" ", 3)[1];
            if (!path.startsWith(prefix + "/")) {
                client.getOutputStream()
                        .write("HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
                                .getBytes(StandardCharsets.ISO_8859_1));
                return;
            }
            String forwarded = head.replaceFirst(" " + prefix, " ")
                    .replaceAll("(?im)^connection:.*\r\n", "")
                    .replaceFirst("\r\n", "\r\nConnection: close\r\n");
            server.getOutputStream().write(forwarded.getBytes(StandardCharsets.ISO_8859_1));
            start(() -> copy(client.getInputStream(), server.getOutputStream()));
            copy(server.getInputStream(), client.getOutputStream());
        }
    }

    /** Up to the blank line. */
    private static String head(InputStream stream) throws IOException {
        ByteArrayOutputStream head = new ByteArrayOutputStream();
        while (!head.toString(StandardCharsets.ISO_8859_1).endsWith("\r\n\r\n")) {
            int next = stream.read();
            if (next < 0) {
                throw new IOException("the client is gone");
            }
            head.write(next);
        }
        return head.toString(StandardCharsets.ISO_8859_1);
    }

    private static void copy(InputStream from, OutputStream to) throws IOException {
        byte[] buffer = new byte[1 << 14];
        for (int read = from.read(buffer); read >= 0; read = from.read(buffer)) {
            to.write(buffer, 0, read);
            to.flush();
        }
    }

    @FunctionalInterface
    private interface Task {
        void run() throws IOException;
    }

    private static void start(Task task) {
        Thread thread = new Thread(
                () -> {
                    try {
                        task.run();
                    } catch (IOException e) {
                        // One side has closed the connection.
                    }
                },
                "prefix-proxy");
        thread.setDaemon(true);
        thread.start();
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
