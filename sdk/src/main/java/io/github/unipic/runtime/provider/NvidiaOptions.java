package io.github.unipic.runtime.provider;

import io.github.unipic.ExecutionProvider;
import io.github.unipic.InvalidRequestException;
import java.util.HashMap;
import java.util.Map;

/**
 * The valid values of options of CUDA and TensorRT. ONNX Runtime's own errors are long, and it ignores some wrong
 * values. Options that are not listed here are passed on unchecked.
 */
final class NvidiaOptions {
    private static final Map<String, Value> KNOWN = new HashMap<>();

    private record Value(String pattern, String expected) {}

    static {
        Value flag = new Value("0|1|[Tt]rue|[Ff]alse", "0 or 1");
        Value count = new Value("\\d{1,9}", "a whole number from 0");
        Value bytes = new Value("[1-9]\\d{0,17}", "a number of bytes, such as 8589934592 for 8 GiB");
        Value path = new Value("(?s).*\\S.*", "a path");
        // CUDA
        know(count, "device_id", "sdpa_kernel", "tunable_op_max_tuning_duration_ms");
        know(bytes, "gpu_mem_limit");
        know(
                new Value("kNextPowerOfTwo|kSameAsRequested", "kNextPowerOfTwo or kSameAsRequested"),
                "arena_extend_strategy");
        know(new Value("EXHAUSTIVE|HEURISTIC|DEFAULT", "EXHAUSTIVE, HEURISTIC or DEFAULT"), "cudnn_conv_algo_search");
        know(
                flag,
                "use_tf32",
                "enable_cudnn",
                "enable_cuda_graph",
                "prefer_nhwc",
                "fuse_conv_bias",
                "do_copy_in_default_stream",
                "cudnn_conv_use_max_workspace",
                "cudnn_conv1d_pad_to_nc1d",
                "enable_skip_layer_norm_strict_mode",
                "use_ep_level_unified_stream",
                "tunable_op_enable",
                "tunable_op_tuning_enable");
        // TensorRT
        know(bytes, "trt_max_workspace_size");
        know(count, "trt_max_partition_iterations", "trt_min_subgraph_size", "trt_auxiliary_streams");
        know(new Value("[0-5]", "0 to 5"), "trt_builder_optimization_level");
        know(path, "trt_engine_cache_path", "trt_timing_cache_path");
        know(
                flag,
                "trt_fp16_enable",
                "trt_bf16_enable",
                "trt_int8_enable",
                "trt_engine_cache_enable",
                "trt_timing_cache_enable",
                "trt_force_timing_cache",
                "trt_force_sequential_engine_build",
                "trt_context_memory_sharing_enable",
                "trt_layer_norm_fp32_fallback",
                "trt_cuda_graph_enable",
                "trt_build_heuristics_enable",
                "trt_sparsity_enable",
                "trt_engine_hw_compatible",
                "trt_load_user_initializer",
                "trt_detailed_build_log");
    }

    private NvidiaOptions() {}

    private static void know(Value value, String... options) {
        for (String option : options) {
            KNOWN.put(option, value);
        }
    }

    /** @throws InvalidRequestException when a value is not valid */
    static void check(ExecutionProvider provider) {
        provider.options().forEach((option, value) -> {
            Value known = KNOWN.get(option);
            if (known != null && !value.matches(known.pattern())) {
                throw Providers.wrong(provider, option, value, known.expected());
            }
        });
    }
}
