package io.github.unipic.runtime;

import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import java.util.List;

/** Reads from a session which provider each node was assigned to. */
interface AssignmentReader {
    /** The entry of a session's configuration that makes ONNX Runtime record it. */
    String RECORD = "session.record_ep_graph_assignment_info";

    /** @param session that was opened with {@link #RECORD} */
    List<AssignedNode> read(OrtSession session) throws OrtException;
}
