package io.github.unipic.export.checkpoint;

import io.github.unipic.export.ExportException;
import java.util.Arrays;
import java.util.Objects;
import java.util.Optional;

/**
 * One tensor of a {@link Checkpoint}: its position in its file, and how to read it. None of it is kept in memory. Valid
 * until its checkpoint is closed; thread-safe.
 */
public final class CheckpointTensor implements StoredTensor {
    /** As many elements may be repetitions of stored ones: a bias, say, expanded from one number. */
    private static final long MAX_REPEATED = 1 << 16;

    private final String name;
    private final MappedFile file;
    private final DType dtype;
    private final long[] shape;
    private final long[] strides;
    /** Byte position in the file of the element whose indices are all zero. */
    private final long origin;

    private final long elementCount;
    private final boolean contiguous;
    /** How many elements of this type the storage has room for. */
    private final long storedElements;

    private final Optional<FiniteCheck> check;

    private CheckpointTensor(
            String name,
            MappedFile file,
            DType dtype,
            long[] shape,
            long[] strides,
            long origin,
            long elementCount,
            boolean contiguous,
            long storedElements,
            Optional<FiniteCheck> check) {
        this.name = name;
        this.file = file;
        this.dtype = dtype;
        this.shape = shape;
        this.strides = strides;
        this.origin = origin;
        this.elementCount = elementCount;
        this.contiguous = contiguous;
        this.storedElements = storedElements;
        this.check = check;
    }

    /** Where a file says that a tensor's elements are: {@code bytes} bytes from byte {@code position} of the file. */
    record Storage(MappedFile file, long position, long bytes) {}

    /**
     * A view of a storage, checked to be inside it.
     *
     * @param firstElement offset into the storage of the element whose indices are all zero, in elements
     * @param strides in elements, one for each axis
     */
    static CheckpointTensor view(
            String name, Storage storage, DType dtype, long firstElement, long[] shape, long[] strides) {
        String what = storage.file().name() + ": tensor '" + name + "' ";
        String advice = "; the file is damaged, fetch it again";
        if (shape.length > MAX_RANK || strides.length != shape.length) {
            throw new ExportException(
                    what + "has " + shape.length + " axes and " + strides.length + " strides" + advice);
        }
        if (firstElement < 0
                || Arrays.stream(shape).anyMatch(n -> n < 0)
                || Arrays.stream(strides).anyMatch(n -> n < 0)) {
            throw new ExportException(what + "has a negative offset, size or stride" + advice);
        }
        try {
            long count = elementCount(shape);
            long end = firstElement; // one past the last element that the view reaches
            if (count > 0) {
                end = Math.addExact(end, 1);
                for (int axis = 0; axis < shape.length; axis++) {
                    end = Math.addExact(end, Math.multiplyExact(shape[axis] - 1, strides[axis]));
                }
            }
            if (Math.multiplyExact(end, dtype.bytes()) > storage.bytes()) {
                throw new ExportException(what + "reaches to byte " + end * dtype.bytes() + " of a storage of "
                        + storage.bytes() + " bytes" + advice);
            }
            long[] steps = strides.clone();
            for (int axis = 0; axis < steps.length; axis++) {
                steps[axis] = shape[axis] == 1 ? 0 : steps[axis]; // never taken, so never checked either
            }
            return new CheckpointTensor(
                    name,
                    storage.file(),
                    dtype,
                    shape.clone(),
                    steps,
                    storage.position() + firstElement * dtype.bytes(),
                    count,
                    isRowMajor(shape, strides),
                    storage.bytes() / dtype.bytes(),
                    Optional.empty());
        } catch (ArithmeticException e) {
            throw impossible(name, storage, shape, e);
        }
    }

    /** A tensor that fills its storage exactly, in row-major order. */
    static CheckpointTensor dense(String name, Storage storage, DType dtype, long[] shape) {
        long[] strides = new long[shape.length];
        try {
            if (Math.multiplyExact(elementCount(shape), dtype.bytes()) != storage.bytes()) {
                throw new ExportException(storage.file().name() + ": tensor '" + name + "' of shape "
                        + Arrays.toString(shape) + " and type " + dtype + " does not fill its "
                        + storage.bytes() + " bytes; the file is damaged, fetch it again");
            }
            long stride = 1;
            for (int axis = shape.length - 1; axis >= 0; axis--) {
                strides[axis] = stride;
                stride = Math.multiplyExact(stride, Math.max(1, shape[axis]));
            }
        } catch (ArithmeticException e) {
            throw impossible(name, storage, shape, e);
        }
        return view(name, storage, dtype, 0, shape, strides);
    }

    private static ExportException impossible(String name, Storage storage, long[] shape, ArithmeticException e) {
        return new ExportException(
                storage.file().name() + ": tensor '" + name + "' has an impossible shape " + Arrays.toString(shape)
                        + "; the file is damaged, fetch it again",
                e);
    }

    private static long elementCount(long[] shape) {
        if (Arrays.stream(shape).anyMatch(n -> n == 0)) {
            return 0;
        }
        return Arrays.stream(shape).reduce(1, Math::multiplyExact);
    }

    private static boolean isRowMajor(long[] shape, long[] strides) {
        long expected = 1;
        for (int axis = shape.length - 1; axis >= 0; axis--) {
            if (shape[axis] != 1 && strides[axis] != expected) {
                return false;
            }
            expected *= shape[axis];
        }
        return true;
    }

