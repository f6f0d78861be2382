package io.github.unipic.runtime;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import ai.onnxruntime.OrtException;
import io.github.unipic.runtime.provider.OnnxRuntime;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SymbolLookup;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * The part of ONNX Runtime's C interface that binds inputs and outputs, out of the table OrtApi of onnxruntime_c_api.h.
 * The table only grows, so a function keeps its index for every later version.
 */
@SuppressWarnings("restricted") // this class needs native access
final class OrtC {
    /** The version of the table that has everything here; also the least that the Java classes work with. */
    private static final int API_VERSION = 23;

    private static final int ON_CPU = 0;

    /** An OrtValue, and what it is. */
    record Value(MemorySegment pointer, int type, long[] shape, boolean onHost) {}

    private final Linker linker = Linker.nativeLinker();
    private final MemorySegment table;
    private final MethodHandle getErrorCode;
    private final MethodHandle getErrorMessage;
    private final MethodHandle releaseStatus;
    private final MethodHandle getTensorElementType;
    private final MethodHandle getDimensionsCount;
    private final MethodHandle getDimensions;
    private final MethodHandle getTensorTypeAndShape;
    private final MethodHandle releaseValue;
    private final MethodHandle releaseTypeAndShape;
    private final MethodHandle allocatorFree;
    private final MethodHandle runWithBinding;
    private final MethodHandle createBinding;
    private final MethodHandle releaseBinding;
    private final MethodHandle bindInput;
    private final MethodHandle bindOutputToDevice;
    private final MethodHandle getBoundOutputValues;
    private final MethodHandle getTensorMemoryInfo;
    private final MethodHandle synchronizeInputs;
    private final MethodHandle synchronizeOutputs;
    private final MethodHandle getDeviceType;
    private final MethodHandle getOutputMemory;
    private final MemorySegment allocator;
    private final MemorySegment host;

