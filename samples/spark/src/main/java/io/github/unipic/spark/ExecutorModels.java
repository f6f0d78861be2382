package io.github.unipic.spark;

import io.github.unipic.UniPic;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * The models of this JVM: one, or one for each GPU where the executor has several. Tasks share them. They stay open
 * until the JVM exits: the sdk then ends the requests in progress before ONNX Runtime is torn down, and closing them in
 * a shutdown hook of our own would race with ONNX Runtime's.
 */
final class ExecutorModels {
    private static final Map<ModelSettings, UniPic> OPEN = new ConcurrentHashMap<>();

    private ExecutorModels() {}

    static UniPic get(ModelSettings settings) {
        return OPEN.computeIfAbsent(settings, ModelSettings::load);
    }
}
