package io.github.unipic.export.modules;

import io.github.unipic.export.onnx.ElementType;
import io.github.unipic.export.onnx.Graph;
import io.github.unipic.export.onnx.Value;
import java.util.ArrayList;
import java.util.List;

/**
 * Given ones, where x is a tile of an image whose statistics are known; those of the tile's core otherwise. The core's
 * are recorded in both cases, norm by norm, in the order they run.
 */
final class TileStatistics implements GroupStatistics {
    private final int groups;
    private final Value given;
    private final Value known;
    private final Value coreStart;
    private final Value coreEnd;
    private final List<Value> ofCore = new ArrayList<>();

    /**
     * @param given float32 [norms,B,groups,2], mean and variance
     * @param known bool [], whether to take them
     * @param coreStart int64 [2], y and x of the core within the tile; its margin counts for nothing
     * @param coreEnd exclusive
     */
    TileStatistics(int groups, Value given, Value known, Value coreStart, Value coreEnd) {
        this.groups = groups;
        this.given = given;
        this.known = known;
        this.coreStart = coreStart;
        this.coreEnd = coreEnd;
    }

    @Override
    public Value normalize(Value x, Value scale, Value bias) {
        Graph graph = x.graph();
        Value core = x.crop(coreStart, coreEnd).cast(ElementType.FLOAT32).reshape(0, groups, -1);
        Value mean = core.mean(2);
        Value deviation = core.sub(mean);
        Value own = graph.concat(2, mean, deviation.mul(deviation).mean(2));
        Value norm = graph.scalar(ofCore.size(), ElementType.INT64);
        ofCore.add(own.unsqueeze(0));
        List<Value> used = known.where(given.gather(0, norm), own).split(2, 2);
        return x.groupNorm(used.get(0), used.get(1), scale, bias, groups, EPSILON);
    }

    /** The core's of every norm so far, float32 [norms,B,groups,2]. */
    Value ofCore() {
        return given.graph().concat(0, ofCore.toArray(Value[]::new));
    }
}
