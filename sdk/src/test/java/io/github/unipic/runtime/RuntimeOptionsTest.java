package io.github.unipic.runtime;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.ExecutionProvider;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.runtime.RuntimeOptions.Memory;
import java.util.Optional;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;

class RuntimeOptionsTest {
    @Test
    void eachChangeKeepsTheRest() {
        Memory memory = new Memory(true, false, true, 100);
        assertThat(memory.withKeepLoaded(false)).isEqualTo(new Memory(false, false, true, 100));
        assertThat(memory.withPrepack(true)).isEqualTo(new Memory(true, true, true, 100));
        assertThat(memory.withMapped(false)).isEqualTo(new Memory(true, false, false, 100));
        assertThat(memory.withTileAbove(0)).isEqualTo(new Memory(true, false, true, 0));
    }

    @Test
    void tilesAreForImagesOfSomePixels() {
        assertThatExceptionOfType(InvalidRequestException.class)
                .isThrownBy(() -> Memory.DEFAULTS.withTileAbove(-1))
                .withMessage("tileAbove is -1; give 0 or more pixels.");
    }

    @Test
    void anAutomaticChoiceIsSettled() {
        RuntimeOptions options =
                new RuntimeOptions(OptionalInt.empty(), ExecutionProvider.AUTO, Optional.empty(), Memory.DEFAULTS);
        assertThat(options.provider().name()).isIn("cpu", "cuda", "tensorrt");
        assertThat(RuntimeOptions.DEFAULTS.provider()).isEqualTo(ExecutionProvider.CPU);
    }
}
