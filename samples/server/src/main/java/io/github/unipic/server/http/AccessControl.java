package io.github.unipic.server.http;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * Who may use the server. Any web page that a user visits can send requests to servers on the user's machine, so the
 * {@code Host} and {@code Origin} headers are checked, with a key and without:
 *
 * <ul>
 *   <li>A page can make its own name resolve to the user's machine (DNS rebinding). So the host must be an IP address,
 *       which no name server decides about, or {@code localhost}, or a name that the operator allows.
 *   <li>A page can send forms to other sites. So an origin must be the server's own, or allowed by the operator.
 * </ul>
 */
public final class AccessControl {
    private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");
    private static final Pattern BEARER = Pattern.compile("(?i)Bearer +(\\S+)\\s*");
    private static final Pattern BASIC = Pattern.compile("(?i)Basic +(\\S+)\\s*");

    private final Optional<String> key;
    private final Set<String> names;

    /**
     * @param key that requests must bring, if any
     * @param names of this server, such as those behind a reverse proxy
     */
    public AccessControl(Optional<String> key, Set<String> names) {
        this.key = key;
        this.names = names;
    }

    /** @throws HttpError when the request may come from a foreign web page */
    void checkOrigin(Exchange exchange) {
        String host = exchange.authority();
        if (!isAllowed(hostName(host))) {
            throw HttpError.refused(
                    403,
                    "host_not_allowed",
                    "the host '" + Parameters.shown(host)
                            + "' is not allowed; start the server with --allow-host for it");
        }
        exchange.headers("Origin").forEach(origin -> {
            if (!isOwn(origin, host)) {
                throw HttpError.refused(
                        403,
                        "origin_not_allowed",
                        "requests from the web page " + Parameters.shown(origin)
                                + " are not allowed: only the server's own page may send them; where a proxy shows that"
                                + " page, let it pass the Host header on, or start the server with --allow-host for the"
                                + " proxy's host");
            }
        });
    }

    private boolean isOwn(String origin, String host) {
        try {
            URI uri = new URI(origin);
            return uri.getHost() != null
                    && (uri.getAuthority().equalsIgnoreCase(host)
                            || names.contains(uri.getHost().toLowerCase(Locale.ROOT)));
        } catch (URISyntaxException e) {
            return false;
        }
    }

    private boolean isAllowed(String name) {
        return name.equals("localhost") || IPV4.matcher(name).matches() || name.startsWith("[") || names.contains(name);
    }

    /** The authority without its port. */
    private static String hostName(String authority) {
        int end = authority.startsWith("[") ? authority.indexOf(']') + 1 : authority.indexOf(':');
        return (end > 0 ? authority.substring(0, end) : authority).toLowerCase(Locale.ROOT);
    }

    /**
     * Compares the key in constant time. It comes as OpenAI's clients send it, or as the password of Basic
     * authentication, as those of AUTOMATIC1111 do.
     *
     * @throws HttpError when there is a key and the request does not bring it
     */
    void checkKey(Exchange exchange) {
        if (key.isEmpty()) {
            return;
        }
        byte[] given = exchange.header("Authorization")
                .flatMap(AccessControl::given)
                .orElse("")
                .getBytes(StandardCharsets.UTF_8);
        if (!MessageDigest.isEqual(given, key.get().getBytes(StandardCharsets.UTF_8))) {
            exchange.setHeader("WWW-Authenticate", "Bearer");
            throw HttpError.refused(
                    401, "invalid_api_key", "the API key is missing or wrong; send it as 'Authorization: Bearer KEY'");
        }
    }

    private static Optional<String> given(String authorization) {
        var bearer = BEARER.matcher(authorization);
        if (bearer.matches()) {
            return Optional.of(bearer.group(1));
        }
        var basic = BASIC.matcher(authorization);
        if (!basic.matches()) {
            return Optional.empty();
        }
        try {
            String pair = new String(Base64.getDecoder().decode(basic.group(1)), StandardCharsets.UTF_8);
            return Optional.of(pair.substring(pair.indexOf(':') + 1));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
