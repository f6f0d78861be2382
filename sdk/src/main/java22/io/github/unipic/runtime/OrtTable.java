package io.github.unipic.runtime;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import ai.onnxruntime.OrtException;
import io.github.unipic.runtime.provider.OnnxRuntime;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.lang.reflect.Field;

/**
 * The table OrtApi of onnxruntime_c_api.h: ONNX Runtime's C interface. It only grows, so a function keeps its index for
 * every later version.
 */
@SuppressWarnings("restricted") // this class needs native access
final class OrtTable {
    private static final Linker LINKER = Linker.nativeLinker();

    private final MemorySegment functions;
    private final MethodHandle getErrorCode;
    private final MethodHandle getErrorMessage;
    private final MethodHandle releaseStatus;

    private OrtTable(MemorySegment functions) {
        this.functions = functions;
        getErrorCode = function(1, JAVA_INT, ADDRESS);
        getErrorMessage = function(2, ADDRESS, ADDRESS);
        releaseStatus = action(93, ADDRESS);
    }

    /**
     * The table of the ONNX Runtime that Java's part has loaded into this process.
     *
     * @param version the first with all that is needed
     * @param size one more than the last index that is needed
     * @throws IllegalStateException when it is not found, has no such version, or is not the one that Java speaks to
     */
    static OrtTable load(int version, int size) {
        String expected = OnnxRuntime.environment().getVersion();
        // struct OrtApiBase { const OrtApi* (*GetApi)(uint32_t version); const char* (*GetVersionString)(); }
        MemorySegment getBase = SymbolLookup.loaderLookup()
                .find("OrtGetApiBase")
                .orElseThrow(() -> new IllegalStateException("ONNX Runtime's C interface is not found"));
        MemorySegment base = ((MemorySegment)
                        call(generic(LINKER.downcallHandle(getBase, FunctionDescriptor.of(ADDRESS)))))
                .reinterpret(2 * ADDRESS.byteSize());
        String found = text((MemorySegment)
                call(generic(LINKER.downcallHandle(base.getAtIndex(ADDRESS, 1), FunctionDescriptor.of(ADDRESS)))));
        if (!found.equals(expected)) {
            throw new IllegalStateException(
                    "ONNX Runtime's C interface is of version " + found + ", Java's of " + expected);
        }
        MemorySegment functions = (MemorySegment) call(
                generic(LINKER.downcallHandle(base.getAtIndex(ADDRESS, 0), FunctionDescriptor.of(ADDRESS, JAVA_INT))),
                version);
        if (functions.equals(MemorySegment.NULL)) {
            throw new IllegalStateException("ONNX Runtime " + found + " has no C interface of version " + version);
        }
        return new OrtTable(functions.reinterpret(size * ADDRESS.byteSize()));
    }

    MethodHandle function(int index, ValueLayout result, MemoryLayout... parameters) {
        return generic(
                LINKER.downcallHandle(functions.getAtIndex(ADDRESS, index), FunctionDescriptor.of(result, parameters)));
    }

    MethodHandle action(int index, MemoryLayout... parameters) {
        return generic(
                LINKER.downcallHandle(functions.getAtIndex(ADDRESS, index), FunctionDescriptor.ofVoid(parameters)));
    }

    /** As (Object[])Object, so that each call is exact; what is void gives null. */
    private static MethodHandle generic(MethodHandle function) {
        return function.asType(function.type().generic())
                .asSpreader(Object[].class, function.type().parameterCount());
    }

    /** @param function made by {@link #function} or {@link #action} */
    static Object call(MethodHandle function, Object... arguments) {
        try {
            return (Object) function.invokeExact(arguments);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** @param result an OrtStatus*, which is null where all went well */
    void check(Object result) throws OrtException {
        MemorySegment status = (MemorySegment) result;
        if (!status.equals(MemorySegment.NULL)) {
            int code = (int) call(getErrorCode, status);
            String message = text((MemorySegment) call(getErrorMessage, status));
            call(releaseStatus, status);
            throw new OrtException(code, message);
        }
    }

    static String text(MemorySegment pointer) {
        return pointer.reinterpret(Long.MAX_VALUE).getString(0);
    }

    /** The field of one of the Java classes that holds its C pointer. */
    static Field pointerField(Class<?> owner) throws NoSuchFieldException {
        Field field = owner.getDeclaredField("nativeHandle");
        field.setAccessible(true);
        return field;
    }

    /** @param field made by {@link #pointerField} */
    static MemorySegment pointer(Field field, Object owner) {
        try {
            return MemorySegment.ofAddress(field.getLong(owner));
        } catch (IllegalAccessException e) {
            throw new IllegalStateException(e);
        }
    }
}
