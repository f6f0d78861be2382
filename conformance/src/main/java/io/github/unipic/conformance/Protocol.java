package io.github.unipic.conformance;

import com.fasterxml.jackson.annotation.JsonCreator;
import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.datatype.jdk8.Jdk8Module;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.Image;
import io.github.unipic.RuntimeInfo;
import io.github.unipic.conformance.checks.Job;
import io.github.unipic.conformance.compare.Event;
import io.github.unipic.conformance.report.CaseName;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What a run and its child processes say to each other, as lines of JSON: requests on the child's standard input, whose
 * end means that the parent is gone, and messages in a file, because providers print to standard output.
 */
final class Protocol {
    private static final JsonMapper JSON = JsonMapper.builder()
            .addModule(new Jdk8Module())
            .addMixIn(Image.class, ImageFields.class)
            // Jackson writes isCpu() of a record too.
            .disable(DeserializationFeature.FAIL_ON_UNKNOWN_PROPERTIES)
            .build();

    private Protocol() {}

    /** From the parent. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Setup.class, name = "setup"),
        @JsonSubTypes.Type(value = Record.class, name = "record"),
        @JsonSubTypes.Type(value = Check.class, name = "check"),
        @JsonSubTypes.Type(value = Dump.class, name = "dump"),
    })
    sealed interface Request {}

    /** The first request: loads ONNX Runtime and the provider. */
    record Setup(ExecutionProvider provider, Optional<Path> nativeRuntime, Map<String, Path> providerLibraries)
            implements Request {}

    /** Then either this one: records a reference with the CPU provider. */
    record Record(Path model, Suite suite, Selection selection, Path file) implements Request {}

    /**
     * Or this one: runs the parts of a job.
     *
     * @param ended parts and cases that are not run again
     */
    record Check(Job job, List<CaseName> ended) implements Request {}

    /** At any time: prints on standard error where the work is. */
    record Dump() implements Request {}

    /** From the child. */
    @JsonTypeInfo(use = JsonTypeInfo.Id.NAME)
    @JsonSubTypes({
        @JsonSubTypes.Type(value = Started.class, name = "started"),
        @JsonSubTypes.Type(value = Ready.class, name = "ready"),
        @JsonSubTypes.Type(value = Progress.class, name = "progress"),
        @JsonSubTypes.Type(value = Happened.class, name = "happened"),
        @JsonSubTypes.Type(value = Failed.class, name = "failed"),
        @JsonSubTypes.Type(value = Done.class, name = "done"),
    })
    sealed interface Message {}

    /** Java runs; ONNX Runtime is not loaded yet. */
    record Started() implements Message {}

    /**
     * The provider is there.
     *
     * @param provider never {@link ExecutionProvider#AUTO}
     */
    record Ready(ExecutionProvider provider, RuntimeInfo runtime) implements Message {}

    /** Cases recorded. */
    record Progress(int done, int total) implements Message {}

    /** An event of the run. */
    record Happened(Event event) implements Message {}

    /** An exception ends the run. */
    record Failed(String message) implements Message {}

    /** The request was fulfilled; the process ends once there are no more requests. */
    record Done() implements Message {}

    static byte[] line(Object message) {
        try {
            return (JSON.writeValueAsString(message) + "\n").getBytes(StandardCharsets.UTF_8);
        } catch (JsonProcessingException e) {
            throw new IllegalStateException(message + " has no JSON", e);
        }
    }

    static Request request(String line) throws JsonProcessingException {
        return JSON.readValue(line, Request.class);
    }

    static Message message(String line) throws JsonProcessingException {
        return JSON.readValue(line, Message.class);
    }

    /** How an image is written. */
    private abstract static class ImageFields {
        @JsonCreator
        static Image ofRgb(
                @JsonProperty("width") int width, @JsonProperty("height") int height, @JsonProperty("rgb") byte[] rgb) {
            throw new UnsupportedOperationException("only its annotations are used");
        }

        @JsonProperty
        abstract int width();

        @JsonProperty
        abstract int height();

        @JsonProperty
        abstract byte[] rgb();
    }
}
