package io.github.unipic.runtime.provider;

import com.sun.jna.NativeLibrary;
import com.sun.jna.Platform;
import com.sun.jna.ptr.IntByReference;
import com.sun.jna.ptr.PointerByReference;
import java.util.Optional;

/** NVIDIA's driver, which must be installed on the machine, and its GPUs. */
final class NvidiaDriver {
    private static final String FILE = Platform.isWindows() ? "nvcuda.dll" : "libcuda.so.1";

    /** CUDA 12.0, in the driver's numbering. */
    private static final int LEAST_VERSION = 12000;

    private NvidiaDriver() {}

    /** Loaded on first use. That it is missing is also found out once, as JNA then searches the whole system. */
    private static final class Here {
        static final Optional<Functions> DRIVER = load();

        private static Optional<Functions> load() {
            try {
                NativeLibrary driver = NativeLibrary.getInstance(FILE);
                return Optional.of(
                        (function, arguments) -> driver.getFunction(function).invokeInt(arguments));
            } catch (UnsatisfiedLinkError e) {
                return Optional.empty();
            }
        }
    }

    /** The driver's functions by name. */
    interface Functions {
        /**
         * Calls one.
         *
         * @return its error's number, 0 for none
         * @throws UnsatisfiedLinkError when there is no such function
         */
        int call(String function, Object... arguments);
    }

    /** Why a GPU cannot be used, and what to do; empty if it can. */
    static Optional<String> obstacle(int device) {
        return obstacle(device, Here.DRIVER);
    }

    static Optional<String> obstacle(int device, Optional<Functions> driver) {
        return driver.map(functions -> obstacle(device, functions))
                .orElseGet(() -> Optional.of("there is no NVIDIA driver (" + FILE + " does not load); install it"));
    }

    static Optional<String> obstacle(int device, Functions driver) {
        try {
            call(driver, "cuInit", 0);
            int version = number(driver, "cuDriverGetVersion");
            if (version < LEAST_VERSION) {
                return Optional.of("NVIDIA's driver supports only CUDA " + version / 1000 + "." + version % 1000 / 10
                        + "; install one for CUDA 12");
            }
            int devices = number(driver, "cuDeviceGetCount");
            return device < devices
                    ? Optional.empty()
                    : Optional.of("there is no GPU " + device + ": the machine has " + devices
                            + ", numbered from 0; choose another");
        } catch (IllegalStateException | UnsatisfiedLinkError e) {
            return Optional.of("NVIDIA's driver finds no usable GPU (" + OnnxRuntime.reason(e)
                    + "); run nvidia-smi, and reinstall the driver if that fails");
        }
    }

    private static int number(Functions driver, String function) {
        IntByReference number = new IntByReference();
        call(driver, function, number);
        return number.getValue();
    }

    private static void call(Functions driver, String function, Object... arguments) {
        int error = driver.call(function, arguments);
        if (error != 0) {
            PointerByReference name = new PointerByReference();
            boolean known = driver.call("cuGetErrorName", error, name) == 0;
            throw new IllegalStateException(
                    function + ": " + (known ? name.getValue().getString(0) : "error " + error));
        }
    }
}
