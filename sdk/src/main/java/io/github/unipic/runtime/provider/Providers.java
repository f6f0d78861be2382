package io.github.unipic.runtime.provider;

import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtEpDevice;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtHardwareDevice;
import ai.onnxruntime.OrtProvider;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.providers.NNAPIFlags;
import io.github.unipic.ExecutionProvider;
import io.github.unipic.InferenceException;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.UniPicException;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The execution providers: those that ONNX Runtime was built with, and the devices of registered libraries. */
public final class Providers {
    /** ONNX Runtime's Java API cannot add these: they come as devices of a registered library. */
    private static final Set<OrtProvider> ONLY_AS_DEVICES =
            EnumSet.of(OrtProvider.MI_GRAPH_X, OrtProvider.VITIS_AI, OrtProvider.RK_NPU);

    /** Every provider that runs graphs on this machine (Azure's runs them elsewhere), by its short name. */
    private static final Map<String, OrtProvider> SHORT_NAMES =
            EnumSet.complementOf(EnumSet.of(OrtProvider.AZURE)).stream()
                    .collect(Collectors.toMap(Providers::shortName, provider -> provider, (a, b) -> a, TreeMap::new));

    private static final String DEVICE = "device";
    static final String DEVICE_ID = "device_id";

    private Providers() {}

    static String shortName(OrtProvider provider) {
        return provider.name().toLowerCase(Locale.ROOT).replace("_", "");
    }

    /** The devices of providers here, in the form of {@link io.github.unipic.RuntimeInfo}. */
    static List<String> describeDevices(OrtEnvironment environment) throws OrtException {
        return environment.getEpDevices().stream().map(Providers::describe).toList();
    }

    private static String describe(OrtEpDevice offer) {
        OrtHardwareDevice device = offer.getDevice();
        return String.format(
                Locale.ROOT,
                "%s: %s %s (vendor 0x%04x, device 0x%04x)",
                offer.getEpName(),
                device.getType(),
                device.getVendor(),
                device.getVendorId(),
                device.getDeviceId());
    }

    /** Whether a provider is to be chosen: {@link ExecutionProvider#AUTO}, with any options. */
    public static boolean isAutomatic(ExecutionProvider asked) {
        return asked.name().equalsIgnoreCase(ExecutionProvider.AUTO.name());
    }

    /**
     * Checks that sessions can have a provider. Loads ONNX Runtime and the provider.
     *
     * @throws InvalidRequestException when there is no such provider here, or an option is wrong
     * @throws InferenceException when the provider does not work on this machine
     */
    public static void require(ExecutionProvider provider) {
        OnnxRuntime.environment();
        try (SessionOptions trial = new SessionOptions()) {
            addTo(trial, provider);
        }
    }

    /**
     * Adds a provider to a session, before the CPU's.
     *
     * @throws InvalidRequestException when there is no such provider here, or an option is wrong
     * @throws InferenceException when the provider does not work on this machine
     */
    public static void addTo(SessionOptions session, ExecutionProvider provider) {
        Optional<OrtProvider> known = find(provider.name());
        requirePassable(provider);
        try {
            if (known.isPresent() && builtIn().contains(known.get())) {
                addBuiltIn(session, known.get(), provider);
                return;
            }
            String name = ownName(provider);
            List<OrtEpDevice> devices = OnnxRuntime.environment().getEpDevices().stream()
                    .filter(device -> device.getEpName().equalsIgnoreCase(name))
                    .toList();
            if (devices.isEmpty()) {
                throw known.isPresent() ? notBuiltIn(provider) : unknown(provider);
            }
            addDevice(session, devices, provider);
        } catch (OrtException e) {
            throw failure(provider, e);
        }
    }

    /** Not all providers report a wrong option as an invalid argument. */
    static UniPicException failure(ExecutionProvider provider, OrtException e) {
        String what = "The execution provider " + provider + " cannot be used: " + OnnxRuntime.reason(e);
        boolean option = Stream.of("Unknown provider option", "Failed to parse provider option")
                .anyMatch(e.getMessage()::contains);
        return option || e.getCode() == OrtException.OrtErrorCode.ORT_INVALID_ARGUMENT
                ? new InvalidRequestException(what + "; see its options in ONNX Runtime's documentation.", e)
                : new InferenceException(what + "; install the driver and the libraries that it needs, or use cpu.", e);
    }

    /** ONNX Runtime's name for a provider; that of a plugin as given, so that case may differ. */
    static String ownName(ExecutionProvider provider) {
        return find(provider.name()).map(OrtProvider::getName).orElse(provider.name());
    }

    static Optional<OrtProvider> find(String name) {
        return SHORT_NAMES.entrySet().stream()
                .filter(entry -> entry.getKey().equalsIgnoreCase(name)
                        || entry.getValue().getName().equalsIgnoreCase(name))
                .map(Map.Entry::getValue)
                .findFirst();
    }

    /** The providers that ONNX Runtime was built with and that its Java API can add. */
    static Set<OrtProvider> builtIn() {
        Set<OrtProvider> providers = OrtEnvironment.getAvailableProviders();
        providers.retainAll(SHORT_NAMES.values());
        providers.removeAll(ONLY_AS_DEVICES);
        return providers;
    }

