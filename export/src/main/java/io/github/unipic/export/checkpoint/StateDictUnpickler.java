package io.github.unipic.export.checkpoint;

import io.github.unipic.export.ExportException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import net.razorvine.pickle.Opcodes;
import net.razorvine.pickle.PickleUtils;
import net.razorvine.pickle.Unpickler;

/**
 * Unpickles what {@code torch.save} writes for plain tensors in dictionaries, and nothing else: a pickle is a program,
 * and this runs only the few instructions such a file needs. Whatever names a Python global or builds an object passes
 * through {@link #global} and {@link #reduce}; the library's own constructors are out of reach.
 */
final class StateDictUnpickler extends Unpickler {
    /** A tensor as the pickle describes it, not yet checked against the archive. */
    record PickledTensor(PickledStorage storage, DType dtype, long offset, long[] shape, long[] strides) {}

    /** A storage, by the name of its record in the archive; the type is empty for raw bytes. */
    record PickledStorage(String key, Optional<DType> dtype, long elements) {}

    /** What a Python global that is allowed stands for. */
    private sealed interface Global {}

    private record Type(Optional<DType> dtype) implements Global {}

    private enum Function implements Global {
        REBUILD_TENSOR_V2,
        REBUILD_TENSOR_V3,
        REBUILD_PARAMETER,
        ORDERED_DICT
    }

    private static final Map<String, Global> GLOBALS = Map.of(
            "torch._utils._rebuild_tensor_v2", Function.REBUILD_TENSOR_V2,
            "torch._utils._rebuild_tensor_v3", Function.REBUILD_TENSOR_V3,
            "torch._utils._rebuild_parameter", Function.REBUILD_PARAMETER,
            "collections.OrderedDict", Function.ORDERED_DICT,
            "torch.storage.UntypedStorage", new Type(Optional.empty()));

    /** Instructions that only move plain values about, left to the library. */
    private static final Set<Short> PLAIN = Set.of(
            Opcodes.PROTO,
            Opcodes.FRAME,
            Opcodes.STOP,
            Opcodes.MARK,
            Opcodes.POP,
            Opcodes.POP_MARK,
            Opcodes.DUP,
            Opcodes.NONE,
            Opcodes.NEWTRUE,
            Opcodes.NEWFALSE,
            Opcodes.BININT,
            Opcodes.BININT1,
            Opcodes.BININT2,
            Opcodes.LONG1,
            Opcodes.BINFLOAT,
            Opcodes.BINUNICODE,
            Opcodes.SHORT_BINUNICODE,
            Opcodes.BINBYTES,
            Opcodes.SHORT_BINBYTES,
            Opcodes.EMPTY_TUPLE,
            Opcodes.TUPLE,
            Opcodes.TUPLE1,
            Opcodes.TUPLE2,
            Opcodes.TUPLE3,
            Opcodes.EMPTY_LIST,
            Opcodes.APPEND,
            Opcodes.APPENDS,
            Opcodes.EMPTY_DICT,
            Opcodes.BINPUT,
            Opcodes.LONG_BINPUT,
            Opcodes.MEMOIZE,
            Opcodes.BINGET,
            Opcodes.LONG_BINGET,
            Opcodes.BINPERSID);

    private final String source;

    private StateDictUnpickler(String source) {
        this.source = source;
    }

    /**
     * The object that a pickle describes: dictionaries as maps, tensors as {@link PickledTensor}.
     *
     * @param source where the pickle comes from, for messages
     */
    static Object load(byte[] pickle, String source) {
        StateDictUnpickler unpickler = new StateDictUnpickler(source);
        try {
            return unpickler.load(new ByteArrayInputStream(pickle));
        } catch (ExportException e) {
            throw e;
        } catch (IOException | RuntimeException e) { // the library throws many kinds for a malformed pickle
            throw unpickler.malformed(e);
        } finally {
            unpickler.close();
        }
    }

