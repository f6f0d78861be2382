package io.github.unipic.langchain4j;

import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.UnsupportedFeatureException;
import io.github.unipic.ImageFormatException;
import java.util.function.Supplier;

/** The SDK's errors in LangChain4j's terms. */
final class Failures {
    private Failures() {}

    static UnsupportedFeatureException unsupported(String feature) {
        return new UnsupportedFeatureException(feature + " is not supported by UniPic");
    }

    /** Runs a task of the SDK. */
    static <T> T translated(Supplier<T> task) {
        try {
            return task.get();
        } catch (io.github.unipic.InvalidRequestException | ImageFormatException e) {
            throw new InvalidRequestException(e.getMessage(), e);
        }
    }
}
