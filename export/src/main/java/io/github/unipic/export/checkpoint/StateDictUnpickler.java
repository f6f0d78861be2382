package io.github.unipic.export.checkpoint;

import io.github.unipic.export.ExportException;
import io.github.unipic.export.checkpoint.UnreadableTensor.Kind;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import net.razorvine.pickle.Opcodes;
import net.razorvine.pickle.PickleUtils;
import net.razorvine.pickle.Unpickler;

/**
 * Unpickles what {@code torch.load(weights_only=True)} of torch 2.13 takes, and nothing else: a pickle is a program,
 * and this runs only the few instructions that tensors in dictionaries need. Whatever names a Python global or builds
 * an object passes through {@link #global} and {@link #reduce}; the library's own constructors are out of reach. Values
 * that are no weights become {@link #PLAIN_VALUE}, tensors of kinds that are not read {@link UnreadTensor}.
 *
 * <p>Memory and time are bounded by the number of instructions: each of them makes a few small objects at most.
 */
final class StateDictUnpickler extends Unpickler {
    /** A tensor as the pickle describes it. */
    sealed interface PickledTensor {}

    /** A tensor that can be read, not yet checked against the archive. */
    record DenseTensor(PickledStorage storage, DType dtype, long offset, long[] shape, long[] strides)
            implements PickledTensor {}

    /** A tensor that is not read. */
    record UnreadTensor(Kind kind) implements PickledTensor {}

    /** A storage, by the name of its record in the archive. */
    record PickledStorage(String key, Type type, long elements) {}

    /** The type of a storage or of elements; none of ours for raw bytes and for what is not read. */
    record Type(String name, Optional<DType> dtype) implements Global {}

    /** What a Python global that is allowed stands for. */
    private sealed interface Global {}

    /** A function or class that may be called; nothing of Python's is run. */
    private enum Callable implements Global {
        REBUILD_TENSOR("torch._utils._rebuild_tensor"),
        REBUILD_TENSOR_V2("torch._utils._rebuild_tensor_v2"),
        REBUILD_TENSOR_V3("torch._utils._rebuild_tensor_v3"),
        REBUILD_QUANTIZED("torch._utils._rebuild_qtensor"),
        REBUILD_SPARSE("torch._utils._rebuild_sparse_tensor"),
        REBUILD_NESTED("torch._utils._rebuild_nested_tensor"),
        REBUILD_META("torch._utils._rebuild_meta_tensor_no_storage"),
        REBUILD_WRAPPER("torch._utils._rebuild_wrapper_subclass"),
        REBUILD_FROM_NUMPY("torch._utils._rebuild_device_tensor_from_numpy"),
        REBUILD_FROM_CPU("torch._utils._rebuild_device_tensor_from_cpu_tensor"),
        REBUILD_PARAMETER("torch._utils._rebuild_parameter"),
        REBUILD_PARAMETER_WITH_STATE("torch._utils._rebuild_parameter_with_state"),
        REBUILD_FROM_TYPE("torch._tensor._rebuild_from_type_v2"),
        PARAMETER("torch.nn.parameter.Parameter"),
        TENSOR("torch.Tensor"),
        ORDERED_DICT("collections.OrderedDict"),
        COUNTER("collections.Counter"),
        SIZE("torch.Size"),
        DEVICE("torch.device"),
        SET("builtins.set"),
        BYTEARRAY("builtins.bytearray"),
        COMPLEX("builtins.complex"),
        LAYOUT("torch.serialization._get_layout"),
        ENCODE("_codecs.encode");

        private final String global;

        Callable(String global) {
            this.global = global;
        }

        /** Whether {@code callable.__new__} exists. */
        boolean isClass() {
            return compareTo(PARAMETER) >= 0 && compareTo(LAYOUT) < 0;
        }
    }

    /** A number, a set, a device, ...: nothing with weights. */
    private static final Object PLAIN_VALUE = new Object();

