package io.github.unipic.export.onnx;

import ai.onnx.proto.OnnxMl.AttributeProto;
import ai.onnx.proto.OnnxMl.AttributeProto.AttributeType;
import ai.onnx.proto.OnnxMl.GraphProto;
import com.google.protobuf.ByteString;

/** A named constant of a node. */
record Attribute(AttributeProto proto) {

    static Attribute of(String name, int... values) {
        AttributeProto.Builder builder = named(name, AttributeType.INTS);
        for (int value : values) {
            builder.addInts(value);
        }
        return new Attribute(builder.build());
    }

    static Attribute of(String name, int value) {
        return new Attribute(named(name, AttributeType.INT).setI(value).build());
    }

    static Attribute of(String name, double value) {
        return new Attribute(
                named(name, AttributeType.FLOAT).setF((float) value).build());
    }

    static Attribute of(String name, String value) {
        return new Attribute(named(name, AttributeType.STRING)
                .setS(ByteString.copyFromUtf8(value))
                .build());
    }

    static Attribute of(String name, GraphProto value) {
        return new Attribute(named(name, AttributeType.GRAPH).setG(value).build());
    }

    private static AttributeProto.Builder named(String name, AttributeType type) {
        return AttributeProto.newBuilder().setName(name).setType(type);
    }
}
