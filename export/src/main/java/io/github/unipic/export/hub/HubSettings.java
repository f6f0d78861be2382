package io.github.unipic.export.hub;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;
import java.util.function.UnaryOperator;
import java.util.regex.Pattern;

/**
 * What Hugging Face's environment variables say, as its own tools read them.
 *
 * @param endpoint without a slash at its end
 * @param token for the endpoint only
 * @param cache the folder of the hub's cache, which need not exist
 */
record HubSettings(URI endpoint, Optional<String> token, boolean offline, Path cache, Proxies proxies) {
    private static final String ENDPOINT = "https://huggingface.co";
    private static final Set<String> TRUE = Set.of("1", "ON", "YES", "TRUE");
    private static final Pattern TOKEN = Pattern.compile("[!-~]{1,1000}");
    private static final long LONGEST_TOKEN_FILE = 4096;

    static HubSettings of(UnaryOperator<String> environment, Path home) {
        UnaryOperator<String> variables = name -> {
            String value = environment.apply(name);
            return value == null || value.isBlank() ? null : value.strip();
        };
        Path cacheHome = path(variables, "XDG_CACHE_HOME", home).orElse(home.resolve(".cache"));
        Path hubHome = path(variables, "HF_HOME", home).orElse(cacheHome.resolve("huggingface"));
        Path cache = path(variables, "HF_HUB_CACHE", home)
                .or(() -> path(variables, "HUGGINGFACE_HUB_CACHE", home))
                .orElse(hubHome.resolve("hub"));
        Path tokenFile = path(variables, "HF_TOKEN_PATH", home).orElse(hubHome.resolve("token"));
        return new HubSettings(
                endpoint(Optional.ofNullable(variables.apply("HF_ENDPOINT")).orElse(ENDPOINT)),
                token(variables, tokenFile),
                isTrue(variables, "HF_HUB_OFFLINE") || isTrue(variables, "TRANSFORMERS_OFFLINE"),
                cache,
                Proxies.of(variables));
    }

    private static boolean isTrue(UnaryOperator<String> variables, String name) {
        String value = variables.apply(name);
        return value != null && TRUE.contains(value.toUpperCase(Locale.ROOT));
    }

    private static Optional<Path> path(UnaryOperator<String> variables, String name, Path home) {
        try {
            return Optional.ofNullable(variables.apply(name))
                    .map(text -> text.equals("~") || text.startsWith("~/")
                            ? home.resolve(text.substring(Math.min(2, text.length())))
                            : Path.of(text));
        } catch (InvalidPathException e) { // as with quotes around it on Windows
            throw new DownloadException(name + " is no path (" + e.getReason()
                    + "); set it to that of a folder or file, without quotes, or unset it");
        }
    }

    private static URI endpoint(String text) {
        try {
            URI endpoint = new URI(text.replaceAll("/+$", ""));
            boolean web =
                    "https".equalsIgnoreCase(endpoint.getScheme()) || "http".equalsIgnoreCase(endpoint.getScheme());
            if (web
                    && endpoint.getHost() != null
                    && endpoint.getRawUserInfo() == null
                    && endpoint.getRawQuery() == null
                    && endpoint.getRawFragment() == null) {
                return endpoint;
            }
        } catch (URISyntaxException e) {
            // As below.
        }
        throw new DownloadException("HF_ENDPOINT is '" + text
                + "', which is not the address of a hub; set it to one such" + " as " + ENDPOINT + ", or unset it");
    }

    /** The variable's, or else the one that 'hf auth login' keeps. */
    private static Optional<String> token(UnaryOperator<String> variables, Path file) {
        if (isTrue(variables, "HF_HUB_DISABLE_IMPLICIT_TOKEN")) {
            return Optional.empty();
        }
        for (String name : new String[] {"HF_TOKEN", "HUGGING_FACE_HUB_TOKEN"}) {
            if (variables.apply(name) != null) {
                return Optional.of(requireToken(variables.apply(name), name));
            }
        }
        try {
            if (!Files.isRegularFile(file) || Files.size(file) > LONGEST_TOKEN_FILE) {
                return Optional.empty();
            }
            String token = Files.readString(file).strip();
            return token.isEmpty() ? Optional.empty() : Optional.of(requireToken(token, file.toString()));
        } catch (IOException e) {
            return Optional.empty(); // The published files need none.
        }
    }

    private static String requireToken(String token, String from) {
        if (!TOKEN.matcher(token).matches()) {
            throw new DownloadException(from + " holds characters that no token has; copy the token again from "
                    + ENDPOINT + "/settings/tokens");
        }
        return token;
    }

    /** Without the token. */
    @Override
    public String toString() {
        return "HubSettings[endpoint=" + endpoint + ", offline=" + offline + ", cache=" + cache + "]";
    }
}
