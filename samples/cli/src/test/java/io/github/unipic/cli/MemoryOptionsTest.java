package io.github.unipic.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.github.unipic.UniPic;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

class MemoryOptionsTest {
    @Command
    private static final class Holder {
        @Mixin
        private MemoryOptions memory;
    }

    private static MemoryOptions parse(String... options) {
        Holder holder = new Holder();
        new CommandLine(holder).parseArgs(options);
        return holder.memory;
    }

    @Test
    void withoutThemGraphsStayAndOnlyLargeImagesAreInTiles() {
        assertThat(parse().keepLoaded()).isTrue();
        assertThat(parse().tileAbove()).isEqualTo(UniPic.TILE_ABOVE).isEqualTo(1024 * 1024);
    }

    @Test
    void lowMemoryMeansBothUnlessALimitIsGiven() {
        assertThat(parse("--low-memory").keepLoaded()).isFalse();
        assertThat(parse("--low-memory").tileAbove()).isEqualTo(512 * 512);
        assertThat(parse("--low-memory", "--tile-above", "7").tileAbove()).isEqualTo(7);
        assertThat(parse("--low-memory", "--tile-above", "7").keepLoaded()).isFalse();
    }

    @Test
    void matricesAreCopiedWhereAskedFor() {
        assertThat(parse().prepack()).isFalse();
        assertThat(parse("--prepack").prepack()).isTrue();
        assertThat(parse("--prepack").keepLoaded()).isTrue();
    }

    @Test
    void weightsAreMappedUnlessThatIsNotWanted() {
        assertThat(parse().mapped()).isTrue();
        assertThat(parse("--low-memory").mapped()).isTrue();
        assertThat(parse("--no-mmap").mapped()).isFalse();
        assertThat(parse("--no-mmap").keepLoaded()).isTrue();
    }

    @Test
    void aLimitAloneKeepsGraphsLoaded() {
        assertThat(parse("--tile-above", "0").keepLoaded()).isTrue();
        assertThat(parse("--tile-above", "0").tileAbove()).isZero();
    }
}
