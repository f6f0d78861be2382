package io.github.unipic.server;

import io.github.unipic.fuzz.FuzzRegression;
import io.github.unipic.fuzz.FuzzTarget;
import java.util.List;

/** Bodies of requests, as strangers may send them. */
public class FuzzTest extends FuzzRegression {
    @Override
    protected List<FuzzTarget> targets() {
        return List.copyOf(RequestFuzz.all());
    }
}
