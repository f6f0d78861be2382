package io.github.unipic.runtime;

import static io.github.unipic.runtime.OrtTable.call;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import ai.onnxruntime.OrtException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/** The part of ONNX Runtime's C interface that binds inputs and outputs. */
@SuppressWarnings("restricted") // this class needs native access
final class OrtC {
    /** The version of the table that has everything here; also the least that the Java classes work with. */
    private static final int API_VERSION = 23;

    private static final int ON_CPU = 0;

    /** An OrtValue, and what it is. */
    record Value(MemorySegment pointer, int type, long[] shape, boolean onHost) {}

    private final OrtTable table;
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

    private OrtC(OrtTable table) throws OrtException {
        this.table = table;
        getTensorElementType = table.function(60, ADDRESS, ADDRESS, ADDRESS);
        getDimensionsCount = table.function(61, ADDRESS, ADDRESS, ADDRESS);
        getDimensions = table.function(62, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG);
        getTensorTypeAndShape = table.function(65, ADDRESS, ADDRESS, ADDRESS);
        allocatorFree = table.function(76, ADDRESS, ADDRESS, ADDRESS);
        releaseValue = table.action(96, ADDRESS);
        releaseTypeAndShape = table.action(99, ADDRESS);
        runWithBinding = table.function(133, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
        createBinding = table.function(134, ADDRESS, ADDRESS, ADDRESS);
        releaseBinding = table.action(135, ADDRESS);
        bindInput = table.function(136, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
        bindOutputToDevice = table.function(138, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
        getBoundOutputValues = table.function(140, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
        getTensorMemoryInfo = table.function(194, ADDRESS, ADDRESS, ADDRESS);
        synchronizeInputs = table.function(202, ADDRESS, ADDRESS);
        synchronizeOutputs = table.function(203, ADDRESS, ADDRESS);
        getDeviceType = table.action(225, ADDRESS, ADDRESS);
        getOutputMemory = table.function(381, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG);
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment out = arena.allocate(ADDRESS);
            table.check(
                    call(table.function(78, ADDRESS, ADDRESS), out)); // GetAllocatorWithDefaultOptions: not to be freed
            allocator = out.get(ADDRESS, 0);
            // CreateMemoryInfo: a device allocator's default memory. Lives as long as the process.
            table.check(call(
                    table.function(68, ADDRESS, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS),
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
        return new OrtC(OrtTable.load(API_VERSION, 382));
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
        table.check(call(getOutputMemory, session, infos, (long) outputs));
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
        table.check(call(createBinding, session, out));
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
            table.check(call(bindInput, pointer, arena.allocateFrom(name), value));
        }

        void output(String name, MemorySegment info) throws OrtException {
            table.check(call(bindOutputToDevice, pointer, arena.allocateFrom(name), info));
        }

        /** The outputs in the order they were bound; each is to be freed by the caller. */
        List<Value> run(MemorySegment options) throws OrtException {
            table.check(call(synchronizeInputs, pointer));
            table.check(call(runWithBinding, session, options, pointer));
            table.check(call(synchronizeOutputs, pointer));
            MemorySegment array = arena.allocate(ADDRESS);
            MemorySegment count = arena.allocate(JAVA_LONG);
            table.check(call(getBoundOutputValues, pointer, allocator, array, count));
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
        table.check(call(getTensorTypeAndShape, pointer, out));
        MemorySegment info = out.get(ADDRESS, 0);
        try {
            table.check(call(getTensorElementType, info, number));
            int type = number.get(JAVA_INT, 0);
            table.check(call(getDimensionsCount, info, number));
            long axes = number.get(JAVA_LONG, 0);
            MemorySegment shape = arena.allocate(JAVA_LONG, Math.max(axes, 1));
            table.check(call(getDimensions, info, shape, axes));
            table.check(call(getTensorMemoryInfo, pointer, out));
            call(getDeviceType, out.get(ADDRESS, 0), number);
            boolean onHost = number.get(JAVA_INT, 0) == ON_CPU;
            return new Value(
                    pointer, type, shape.asSlice(0, axes * JAVA_LONG.byteSize()).toArray(JAVA_LONG), onHost);
        } finally {
            call(releaseTypeAndShape, info);
        }
    }
}
