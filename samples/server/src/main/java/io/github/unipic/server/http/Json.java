package io.github.unipic.server.http;

import com.fasterxml.jackson.annotation.JsonInclude;
import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.OutputStreamWriter;
import java.io.Reader;
import java.io.Writer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.regex.Pattern;

/** How JSON is read and written. What is read comes from strangers, so it is bounded. */
public final class Json {
    private static final int DEEPEST = 32;
    private static final int LONGEST_NUMBER = 64;
    private static final int LONGEST_NAME = 256;

    /** A node of the tree takes up to 30 times the bytes of its text. */
    private static final long MOST_TOKENS = 100_000;

    private static final Pattern JACKSONS_OWN = Pattern.compile(
            "(?s)\\s*(\\(start marker|\\(of type|\\(bound as|, from `|: enable|: was expecting|: not allowed as).*");

    private static final JsonMapper MAPPER = JsonMapper.builder(JsonFactory.builder()
                    .streamReadConstraints(StreamReadConstraints.builder()
                            .maxNestingDepth(DEEPEST)
                            .maxNumberLength(LONGEST_NUMBER)
                            .maxNameLength(LONGEST_NAME)
                            .maxTokenCount(MOST_TOKENS)
                            // A body is bounded as a whole; images in it are long strings.
                            .maxStringLength(Integer.MAX_VALUE)
                            .build())
                    .disable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
                    .build())
            .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .addModule(new Jdk8Module())
            .defaultPropertyInclusion(
                    JsonInclude.Value.construct(JsonInclude.Include.NON_ABSENT, JsonInclude.Include.USE_DEFAULTS))
            .build();

    private Json() {}

    /**
     * Reads an object.
     *
     * @throws HttpError when it is no JSON object, or too deep
     */
    static JsonNode readObject(byte[] json) throws IOException {
        JsonNode node;
        // Decoded here, because Jackson would guess UTF-16 and UTF-32 from the first bytes.
        Reader utf8 = new InputStreamReader(new ByteArrayInputStream(json), StandardCharsets.UTF_8.newDecoder());
        try {
            node = MAPPER.readTree(utf8);
        } catch (CharacterCodingException e) {
            throw HttpError.invalid("", "the body is no valid UTF-8");
        } catch (JsonProcessingException e) {
            throw HttpError.invalid("", "the body is no valid JSON: " + reason(e));
        }
        if (!node.isObject()) {
            throw HttpError.invalid("", "the body must be a JSON object");
        }
        return node;
    }

    /** Writes a value, on one line. What is no valid Unicode in it becomes question marks. */
    public static byte[] write(Object value) {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (Writer utf8 = new OutputStreamWriter(bytes, StandardCharsets.UTF_8)) {
            MAPPER.writeValue(utf8, value);
        } catch (IOException e) {
            throw new IllegalStateException("cannot be written as JSON: " + value.getClass(), e);
        }
        return bytes.toByteArray();
    }

    /** Jackson's message without what it says about itself. */
    private static String reason(JsonProcessingException failure) {
        return Parameters.shown(
                JACKSONS_OWN.matcher(failure.getOriginalMessage()).replaceAll(""));
    }
}
