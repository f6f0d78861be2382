package io.github.unipic.text;

import io.github.unipic.fuzz.FuzzTarget;
import io.github.unipic.fuzz.JsonMutator;
import io.github.unipic.fuzz.Mutator;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.LongStream;

/** A tokenizer.json. */
public final class TokenizerFuzz implements FuzzTarget {
    private static final String FILE = "tokenizer.json";
    private static final String TEXT = "<|im_start|>user\nA red fox, 3 \u00e9t\u00e9s \ud83e\udd8a<|im_end|>\n";

    @Override
    public String name() {
        return "tokenizer";
    }

    @Override
    public int mutations() {
        return 700;
    }

    @Override
    public Mutator mutator() {
        return new JsonMutator(
                "BPE",
                "WordLevel",
                "WordPiece",
                "Unigram",
                "ByteLevel",
                "Metaspace",
                "Sequence",
                "Split",
                "Digits",
                "NFC",
                "NFKC",
                "Replace",
                "Strip",
                "Fuse",
                "ByteFallback",
                "TemplateProcessing",
                "Regex",
                "(?i:a)+",
                "((a*)*)*b",
                "[",
                "\\p{Nope}",
                "Isolated",
                "Removed",
                "<|im_start|>",
                "<unk>",
                "vocab",
                "merges",
                "id",
                "continuing_subword_prefix",
                "end_of_word_suffix",
                "unk_token",
                "dropout",
                "\u0120f",
                "f");
    }

    @Override
    public void prepare(byte[] input, Path folder) throws IOException {
        Files.write(folder.resolve(FILE), input);
    }

    @Override
    public void read(byte[] input, Path folder) {
        try (PromptTokenizer tokenizer = PromptTokenizer.load(folder.resolve(FILE))) {
            tokenizer.decode(tokenizer.encode(TEXT));
            tokenizer.encode("");
            tokenizer.decode(LongStream.range(0, 50).toArray());
            tokenizer.decode(new long[] {-1, Integer.MAX_VALUE});
        }
    }
}
