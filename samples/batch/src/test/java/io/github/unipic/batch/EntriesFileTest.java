package io.github.unipic.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.DescribeRequest;
import io.github.unipic.GenerateRequest;
import io.github.unipic.InvalidRequestException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class EntriesFileTest {
    @TempDir
    private Path folder;

    @Test
    void givesBackWhatWasWritten() {
        Path file = folder.resolve("entries.jsonl");
        List<BatchEntry> entries = List.of(
                new BatchEntry(5, Optional.of("fox"), "a/b.png", "x line 3", new BatchTask.Generate(fox(7))),
                new BatchEntry(
                        2,
                        Optional.empty(),
                        "2.json",
                        "x line 1",
                        new BatchTask.Describe(
                                List.of(folder.resolve("fox.png")),
                                DescribeRequest.builder("What?").build())));
        EntriesFile.write(file, entries);
        assertThat(EntriesFile.read(file)).isEqualTo(entries);
    }

    @Test
    void readsTheLongestEntry() {
        DescribeRequest.Builder builder = DescribeRequest.builder("\u0001".repeat(100_000));
        for (int i = 0; i < 64; i++) {
            builder.stopSequence("\u0001".repeat(10_000));
        }
        List<Path> images = List.of(folder.resolve("fox.png"));
        BatchEntry entry =
                BatchEntry.of(0, Optional.empty(), "line 1", new BatchTask.Describe(images, builder.build()));
        Path file = folder.resolve("entries.jsonl");
        EntriesFile.write(file, List.of(entry));
        assertThat(EntriesFile.read(file).equals(List.of(entry))).isTrue();
    }

    @Test
    void namesTheLineThatIsWrong() throws IOException {
        Path file = folder.resolve("entries.jsonl");
        BatchEntry fox = BatchEntry.of(0, Optional.empty(), "line 1", new BatchTask.Generate(fox(7)));
        mistake(file + " cannot be read (there is no such file or folder)");
        Files.writeString(file, "");
        mistake(file + " has no entries");
        Files.writeString(file, fox.toJson() + "\n{\"prompt\": \"a fox\"}\n");
        mistake(file + " line 2: \"index\" is missing");
        Files.writeString(file, fox.toJson() + "\n{\n");
        mistake(file + " line 2: an entry is not JSON");
        Files.writeString(file, fox.toJson() + "\n" + fox.toJson() + "\n");
        mistake("line 1 and line 1 both have index 0");
        Files.writeString(file, fox.toJson() + "\n\n");
        mistake(file + " line 2: \"index\" is missing");
        Files.writeString(file, fox.toJson() + "\n" + " ".repeat(9 << 20));
        mistake(file + " line 2 has over 8388608 characters");
    }

    private void mistake(String message) {
        assertThatThrownBy(() -> EntriesFile.read(folder.resolve("entries.jsonl")))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageStartingWith(message)
                .message()
                .hasLineCount(1);
    }

    private static GenerateRequest fox(long seed) {
        return GenerateRequest.builder("a red fox").iterations(4).seed(seed).build();
    }
}