    private OrtC(MemorySegment table) throws OrtException {
        this.table = table;
        getErrorCode = function(1, JAVA_INT, ADDRESS);
        getErrorMessage = function(2, ADDRESS, ADDRESS);
        getTensorElementType = function(60, ADDRESS, ADDRESS, ADDRESS);
        getDimensionsCount = function(61, ADDRESS, ADDRESS, ADDRESS);
        getDimensions = function(62, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG);
        getTensorTypeAndShape = function(65, ADDRESS, ADDRESS, ADDRESS);
        allocatorFree = function(76, ADDRESS, ADDRESS, ADDRESS);
        releaseStatus = action(93, ADDRESS);
        releaseValue = action(96, ADDRESS);
        releaseTypeAndShape = action(99, ADDRESS);
        runWithBinding = function(133, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
        createBinding = function(134, ADDRESS, ADDRESS, ADDRESS);
        releaseBinding = action(135, ADDRESS);
        bindInput = function(136, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
        bindOutputToDevice = function(138, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
        getBoundOutputValues = function(140, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
        getTensorMemoryInfo = function(194, ADDRESS, ADDRESS, ADDRESS);
        synchronizeInputs = function(202, ADDRESS, ADDRESS);
        synchronizeOutputs = function(203, ADDRESS, ADDRESS);
        getDeviceType = action(225, ADDRESS, ADDRESS);
        getOutputMemory = function(381, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ADDRESS);
            check(call(function(78, ADDRESS, ADDRESS), out)); // GetAllocatorWithDefaultOptions: not to be freed
            allocator = out.get(ADDRESS, 0);
            // CreateMemoryInfo: a device allocator's default memory. Lives as long as the process.
            check(call(
                    function(68, ADDRESS, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS),
                    arena.allocateFrom("Cpu"),
                    0,
                    0,
                    0,
                    out));
            host = out.get(ADDRESS, 0);
        }
    }

    /**
     * The interface of the ONNX Runtime that Java's part has loaded into this process.
     *
     * @throws IllegalStateException when it is not found, or is not the one that Java speaks to
     */
    static OrtC load() throws OrtException {
        String expected = OnnxRuntime.environment().getVersion();
        // struct OrtApiBase { const OrtApi* (*GetApi)(uint32_t version); const char* (*GetVersionString)(); }
        MemorySegment getBase = SymbolLookup.loaderLookup()
                .find("OrtGetApiBase")
                .orElseThrow(() -> new IllegalStateException("ONNX Runtime's C interface is not found"));
        Linker linker = Linker.nativeLinker();
        MemorySegment base = ((MemorySegment)
                        call(generic(linker.downcallHandle(getBase, FunctionDescriptor.of(ADDRESS)))))
                .reinterpret(2 * ADDRESS.byteSize());
        String version = text((MemorySegment)
                call(generic(linker.downcallHandle(base.getAtIndex(ADDRESS, 1), FunctionDescriptor.of(ADDRESS)))));
        if (!version.equals(expected)) {
            throw new IllegalStateException(
                    "ONNX Runtime's C interface is of version " + version + ", Java's of " + expected);
        }
        MemorySegment table = (MemorySegment) call(
                generic(linker.downcallHandle(base.getAtIndex(ADDRESS, 0), FunctionDescriptor.of(ADDRESS, JAVA_INT))),
                API_VERSION);
        if (table.equals(MemorySegment.NULL)) {
            throw new IllegalStateException(
                    "ONNX Runtime " + version + " has no C interface of version " + API_VERSION);
        }
        return new OrtC(table.reinterpret(382 * ADDRESS.byteSize()));
    }

    MemorySegment allocator() {
        return allocator;
    }

    /** The CPU's memory. */
    MemorySegment host() {
        return host;
    }

    void free(Value value) {
        call(releaseValue, value.pointer());
    }

    /** The memory of each of a session's outputs, in order. */
    List<MemorySegment> outputMemory(MemorySegment session, int outputs, Arena arena) throws OrtException {
        MemorySegment infos = arena.allocate(ADDRESS, outputs);
        check(call(getOutputMemory, session, infos, (long) outputs));
        List<MemorySegment> list = new ArrayList<>();
        for (int i = 0; i < outputs; i++) {
            MemorySegment info = infos.getAtIndex(ADDRESS, i);
            if (info.equals(MemorySegment.NULL)) {
                throw new IllegalStateException("ONNX Runtime does not say where a session's outputs are");
            }
            list.add(info);
        }
        return list;
    }

    /** For one run; strings and results live in the arena. */
    Binding bind(MemorySegment session, Arena arena) throws OrtException {
        MemorySegment out = arena.allocate(ADDRESS);
        check(call(createBinding, session, out));
        return new Binding(session, out.get(ADDRESS, 0), arena);
    }

    /** An OrtIoBinding. */
    final class Binding implements AutoCloseable {
        private final MemorySegment session;
        private final MemorySegment pointer;
        private final Arena arena;

        private Binding(MemorySegment session, MemorySegment pointer, Arena arena) {
            this.session = session;
            this.pointer = pointer;
            this.arena = arena;
        }

        /** Binds an input, and copies it to the session's device if needed. */
        void input(String name, MemorySegment value) throws OrtException {
            check(call(bindInput, pointer, arena.allocateFrom(name), value));
        }

        void output(String name, MemorySegment info) throws OrtException {
            check(call(bindOutputToDevice, pointer, arena.allocateFrom(name), info));
        }

        /** The outputs in the order they were bound; each is to be freed by the caller. */
        List<Value> run(MemorySegment options) throws OrtException {
            check(call(synchronizeInputs, pointer));
            check(call(runWithBinding, session, options, pointer));
            check(call(synchronizeOutputs, pointer));
            MemorySegment array = arena.allocate(ADDRESS);
            MemorySegment count = arena.allocate(JAVA_LONG);
            check(call(getBoundOutputValues, pointer, allocator, array, count));
            int values = Math.toIntExact(count.get(JAVA_LONG, 0));
            MemorySegment pointers = array.get(ADDRESS, 0).reinterpret(values * ADDRESS.byteSize());
            List<Value> list = new ArrayList<>();
            try {
                for (int i = 0; i < values; i++) {
                    list.add(value(pointers.getAtIndex(ADDRESS, i), arena));
                }
                return list;
            } catch (OrtException | RuntimeException | Error e) {
                for (int i = 0; i < values; i++) {
                    call(releaseValue, pointers.getAtIndex(ADDRESS, i));
                }
                throw e;
            } finally {
                call(allocatorFree, allocator, pointers);
            }
        }

        @Override
        public void close() {
            call(releaseBinding, pointer);
        }
    }

    private Value value(MemorySegment pointer, Arena arena) throws OrtException {
        MemorySegment out = arena.allocate(ADDRESS);
        MemorySegment number = arena.allocate(JAVA_LONG);
        check(call(getTensorTypeAndShape, pointer, out));
        MemorySegment info = out.get(ADDRESS, 0);
        try {
            check(call(getTensorElementType, info, number));
            int type = number.get(JAVA_INT, 0);
            check(call(getDimensionsCount, info, number));
            long axes = number.get(JAVA_LONG, 0);
            MemorySegment shape = arena.allocate(JAVA_LONG, Math.max(axes, 1));
            check(call(getDimensions, info, shape, axes));
            check(call(getTensorMemoryInfo, pointer, out));
            call(getDeviceType, out.get(ADDRESS, 0), number);
            boolean onHost = number.get(JAVA_INT, 0) == ON_CPU;
            return new Value(
                    pointer, type, shape.asSlice(0, axes * JAVA_LONG.byteSize()).toArray(JAVA_LONG), onHost);
        } finally {
            call(releaseTypeAndShape, info);
        }
    }

    private MethodHandle function(int index, ValueLayout result, MemoryLayout... parameters) {
        return generic(
                linker.downcallHandle(table.getAtIndex(ADDRESS, index), FunctionDescriptor.of(result, parameters)));
    }

    private MethodHandle action(int index, MemoryLayout... parameters) {
        return generic(linker.downcallHandle(table.getAtIndex(ADDRESS, index), FunctionDescriptor.ofVoid(parameters)));
    }

    /** As (Object[])Object, so that each call is exact; what is void gives null. */
    private static MethodHandle generic(MethodHandle function) {
        return function.asType(function.type().generic())
                .asSpreader(Object[].class, function.type().parameterCount());
    }

    /** @param function made by {@link #generic} */
    private static Object call(MethodHandle function, Object... arguments) {
        try {
            return (Object) function.invokeExact(arguments);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** @param result an OrtStatus*, which is null where all went well */
    private void check(Object result) throws OrtException {
        MemorySegment status = (MemorySegment) result;
        if (!status.equals(MemorySegment.NULL)) {
            int code = (int) call(getErrorCode, status);
            String message = text((MemorySegment) call(getErrorMessage, status));
            call(releaseStatus, status);
            throw new OrtException(code, message);
        }
    }

    private static String text(MemorySegment pointer) {
        return pointer.reinterpret(Long.MAX_VALUE).getString(0);
    }
}
