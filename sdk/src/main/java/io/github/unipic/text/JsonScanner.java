package io.github.unipic.text;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Scans JSON without building values. A tokenizer has 300,000 strings; a JSON library would take as long to parse them
 * as the native library takes to load them. The parts that are kept go through a real parser afterwards.
 */
final class JsonScanner {
    private final byte[] json;
    private int at;

    JsonScanner(byte[] json) {
        this.json = json;
    }

    /** Says in a few words what is wrong with a file. */
    static final class Wrong extends IOException {
        private static final long serialVersionUID = 1;

        Wrong(String message) {
            super(message);
        }
    }

    /** The next byte after white space, which is not consumed. */
    byte peek() throws Wrong {
        while (at < json.length && (json[at] == ' ' || json[at] == '\n' || json[at] == '\r' || json[at] == '\t')) {
            at++;
        }
        if (at == json.length) {
            throw new Wrong("it ends early");
        }
        return json[at];
    }

    void expect(char next) throws Wrong {
        if (peek() != next) {
            throw new Wrong("it has no " + next + " at byte " + at);
        }
        at++;
    }

    /**
     * Whether an object or array has another member; consumes the comma before it, or the closing bracket.
     *
     * @param first whether this is asked before the first member
     */
    boolean more(boolean first, char close) throws Wrong {
        if (peek() == close) {
            at++;
            return false;
        }
        if (!first) {
            expect(',');
        }
        return true;
    }

    /** A string as written, escapes included, without its quotes. */
    byte[] string() throws Wrong {
        int start = at + 1;
        skipString();
        return Arrays.copyOfRange(json, start, at - 1);
    }

    /** The name of an object's member; consumes the colon too. */
    String name() throws Wrong {
        peek();
        String name = new String(string(), StandardCharsets.UTF_8);
        expect(':');
        return name;
    }

    private void skipString() throws Wrong {
        expect('"');
        while (at < json.length && json[at] != '"') {
            at += json[at] == '\\' ? 2 : 1;
        }
        if (at >= json.length) {
            throw new Wrong("it ends early");
        }
        at++;
    }

    /** A whole number from 0 to {@code most}. */
    int number(int most) throws Wrong {
        peek();
        long value = 0;
        int start = at;
        while (at < json.length && json[at] >= '0' && json[at] <= '9' && value <= most) {
            value = 10 * value + json[at++] - '0';
        }
        if (at == start || value > most) {
            throw new Wrong("it has no whole number from 0 to " + most + " at byte " + start);
        }
        return (int) value;
    }

    /** Any value, as written. */
    byte[] value() throws Wrong {
        peek();
        int start = at;
        int depth = 0;
        do {
            switch (peek()) {
                case '"' -> skipString();
                case '{', '[' -> {
                    depth++;
                    at++;
                }
                case '}', ']' -> {
                    depth--;
                    at++;
                }
                case ',', ':' -> at++;
                default -> skipLiteral();
            }
        } while (depth > 0);
        return Arrays.copyOfRange(json, start, at);
    }

    /** A number, true, false or null. */
    private void skipLiteral() {
        do {
            at++;
        } while (at < json.length && ",:]}\"{[ \n\r\t".indexOf(json[at]) < 0);
    }

    int position() {
        return at;
    }

    /** The bytes consumed since a position. */
    byte[] since(int start) {
        return Arrays.copyOfRange(json, start, at);
    }

    void expectEnd() throws Wrong {
        while (at < json.length) {
            if (json[at] > ' ') {
                throw new Wrong("it has more content after its end, at byte " + at);
            }
            at++;
        }
    }
}