    private static final Map<String, Global> CALLABLES = Arrays.stream(Callable.values())
            .collect(Collectors.toUnmodifiableMap(callable -> callable.global, Function.identity()));

    private static final Pattern TENSOR_CLASS = Pattern.compile(
            "torch\\.(cuda\\.)?(sparse\\.)?(Double|Float|Half|BFloat16|Long|Int|Short|Char|Byte|Bool)Tensor");

    /** Storages and dtypes that {@link DType} does not have, and storages of raw bytes. */
    private static final Pattern OTHER_TYPE = Pattern.compile(
            "torch\\.(?:complex(?:32|64|128)|float[48]_\\w+|qu?int\\d+(?:x\\d)?|bits\\d+(?:x\\d)?|u?int[1-7]"
                    + "|storage\\.(?:Unt|T)ypedStorage|(?:cuda\\.)?Complex(?:Float|Double)Storage|QU?Int\\d+(?:x\\d)?Storage)");

    private static final Pattern QUANTIZATION_SCHEME = Pattern.compile("torch\\.per_(?:tensor|channel)_\\w+");

    /** Instructions that only move plain values, left to the library. */
    private static final Set<Short> PLAIN = Set.of(
            Opcodes.PROTO,
            Opcodes.FRAME,
            Opcodes.STOP,
            Opcodes.MARK,
            Opcodes.POP,
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
            Opcodes.SHORT_BINSTRING,
            Opcodes.EMPTY_TUPLE,
            Opcodes.TUPLE,
            Opcodes.TUPLE1,
            Opcodes.TUPLE2,
            Opcodes.TUPLE3,
            Opcodes.EMPTY_LIST,
            Opcodes.APPEND,
            Opcodes.EMPTY_DICT,
            Opcodes.BINPUT,
            Opcodes.LONG_BINPUT,
            Opcodes.MEMOIZE,
            Opcodes.BINGET,
            Opcodes.LONG_BINGET,
            Opcodes.BINPERSID);

    /** That of the published model has about 50,000. */
    private static final int MAX_INSTRUCTIONS = 3_000_000;

    private static final int MAX_CALLS_IN_CALLS = 16;
    private static final int MAX_STORAGE_KEY = 100;