    @Override
    public CheckpointTensor as(String canonicalName, FiniteCheck finiteCheck) {
        return new CheckpointTensor(
                canonicalName,
                file,
                dtype,
                shape,
                strides,
                origin,
                elementCount,
                contiguous,
                storedElements,
                Optional.of(finiteCheck));
    }

    @Override
    public CheckpointTensor asWeights() {
        if (!dtype.isFloatingPoint()) {
            return new UnreadableTensor(name, fileName(), UnreadableTensor.Kind.ofType(dtype.label())).asWeights();
        }
        // torch saves what an expanded tensor repeats; a graph's weights would have every repetition.
        if (elementCount > storedElements && elementCount > MAX_REPEATED) {
            throw new ExportException("tensor '" + name + "' in " + fileName() + " repeats " + storedElements
                    + " stored elements to " + elementCount
                    + "; if that is meant, save its contiguous() with torch, and export that");
        }
        return this;
    }

    /** The canonical name, as {@link Checkpoint} describes. */
    public String name() {
        return name;
    }

    /** The type of the elements in the file. */
    public DType dtype() {
        return dtype;
    }

    /** The sizes of the axes; empty for a single number. */
    public long[] shape() {
        return shape.clone();
    }

    /** The product of the sizes. */
    public long elementCount() {
        return elementCount;
    }

    @Override
    public String fileName() {
        return file.name();
    }

    /**
     * Reads elements as float32, in row-major order of the tensor's axes whatever their order in the file.
     *
     * @param firstElement row-major number of the first element
     * @param destination receives {@code count} elements from {@code offset} on
     * @throws ExportException if the tensor is not of a floating-point type, its checkpoint is closed, reading fails,
     *     or an element is not finite and the checkpoint does not allow that
     * @throws IndexOutOfBoundsException if the elements asked for are not all in the tensor, or do not all fit
     */
    public void read(long firstElement, float[] destination, int offset, int count) {
        Objects.checkFromIndexSize(offset, count, destination.length);
        Objects.checkFromIndexSize(firstElement, (long) count, elementCount);
        if (!dtype.isFloatingPoint()) {
            throw new ExportException("tensor '" + name + "' in " + fileName() + " is of type " + dtype
                    + ", where floating-point weights are expected");
        }
        readUnchecked(firstElement, destination, offset, count);
        check.ifPresent(finite -> finite.check(this, destination, offset, count));
    }

    /** Reads elements that exist, whatever their values. */
    void readUnchecked(long firstElement, float[] destination, int offset, int count) {
        if (count == 0) {
            return;
        }
        Reader reader = new Reader(destination, offset);
        if (contiguous) {
            reader.run(origin + firstElement * dtype.bytes(), 1, count);
        } else {
            gather(firstElement, reader, count);
        }
    }

    /**
     * All elements as they are stored, little-endian, in row-major order; for small tensors of any type.
     *
     * @throws ExportException if reading fails, or the tensor is a view in another order or of 2 GB or more
     */
    public byte[] bytes() {
        long length = elementCount * dtype.bytes();
        if (!contiguous || length > Integer.MAX_VALUE) {
            throw new ExportException(
                    "tensor '" + name + "' in " + fileName() + " is too large or not in row-major order");
        }
        return file.copy(origin, (int) length);
    }

    /** Reads along the last axis, run after run. */
    private void gather(long firstElement, Reader reader, int count) {
        int last = shape.length - 1;
        long[] index = new long[shape.length];
        long rest = firstElement;
        for (int axis = last; axis >= 0; axis--) {
            index[axis] = rest % shape[axis];
            rest /= shape[axis];
        }
        int left = count;
        while (left > 0) {
            long element = 0;
            for (int axis = 0; axis <= last; axis++) {
                element += index[axis] * strides[axis];
            }
            int run = (int) Math.min(left, shape[last] - index[last]);
            reader.run(origin + element * dtype.bytes(), strides[last], run);
            left -= run;
            index[last] = 0;
            for (int axis = last - 1; axis >= 0 && ++index[axis] == shape[axis]; axis--) {
                index[axis] = 0;
            }
        }
    }

    /** Fills an array from runs of equally spaced elements, through the file's windows. */
    private final class Reader {
        private final float[] destination;
        private int offset;
        private MappedFile.Window window;

        Reader(float[] destination, int offset) {
            this.destination = destination;
            this.offset = offset;
        }

        /**
         * Reads {@code count} elements, {@code step} elements apart, the first at byte {@code position} of the file.
         */
        void run(long position, long step, int count) {
            long stride = step * dtype.bytes();
            long next = position;
            int left = count;
            while (left > 0) {
                if (window == null || !window.holds(next, dtype.bytes())) {
                    window = file.window(next);
                }
                long start = next - window.start();
                long within =
                        window.bytes().limit() - start - dtype.bytes(); // from this element to the last complete one
                int some = stride == 0 ? left : (int) Math.min(left, within / stride + 1);
                dtype.toFloats(window.bytes(), (int) start, step, destination, offset, some);
                offset += some;
                left -= some;
                next += some * stride;
            }
        }
    }

    @Override
    public String toString() {
        return name + " " + dtype + Arrays.toString(shape);
    }
}