    static void addBuiltIn(SessionOptions session, OrtProvider id, ExecutionProvider provider) throws OrtException {
        Map<String, String> options = provider.options();
        switch (id) {
            case CPU -> allow(provider); // ONNX Runtime adds it to every session.
            case CUDA -> Nvidia.addCuda(session, provider);
            case TENSOR_RT -> Nvidia.addTensorRt(session, provider);
            case ROCM -> {
                allow(provider, DEVICE_ID);
                session.addROCM(number(provider, DEVICE_ID));
            }
            case DIRECT_ML -> {
                allow(provider, DEVICE_ID);
                session.addDirectML(number(provider, DEVICE_ID));
            }
            case OPEN_VINO -> {
                allow(provider, "device_type");
                session.addOpenVINO(options.getOrDefault("device_type", ""));
            }
            case DNNL -> {
                allow(provider, "use_arena");
                session.addDnnl(flag(provider, "use_arena", true));
            }
            case ACL -> {
                allow(provider, "enable_fast_math");
                session.addACL(flag(provider, "enable_fast_math", false));
            }
            case NNAPI -> session.addNnapi(nnapiFlags(provider));
            case CORE_ML -> session.addCoreML(options);
            case XNNPACK -> session.addXnnpack(options);
            case QNN -> session.addQnn(options);
            case WEBGPU -> session.addWebGPU(options);
            default -> throw new IllegalStateException("Java cannot add " + id);
        }
    }

    /**
     * The memory arena of a provider, as in the run option memory.enable_memory_arena_shrinkage. Empty for providers
     * without a known arena, because a run that names a missing arena fails.
     */
    public static Optional<String> arena(ExecutionProvider provider) {
        return find(provider.name()).filter(builtIn()::contains).flatMap(id -> switch (id) {
            case CPU -> Optional.of("cpu:0");
            case CUDA -> Optional.of("gpu:" + number(provider, DEVICE_ID));
            default -> Optional.empty();
        });
    }

    /** Refuses values that would reach ONNX Runtime with other characters, so that it would use another folder. */
    private static void requirePassable(ExecutionProvider provider) {
        provider.options().forEach((option, value) -> {
            if (!NativePath.passes(option) || !NativePath.passes(value)) {
                throw wrong(provider, option, value, "a value without emoji and other characters beyond U+FFFF");
            }
        });
    }

    private static EnumSet<NNAPIFlags> nnapiFlags(ExecutionProvider provider) {
        Map<String, NNAPIFlags> flags = Stream.of(NNAPIFlags.values())
                .collect(Collectors.toMap(flag -> flag.name().toLowerCase(Locale.ROOT), flag -> flag));
        allow(provider, flags.keySet().toArray(String[]::new));
        EnumSet<NNAPIFlags> chosen = EnumSet.noneOf(NNAPIFlags.class);
        for (String name : provider.options().keySet()) {
            if (flag(provider, name, false)) {
                chosen.add(flags.get(name));
            }
        }
        return chosen;
    }

    static void addDevice(SessionOptions session, List<OrtEpDevice> devices, ExecutionProvider provider)
            throws OrtException {
        int index = number(provider, DEVICE);
        if (index >= devices.size()) {
            throw new InvalidRequestException(
                    "The execution provider " + provider.name() + " has no device " + index + "; it has "
                            + devices.stream().map(Providers::describe).collect(Collectors.joining(", "))
                            + ", numbered from 0.");
        }
        Map<String, String> options = new TreeMap<>(provider.options());
        options.remove(DEVICE);
        session.addExecutionProvider(List.of(devices.get(index)), options);
    }

    private static void allow(ExecutionProvider provider, String... names) {
        Set<String> allowed = new TreeSet<>(List.of(names));
        for (String name : provider.options().keySet()) {
            if (!allowed.contains(name)) {
                throw new InvalidRequestException("The execution provider " + provider.name() + " has no option '"
                        + name + "'; " + (allowed.isEmpty() ? "it takes none." : "it takes " + list(allowed) + "."));
            }
        }
    }

    static int number(ExecutionProvider provider, String option) {
        String value = provider.options().getOrDefault(option, "0");
        if (!value.matches("\\d{1,4}")) {
            throw wrong(provider, option, value, "a whole number from 0");
        }
        return Integer.parseInt(value);
    }

    static boolean flag(ExecutionProvider provider, String option, boolean absent) {
        String value = provider.options().getOrDefault(option, absent ? "1" : "0");
        return switch (value.toLowerCase(Locale.ROOT)) {
            case "1", "true" -> true;
            case "0", "false" -> false;
            default -> throw wrong(provider, option, value, "0 or 1");
        };
    }

    static InvalidRequestException wrong(ExecutionProvider provider, String option, String value, String expected) {
        return new InvalidRequestException("The option " + option + " of the execution provider " + provider.name()
                + " is '" + value + "'; give " + expected + ".");
    }

    private static InvalidRequestException notBuiltIn(ExecutionProvider provider) throws OrtException {
        return new InvalidRequestException(
                "ONNX Runtime " + OnnxRuntime.environment().getVersion()
                        + " was not built with the execution provider " + provider.name() + "; it has " + list(here())
                        + ". Use a build that has it, or register its maker's library.");
    }

    private static InvalidRequestException unknown(ExecutionProvider provider) throws OrtException {
        return new InvalidRequestException("There is no execution provider '" + provider.name()
                + "'; known ones are auto, " + list(SHORT_NAMES.keySet()) + ", and this machine has " + list(here())
                + ". Register its library first if it is a plugin.");
    }

    /** The providers available here: built-in ones by short name, others by their own name. */
    private static Set<String> here() throws OrtException {
        Set<OrtProvider> builtIn = builtIn();
        Set<String> names = builtIn.stream().map(Providers::shortName).collect(Collectors.toCollection(TreeSet::new));
        OnnxRuntime.environment().getEpDevices().stream()
                .map(OrtEpDevice::getEpName)
                .filter(name -> builtIn.stream().noneMatch(id -> id.getName().equals(name)))
                .forEach(names::add);
        return names;
    }

    private static String list(Set<String> names) {
        return String.join(", ", names);
    }
}
