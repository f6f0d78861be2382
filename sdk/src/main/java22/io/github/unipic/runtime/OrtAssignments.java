package io.github.unipic.runtime;

import static io.github.unipic.runtime.OrtTable.call;
import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import io.github.unipic.runtime.provider.OnnxRuntime;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.lang.reflect.Field;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.slf4j.LoggerFactory;

/** Reads assignments through ONNX Runtime's C interface. What the functions return belongs to the session. */
@SuppressWarnings("restricted") // this class needs native access
final class OrtAssignments implements AssignmentReader {
    /** The first version of the table that has these functions. */
    private static final int API_VERSION = 24;

    private static final Optional<AssignmentReader> INSTANCE = make();

    private final OrtTable table;
    private final MethodHandle getSubgraphs;
    private final MethodHandle getProvider;
    private final MethodHandle getNodes;
    private final MethodHandle getNodeName;
    private final MethodHandle getOperator;
    private final Field session;

    private OrtAssignments() throws ReflectiveOperationException {
        session = OrtTable.pointerField(OrtSession.class);
        table = OrtTable.load(API_VERSION, 413);
        getSubgraphs = table.function(407, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
        getProvider = table.function(408, ADDRESS, ADDRESS, ADDRESS);
        getNodes = table.function(409, ADDRESS, ADDRESS, ADDRESS, ADDRESS);
        getNodeName = table.function(410, ADDRESS, ADDRESS, ADDRESS);
        getOperator = table.function(412, ADDRESS, ADDRESS, ADDRESS);
    }

    /** Empty if this ONNX Runtime does not tell. */
    static Optional<AssignmentReader> find() {
        return INSTANCE;
    }

    private static Optional<AssignmentReader> make() {
        try {
            return Optional.of(new OrtAssignments());
        } catch (ReflectiveOperationException | RuntimeException | LinkageError e) {
            LoggerFactory.getLogger(OrtAssignments.class)
                    .info("The providers of nodes are not read from sessions: {}", OnnxRuntime.reason(e));
            return Optional.empty();
        }
    }

    @Override
    public List<AssignedNode> read(OrtSession of) throws OrtException {
        try (Arena arena = Arena.ofConfined()) {
            List<AssignedNode> assigned = new ArrayList<>();
            for (MemorySegment subgraph : list(getSubgraphs, OrtTable.pointer(session, of), arena)) {
                String provider = text(getProvider, subgraph, arena);
                for (MemorySegment node : list(getNodes, subgraph, arena)) {
                    assigned.add(
                            new AssignedNode(provider, text(getOperator, node, arena), text(getNodeName, node, arena)));
                }
            }
            return List.copyOf(assigned);
        }
    }

    private List<MemorySegment> list(MethodHandle function, MemorySegment owner, Arena arena) throws OrtException {
        MemorySegment array = arena.allocate(ADDRESS);
        MemorySegment count = arena.allocate(JAVA_LONG);
        table.check(call(function, owner, array, count));
        long length = count.get(JAVA_LONG, 0);
        MemorySegment pointers = array.get(ADDRESS, 0).reinterpret(length * ADDRESS.byteSize());
        return pointers.elements(ADDRESS)
                .map(element -> element.get(ADDRESS, 0))
                .toList();
    }

    private String text(MethodHandle function, MemorySegment owner, Arena arena) throws OrtException {
        MemorySegment out = arena.allocate(ADDRESS);
        table.check(call(function, owner, out));
        return OrtTable.text(out.get(ADDRESS, 0));
    }
}