    @Override
    protected Object dispatch(short opcode) throws IOException {
        switch (opcode) {
            case Opcodes.GLOBAL -> stack.add(global(readGlobalName()));
            case Opcodes.STACK_GLOBAL -> {
                String name = pop(String.class);
                stack.add(global(pop(String.class) + "." + name));
            }
            case Opcodes.INST -> throw refused("'" + Checkpoint.printable(readGlobalName()) + "'");
            case Opcodes.REDUCE -> {
                Object[] arguments = pop(Object[].class);
                stack.add(reduce(pop(Global.class), arguments));
            }
            case Opcodes.BUILD -> {
                stack.pop(); // an attribute of a state dict (_metadata), of no use here
                if (peek(Map.class).getClass() != LinkedHashMap.class) {
                    throw refused("setting attributes of a plain dictionary");
                }
            }
            case Opcodes.SETITEM -> {
                Object value = stack.pop();
                put(stack.pop(), value);
            }
            case Opcodes.SETITEMS -> {
                List<Object> items = stack.pop_all_since_marker();
                for (int i = 0; i < items.size(); i += 2) {
                    put(items.get(i), items.get(i + 1));
                }
            }
            default -> {
                if (!PLAIN.contains(opcode)) {
                    throw refused("pickle instruction 0x" + HexFormat.of().toHexDigits((byte) opcode));
                }
                if (opcode == Opcodes.BINUNICODE || opcode == Opcodes.BINBYTES) {
                    checkLength();
                }
                return super.dispatch(opcode);
            }
        }
        return NO_RETURN_VALUE;
    }

    private String readGlobalName() throws IOException {
        String module = PickleUtils.readline(input);
        return module + "." + PickleUtils.readline(input);
    }

    private Global global(String name) {
        Global known = GLOBALS.get(name);
        if (known != null) {
            return known;
        }
        return DType.ofTorch(name)
                .map(type -> new Type(Optional.of(type)))
                .orElseThrow(() -> refused("'" + Checkpoint.printable(name) + "'"));
    }

    private Object reduce(Global callable, Object[] arguments) {
        if (!(callable instanceof Function function)) {
            throw refused("making a storage outside the archive");
        }
        return switch (function) {
            case ORDERED_DICT -> {
                if (arguments.length != 0) {
                    throw malformed(null);
                }
                yield new LinkedHashMap<>(); // and a plain dictionary is a HashMap
            }
            case REBUILD_PARAMETER -> (PickledTensor) arguments[0];
            case REBUILD_TENSOR_V2 -> {
                PickledStorage storage = (PickledStorage) arguments[0];
                yield tensor(storage, storage.dtype(), arguments);
            }
            case REBUILD_TENSOR_V3 -> tensor((PickledStorage) arguments[0], ((Type) arguments[6]).dtype(), arguments);
        };
    }

    /** Arguments: storage, offset, shape, strides; others say how the tensor was trained. */
    private PickledTensor tensor(PickledStorage storage, Optional<DType> dtype, Object[] arguments) {
        return new PickledTensor(
                storage,
                dtype.orElseThrow(() -> malformed(null)),
                integer(arguments[1]),
                integers(arguments[2]),
                integers(arguments[3]));
    }

    /** A storage: ("storage", its type, the name of its record, device, number of elements). */
    @Override
    protected Object persistentLoad(Object id) {
        Object[] parts = (Object[]) id;
        if (parts.length != 5 || !"storage".equals(parts[0])) {
            throw malformed(null);
        }
        return new PickledStorage((String) parts[2], ((Type) parts[1]).dtype(), integer(parts[4]));
    }

    /** Keys are text or numbers only: hashing a nested list can take forever. */
    private void put(Object key, Object value) {
        if (!(key instanceof String || key instanceof Integer || key instanceof Long)) {
            throw malformed(null);
        }
        @SuppressWarnings("unchecked")
        Map<Object, Object> dictionary = peek(Map.class);
        dictionary.put(key, value);
    }

    /** The library would allocate the announced length before it finds that the bytes are not there. */
    private void checkLength() throws IOException {
        input.mark(Integer.BYTES);
        int length = PickleUtils.bytes_to_integer(PickleUtils.readbytes(input, Integer.BYTES));
        if (length < 0 || length > input.available()) {
            throw malformed(null);
        }
        input.reset();
    }

    private <T> T pop(Class<T> type) {
        return type.cast(stack.pop());
    }

    private <T> T peek(Class<T> type) {
        return type.cast(stack.peek());
    }

    private static long[] integers(Object tuple) {
        return Arrays.stream((Object[]) tuple)
                .mapToLong(StateDictUnpickler::integer)
                .toArray();
    }

    private static long integer(Object number) {
        return number instanceof Integer i ? i : (Long) number;
    }

    private ExportException refused(String what) {
        return new ExportException(source + " asks for " + what
                + ", which is not allowed, and nothing was executed; a checkpoint of plain tensors never needs it: do not"
                + " load this file elsewhere unless you trust it");
    }

    private ExportException malformed(Throwable cause) {
        return new ExportException(
                source + " is not the pickle of a plain dictionary of tensors, or is damaged; fetch it again", cause);
    }
}
