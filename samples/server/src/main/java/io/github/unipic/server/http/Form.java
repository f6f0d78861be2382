package io.github.unipic.server.http;

import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionException;
import org.eclipse.jetty.http.MultiPart;
import org.eclipse.jetty.http.MultiPartConfig;
import org.eclipse.jetty.http.MultiPartFormData;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.util.Attributes;

/**
 * A form of type {@code multipart/form-data}. A part's name decides what it is, because clients send files without file
 * names and texts with content types.
 *
 * @param texts the parts that are texts
 * @param files the bytes of those that are files, by name, in their order
 */
public record Form(Parameters texts, Map<String, List<byte[]>> files) {
    private static final int LONGEST_HEADERS = 8192;

    /** The files of a name and of that name with brackets, as OpenAI's clients send several. */
    public List<byte[]> filesOf(String name) {
        List<byte[]> all = new ArrayList<>(files.getOrDefault(name, List.of()));
        all.addAll(files.getOrDefault(name + "[]", List.of()));
        return all;
    }

    /**
     * Reads a form.
     *
     * @param fileParts the names of the parts that are files
     */
    static Form read(InputStream body, String contentType, Set<String> fileParts, Limits limits) throws IOException {
        requireBoundary(contentType);
        MultiPartConfig config = new MultiPartConfig.Builder()
                .maxParts(limits.parts())
                .maxSize(limits.body())
                .maxPartSize(limits.body())
                // Nothing goes to a file, so that none is left.
                .maxMemoryPartSize(limits.body())
                .maxHeadersSize(LONGEST_HEADERS)
                .useFilesForPartsWithoutFileName(false)
                .build();
        byte[] bytes = body.readAllBytes();
        Map<String, String> texts = new LinkedHashMap<>();
        Map<String, List<byte[]>> files = new LinkedHashMap<>();
        try (MultiPartFormData.Parts parts = MultiPartFormData.getParts(
                Content.Source.from(ByteBuffer.wrap(bytes)), new Attributes.Mapped(), contentType, config)) {
            for (MultiPart.Part part : parts) {
                String name = part.getName();
                if (name == null) {
                    throw HttpError.invalid("", "a part of the form has no name");
                }
                if (fileParts.contains(name)) {
                    files.computeIfAbsent(name, key -> new ArrayList<>()).add(bytes(part));
                } else {
                    if (texts.put(name, text(name, bytes(part))) != null) {
                        throw HttpError.invalid(name, "the form has '" + Parameters.shown(name) + "' twice");
                    }
                }
            }
        } catch (HttpError e) {
            throw e;
        } catch (RuntimeException e) {
            Throwable cause = e instanceof CompletionException && e.getCause() != null ? e.getCause() : e;
            if (cause instanceof IllegalStateException) {
                throw HttpError.refused(
                        413,
                        "form_too_large",
                        "the form has over " + limits.parts() + " parts or too long headers: "
                                + Parameters.shown(String.valueOf(cause.getMessage())));
            }
            throw HttpError.invalid(
                    "", "the form cannot be read: " + Parameters.shown(String.valueOf(cause.getMessage())));
        }
        return new Form(Parameters.ofForm(texts), files);
    }

    private static void requireBoundary(String contentType) {
        boolean there;
        try {
            there = MultiPart.extractBoundary(contentType) != null;
        } catch (IllegalArgumentException e) {
            there = false;
        }
        if (!there) {
            throw HttpError.invalid("", "the Content-Type has no boundary, which separates the parts of a form");
        }
    }

    private static byte[] bytes(MultiPart.Part part) throws IOException {
        try (InputStream stream = Content.Source.asInputStream(part.getContentSource())) {
            return stream.readAllBytes();
        }
    }

    private static String text(String name, byte[] bytes) {
        try {
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString();
        } catch (CharacterCodingException e) {
            throw HttpError.invalid(name, "'" + Parameters.shown(name) + "' is no valid UTF-8");
        }
    }
}
