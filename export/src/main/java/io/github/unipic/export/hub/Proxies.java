package io.github.unipic.export.hub;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.net.ProxySelector;
import java.net.SocketAddress;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.function.UnaryOperator;

/**
 * The way out: Java's own settings (https.proxyHost, java.net.useSystemProxies) where there are any, and else the
 * environment's HTTPS_PROXY, HTTP_PROXY, ALL_PROXY and NO_PROXY, as other programs read them.
 */
final class Proxies extends ProxySelector {
    private final Map<String, URI> byScheme;
    private final List<String> direct;

    private Proxies(Map<String, URI> byScheme, List<String> direct) {
        this.byScheme = byScheme;
        this.direct = direct;
    }

    static Proxies of(UnaryOperator<String> variables) {
        Map<String, URI> byScheme = new java.util.HashMap<>();
        for (String scheme : new String[] {"https", "http"}) {
            proxy(variables, scheme + "_proxy")
                    .or(() -> proxy(variables, "all_proxy"))
                    .ifPresent(proxy -> byScheme.put(scheme, proxy));
        }
        String direct = find(variables, "no_proxy").orElse("");
        return new Proxies(
                Map.copyOf(byScheme), List.of(direct.toLowerCase(Locale.ROOT).split("[,\\s]+")));
    }

    private static Optional<String> find(UnaryOperator<String> variables, String name) {
        return Optional.ofNullable(variables.apply(name))
                .or(() -> Optional.ofNullable(variables.apply(name.toUpperCase(Locale.ROOT))));
    }

    private static Optional<URI> proxy(UnaryOperator<String> variables, String name) {
        return find(variables, name).map(text -> {
            try {
                URI proxy = new URI(text.contains("://") ? text : "http://" + text);
                if ("http".equalsIgnoreCase(proxy.getScheme()) && proxy.getHost() != null) {
                    return proxy;
                }
            } catch (URISyntaxException e) {
                // As below. The text may hold a password, so it is not shown.
            }
            throw new DownloadException(name.toUpperCase(Locale.ROOT)
                    + " is not the address of an HTTP proxy; set it to one such as http://proxy.example.com:3128");
        });
    }

    @Override
    public List<Proxy> select(URI address) {
        return proxyFor(address)
                .map(proxy -> List.of(new Proxy(
                        Proxy.Type.HTTP,
                        new InetSocketAddress(proxy.getHost(), proxy.getPort() < 0 ? 80 : proxy.getPort()))))
                .orElseGet(() -> javaHasSettings(address) || byScheme.isEmpty() && ProxySelector.getDefault() != null
                        ? ProxySelector.getDefault().select(address)
                        : List.of(Proxy.NO_PROXY));
    }

    /** The value of a Proxy-Authorization header, for a proxy whose address has a name and a password. */
    Optional<String> authorization(URI address) {
        return proxyFor(address)
                .map(URI::getUserInfo)
                .map(user -> "Basic " + Base64.getEncoder().encodeToString(user.getBytes(StandardCharsets.UTF_8)));
    }

    private Optional<URI> proxyFor(URI address) {
        return javaHasSettings(address) || isDirect(address)
                ? Optional.empty()
                : Optional.ofNullable(byScheme.get(address.getScheme().toLowerCase(Locale.ROOT)));
    }

    private static boolean javaHasSettings(URI address) {
        return ProxySelector.getDefault() != null
                && (System.getProperty(address.getScheme().toLowerCase(Locale.ROOT) + ".proxyHost") != null
                        || Boolean.getBoolean("java.net.useSystemProxies"));
    }

    /** NO_PROXY: names with all below them, with or without a port, or * for all. */
    private boolean isDirect(URI address) {
        String host = address.getHost().toLowerCase(Locale.ROOT);
        return direct.stream().anyMatch(entry -> {
            if (entry.equals("*")) {
                return true;
            }
            String name = entry.replaceFirst(":(\\d+)$", "").replaceFirst("^\\*?\\.", "");
            boolean portFits = entry.length() == name.length()
                    || !entry.matches(".*:\\d+")
                    || entry.endsWith(":" + address.getPort());
            return !name.isEmpty() && portFits && (host.equals(name) || host.endsWith("." + name));
        });
    }

    @Override
    public void connectFailed(URI address, SocketAddress proxy, IOException failure) {
        // The request fails, and says so.
    }
}
