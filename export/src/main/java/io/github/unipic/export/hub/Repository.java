package io.github.unipic.export.hub;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.github.unipic.files.ByteSize;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * A repository at one commit, as the hub describes it. Names of files are the hub's, and may be anything.
 *
 * @param name OWNER/NAME
 * @param commit 40 hexadecimal digits
 */
record Repository(String name, String commit, String license, String link, Map<String, JsonNode> entries) {
    /** Where a hub states none. */
    static final String NO_LICENSE = "not stated";

    private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");
    private static final Pattern PLAIN = Pattern.compile("[\\w.+ -]{1,60}");
    private static final int MOST_FILES = 100_000;
    /** Ten times the largest file that the hub stores. */
    private static final long LARGEST = 10_000_000_000_000L;

    /** @throws DownloadException if that is not how a hub describes a repository */
    static Repository parse(String name, URI endpoint, byte[] answer) {
        JsonNode json;
        try {
            // As text, since Jackson takes names of bytes that are no UTF-8 for others.
            json = new JsonMapper().readTree(new String(answer, StandardCharsets.UTF_8));
        } catch (JsonProcessingException e) {
            throw strange(name, endpoint, "which is not JSON", e);
        }
        String commit = json.path("sha").asText();
        JsonNode siblings = json.path("siblings");
        if (!COMMIT.matcher(commit).matches() || !siblings.isArray() || siblings.size() > MOST_FILES) {
            throw strange(name, endpoint, "which lacks the commit or the list of files", null);
        }
        Map<String, JsonNode> entries = new HashMap<>();
        siblings.forEach(entry -> entries.put(entry.path("rfilename").asText(), entry));
        return new Repository(
                name, commit, license(json), link(name, endpoint, commit, json, entries.keySet()), Map.copyOf(entries));
    }

    private static DownloadException strange(String name, URI endpoint, String what, Throwable cause) {
        return new DownloadException(
                endpoint + " described " + name + " with an answer " + what
                        + "; is HF_ENDPOINT (if set) the address of a hub, and does nothing stand in between?",
                cause);
    }

    private static String license(JsonNode json) {
        JsonNode card = json.path("cardData");
        JsonNode license = card.path("license").isArray() ? card.path("license").path(0) : card.path("license");
        String name = license.asText();
        if (name.equals("other") || name.isEmpty()) {
            name = card.path("license_name").asText(name);
        }
        return PLAIN.matcher(name).matches() ? name : NO_LICENSE;
    }

    /** The text of the license, if the hub says where it is, and else the repository's page. */
    private static String link(String name, URI endpoint, String commit, JsonNode json, Set<String> files) {
        String link = json.path("cardData").path("license_link").asText();
        if (link.matches("https://[\\w./%#~-]{1,300}")) {
            return link;
        }
        return endpoint + "/" + name
                + new TreeSet<>(files)
                        .stream()
                                .filter(file -> file.matches("(?i)licen[sc]e(\\.md|\\.txt)?"))
                                .findFirst()
                                .map(file -> "/blob/" + commit + "/" + file)
                                .orElse("");
    }

    boolean has(String path) {
        return entries.containsKey(path);
    }

    Set<String> paths() {
        return entries.keySet();
    }

    /** The folders at the top. */
    Set<String> folders() {
        return entries.keySet().stream()
                .filter(path -> path.indexOf('/') > 0)
                .map(path -> path.substring(0, path.indexOf('/')))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    /** @throws DownloadException if the hub does not say what its content is, or it is larger than {@code limit} */
    RemoteFile file(String path, long limit) {
        JsonNode entry = entries.get(path);
        JsonNode lfs = entry.path("lfs");
        long size = lfs.path("size").asLong(entry.path("size").asLong(-1));
        Optional<ContentHash> hash =
                ContentHash.of(lfs.path("sha256").asText(entry.path("blobId").asText()));
        if (size < 0 || hash.isEmpty()) {
            throw new DownloadException("the hub does not state size and hash of " + path + " in " + name
                    + ", so it could not be verified; if HF_ENDPOINT is set, use another hub");
        }
        if (size > Math.min(limit, LARGEST)) {
            throw new DownloadException(path + " in " + name + " has " + ByteSize.of(size)
                    + ", which is more than such a file can have; is this the right repository?");
        }
        return new RemoteFile(path, size, hash.get());
    }
}
