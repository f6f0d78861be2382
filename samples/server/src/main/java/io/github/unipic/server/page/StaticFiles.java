package io.github.unipic.server.page;

import io.github.unipic.server.http.Exchange;
import io.github.unipic.server.http.Route;
import io.github.unipic.server.http.Router;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;

/**
 * The page. Its files are listed here and read from the class path when the server starts, so that a client's path only
 * chooses among them. They refer to one another and to the server by relative addresses, so that the page also works
 * below a path of a reverse proxy.
 */
public final class StaticFiles {
    /** What lies beside {@code index.html}, which is served at {@code /}. */
    private static final List<String> ASSETS = List.of(
            "page.css",
            "icon.svg",
            "main.js",
            "api.js",
            "ask.js",
            "composer.js",
            "dom.js",
            "extend.js",
            "gallery.js",
            "images.js",
            "job.js",
            "mask.js",
            "png.js",
            "settings.js",
            "sse.js",
            "stage.js",
            "store.js",
            "texts.js");

    private static final Map<String, String> TYPES = Map.of(
            "html", "text/html; charset=utf-8",
            "css", "text/css; charset=utf-8",
            "js", "text/javascript; charset=utf-8",
            "svg", "image/svg+xml");

    /** Nothing from elsewhere, nothing inline, and no text that becomes markup. */
    private static final Map<String, String> HEADERS = Map.of(
            "Content-Security-Policy",
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob:; connect-src 'self';"
                    + " base-uri 'none'; form-action 'none'; frame-ancestors 'none';"
                    + " require-trusted-types-for 'script'; trusted-types 'none'",
            "X-Content-Type-Options",
            "nosniff",
            "Referrer-Policy",
            "no-referrer",
            "Cross-Origin-Opener-Policy",
            "same-origin",
            "Cross-Origin-Resource-Policy",
            "same-origin",
            "Cache-Control",
            "no-cache");

    private StaticFiles() {}

    /** Adds the page's routes, which need no key: the page asks for it. */
    public static void addTo(Router router) {
        router.addOpen("GET", "/", file("index.html"));
        for (String asset : ASSETS) {
            router.addOpen("GET", "/page/" + asset, file(asset));
        }
    }

    private static Route file(String name) {
        byte[] content = read(name);
        String type = TYPES.get(name.substring(name.lastIndexOf('.') + 1));
        String tag = '"' + HexFormat.of().formatHex(sha256(content), 0, 16) + '"';
        return exchange -> send(exchange, content, type, tag);
    }

    private static void send(Exchange exchange, byte[] content, String type, String tag) throws IOException {
        HEADERS.forEach(exchange::setHeader);
        exchange.setHeader("ETag", tag);
        if (exchange.header("If-None-Match")
                .filter(known -> matches(known, tag))
                .isPresent()) {
            exchange.send(304, type, new byte[0]);
        } else {
            exchange.send(200, type, content);
        }
    }

    /** RFC 9110, 13.1.2. A proxy that compresses makes a tag weak. */
    private static boolean matches(String known, String tag) {
        return Arrays.stream(known.split(","))
                .map(String::strip)
                .anyMatch(each -> each.equals("*") || each.equals(tag) || each.equals("W/" + tag));
    }

    private static byte[] read(String name) {
        try (InputStream file = StaticFiles.class.getResourceAsStream(name)) {
            if (file == null) {
                throw new IllegalStateException("the page's file " + name + " is missing");
            }
            return file.readAllBytes();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static byte[] sha256(byte[] content) {
        try {
            return MessageDigest.getInstance("SHA-256").digest(content);
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }
}