    private final String source;
    private int instructions;

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
        spend(1);
        switch (opcode) {
            case Opcodes.GLOBAL -> stack.add(global(readGlobalName()));
            case Opcodes.STACK_GLOBAL -> {
                String name = pop(String.class);
                stack.add(global(pop(String.class) + "." + name));
            }
            case Opcodes.INST -> throw refused("'" + Checkpoint.excerpt(readGlobalName()) + "'");
            case Opcodes.REDUCE -> {
                Object[] arguments = pop(Object[].class);
                stack.add(reduce(pop(Object.class), arguments, 0));
            }
            case Opcodes.NEWOBJ -> {
                Object[] arguments = pop(Object[].class);
                if (!(stack.pop() instanceof Callable callable && callable.isClass())) {
                    throw refused("a new object of something that is no class");
                }
                stack.add(reduce(callable, arguments, 0));
            }
            case Opcodes.BUILD -> {
                stack.pop(); // attributes, such as _metadata of a state dict: of no use here
                requireAttributes(stack.peek());
            }
            case Opcodes.EMPTY_SET -> stack.add(PLAIN_VALUE);
            // The library copies the entire list or stack each time to trim it.
            case Opcodes.POP_MARK -> stack.pop_all_since_marker();
            case Opcodes.APPENDS -> {
                List<Object> items = stack.pop_all_since_marker();
                list(stack.peek()).addAll(items);
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

    private void spend(int cost) {
        instructions += cost;
        if (instructions > MAX_INSTRUCTIONS) {
            throw new ExportException(source + " describes its content in more than " + MAX_INSTRUCTIONS
                    + " pickle instructions; save the model's state_dict alone with torch, and export that");
        }
    }

    private String readGlobalName() throws IOException {
        String module = PickleUtils.readline(input);
        String name = PickleUtils.readline(input);
        return (module.equals("__builtin__") ? "builtins" : module) + "." + name; // as Python 2 called it
    }

    private Global global(String name) {
        Global callable = CALLABLES.get(name);
        if (callable != null) {
            return callable;
        }
        Optional<DType> known = DType.ofTorch(name);
        if (known.isPresent() || OTHER_TYPE.matcher(name).matches()) {
            return new Type(name.substring(name.lastIndexOf('.') + 1), known);
        }
        if (TENSOR_CLASS.matcher(name).matches()) {
            return Callable.TENSOR;
        }
        if (QUANTIZATION_SCHEME.matcher(name).matches()) {
            return new Type(name, Optional.empty());
        }
        throw refused("'" + Checkpoint.excerpt(name) + "'");
    }

    private Object reduce(Object callable, Object[] arguments, int depth) {
        if (depth > MAX_CALLS_IN_CALLS) {
            throw malformed(null);
        }
        if (!(callable instanceof Callable function)) {
            throw refused("calling what is no function, such as a storage outside the archive,");
        }
        return switch (function) {
            case REBUILD_TENSOR, REBUILD_TENSOR_V2 -> {
                PickledStorage storage = (PickledStorage) arguments[0];
                yield tensor(storage, storage.type(), arguments, 6);
            }
            case REBUILD_TENSOR_V3 -> tensor((PickledStorage) arguments[0], (Type) arguments[6], arguments, 7);
            case REBUILD_PARAMETER, REBUILD_PARAMETER_WITH_STATE, PARAMETER -> (PickledTensor) arguments[0];
            case REBUILD_FROM_TYPE -> reduce(arguments[0], (Object[]) arguments[2], depth + 1);
            case REBUILD_FROM_CPU -> fromProcessor((PickledTensor) arguments[0], (Type) arguments[1]);
            case REBUILD_QUANTIZED -> unread("quantized", "save its dequantize()");
            case REBUILD_SPARSE -> unread("sparse", "save its to_dense()");
            case REBUILD_NESTED -> unread("nested", "save its parts");
            case REBUILD_META ->
                unread("on torch's meta device, without values", "load the weights before saving them");
            case REBUILD_WRAPPER -> unread("a tensor subclass's wrapper", "save the plain tensor in it");
            case REBUILD_FROM_NUMPY -> unread("stored as a numpy array", "save it as a plain tensor");
            case TENSOR -> unread("of a form older than torch 0.4", "load it with torch and save it again");
            case ORDERED_DICT -> dictionary(arguments);
            case COUNTER -> new LinkedHashMap<>();
            case SIZE -> arguments.length == 1 && arguments[0] instanceof Object[] sizes ? sizes : PLAIN_VALUE;
            case DEVICE, SET, BYTEARRAY, COMPLEX, LAYOUT, ENCODE -> PLAIN_VALUE;
        };
    }

    private static UnreadTensor unread(String what, String advice) {
        return new UnreadTensor(new Kind(what, advice));
    }

    /**
     * Arguments: storage, offset, shape, strides; others say how the tensor was trained.
     *
     * @param bits the argument, where there is one, that says whether the values are negated or conjugated on reading
     */
    private PickledTensor tensor(PickledStorage storage, Type type, Object[] arguments, int bits) {
        if (arguments.length > bits
                && arguments[bits] instanceof Map<?, ?> flags
                && (Boolean.TRUE.equals(flags.get("neg")) || Boolean.TRUE.equals(flags.get("conj")))) {
            return unread("stored without its sign or conjugation", "save its resolve_neg().resolve_conj()");
        }
        int axes = ((Object[]) arguments[2]).length;
        if (axes > StoredTensor.MAX_RANK) {
            return new UnreadTensor(Kind.ofRank(axes));
        }
        if (type.dtype().isEmpty()) {
            return new UnreadTensor(Kind.ofType(type.name()));
        }
        long[] strides = integers(arguments[3]);
        return new DenseTensor(storage, type.dtype().get(), integer(arguments[1]), integers(arguments[2]), strides);
    }

    /** A tensor that was on a device whose storages torch cannot save: arguments are its copy and the type it had. */
    private static PickledTensor fromProcessor(PickledTensor tensor, Type type) {
        if (tensor instanceof DenseTensor dense && !type.dtype().equals(Optional.of(dense.dtype()))) {
            return new UnreadTensor(
                    Kind.ofType(type.name() + ", saved as " + dense.dtype().label()));
        }
        return tensor;
    }

    /** An OrderedDict from nothing, as Python 3 writes it, or from a list of pairs, as Python 2 did. */
    private Map<Object, Object> dictionary(Object[] arguments) {
        Map<Object, Object> dictionary = new LinkedHashMap<>(); // and a plain dictionary is a HashMap
        if (arguments.length > 0) {
            List<?> pairs = (List<?>) arguments[0];
            spend(pairs.size());
            for (Object pair : pairs) {
                Object[] both = pair instanceof List<?> list && list.size() == 2 ? list.toArray() : (Object[]) pair;
                put(dictionary, both[0], both[1]);
            }
        }
        return dictionary;
    }

    private void requireAttributes(Object object) {
        if (object instanceof PickledTensor) {
            throw new ExportException(
                    source + " changes a tensor after making it, as torch did before 0.4, which is not"
                            + " read; load it with torch and save it again");
        }
        if (object != PLAIN_VALUE && object.getClass() != LinkedHashMap.class) {
            throw refused("setting attributes of what has none");
        }
    }

    /** A storage: ("storage", its type, the name of its record, device, number of elements). */
    @Override
    protected Object persistentLoad(Object id) {
        Object[] parts = (Object[]) id;
        if (parts.length != 5 || !"storage".equals(parts[0]) || ((String) parts[2]).length() > MAX_STORAGE_KEY) {
            throw malformed(null);
        }
        return new PickledStorage((String) parts[2], (Type) parts[1], integer(parts[4]));
    }

    @SuppressWarnings("unchecked")
    private static List<Object> list(Object object) {
        return (List<Object>) object;
    }

    @SuppressWarnings("unchecked")
    private void put(Object key, Object value) {
        put((Map<Object, Object>) stack.peek(), key, value);
    }

    /**
     * Only what is under text or a number can be weights. Other keys are left out: hashing a nested tuple can take
     * forever.
     */
    private void put(Map<Object, Object> dictionary, Object key, Object value) {
        if (key instanceof String || key instanceof Integer || key instanceof Long) {
            dictionary.put(key, value);
        } else if (key instanceof List || key instanceof Map) { // nor does Python hash them
            throw malformed(null);
        }
    }

    /** The library would allocate the announced length before it finds that the bytes are missing. */
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

    private static long[] integers(Object tuple) {
        Object[] numbers = (Object[]) tuple;
        if (numbers.length > StoredTensor.MAX_RANK) { // copied for each tensor, so never many
            throw new IllegalArgumentException(numbers.length + " axes");
        }
        return Arrays.stream(numbers).mapToLong(StateDictUnpickler::integer).toArray();
    }

    private static long integer(Object number) {
        return number instanceof Integer i ? i : (Long) number;
    }

    private ExportException refused(String what) {
        return new ExportException(source + " asks for " + what
                + ", which torch's weights_only loader does not allow either, and nothing was executed; a checkpoint of"
                + " plain tensors never needs it: do not load this file elsewhere unless you trust it, and if you do, save"
                + " its state_dict alone and export that");
    }

    private ExportException malformed(Throwable cause) {
        return new ExportException(
                source + " is not the pickle of a plain dictionary of tensors, or is damaged; fetch it again", cause);
    }
}
