package io.github.unipic.text;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.testing.ChildJvm;
import io.github.unipic.testing.SmallModel;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Damaged tokenizer files give errors and do not crash the process. */
class TokenizerMutationTest {
    @TempDir
    private Path folder;

    @Test
    void noChangeOfTheFileEndsTheProcess() throws Exception {
        String file = SmallModel.folder().resolve("tokenizer.json").toString();
        String mutant = folder.resolve("mutant.json").toString();
        String output = ChildJvm.run(
                folder, TokenizerMutations.class, List.of("-Xmx256m"), List.of(file, mutant, "1", "600"), Map.of());
        assertThat(output).containsPattern("accepted [1-9]\\d* refused [1-9]\\d*");
    }
}
