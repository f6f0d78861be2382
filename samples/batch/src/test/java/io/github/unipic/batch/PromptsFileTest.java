package io.github.unipic.batch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.github.unipic.DiffusionSteps;
import io.github.unipic.GenerateRequest;
import io.github.unipic.GuidanceSchedule;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.Reuse;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SeekableByteChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class PromptsFileTest {
    @TempDir
    private Path folder;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "[{'prompt': 'a fox'}, 'a bear']",
                "{'prompt': 'a fox'}\n'a bear'",
                "\uFEFF{'prompt': 'a fox'}\r\n\r\n{'prompt': 'a bear'}\r\n",
                "[\n  {\n    'prompt': 'a fox'\n  },\n  {'prompt': 'a bear'}\n]\n",
            })
    void isAnArrayOrOneValueALine(String content) throws IOException {
        assertThat(read(content).entries())
                .extracting(entry -> entry.task().prompt())
                .containsExactly("a fox", "a bear");
    }

    /** As some shells write files. */
    @Test
    void mayBeUtf16WithAByteOrderMark() throws IOException {
        Path file =
                Files.write(folder.resolve("prompts.jsonl"), "\uFEFF\"a fox\"\r\n".getBytes(StandardCharsets.UTF_16LE));
        assertThat(PromptsFile.read(file).entries())
                .extracting(entry -> entry.task().prompt())
                .containsExactly("a fox");
    }

    @Test
    void anEntryMaySayAllThatImagesSay() throws IOException {
        BatchEntry entry = read("{'prompt': 'a fox', 'id': 'fox', 'seed': 12345678901, 'width': 640, 'height': 384,"
                        + " 'iterations': 8, 'guidance': 2, 'guidance_schedule': 'Linear', 'temperature': 0.9,"
                        + " 'diffusion_steps': 50}")
                .entries()
                .get(0);
        GenerateRequest request = request(entry);
        assertThat(entry.id()).hasValue("fox");
        assertThat(request.seed()).hasValue(12345678901L);
        assertThat(request.width()).hasValue(640);
        assertThat(request.height()).hasValue(384);
        assertThat(request.iterations()).hasValue(8);
        assertThat(request.guidance()).hasValue(2);
        assertThat(request.guidanceSchedule()).hasValue(GuidanceSchedule.LINEAR);
        assertThat(request.temperature()).hasValue(0.9);
        assertThat(request.diffusionSteps()).hasValue(DiffusionSteps.constant(50));
        assertThat(EntryJson.settings(entry.task()).toString())
                .isEqualTo("{\"width\":640,\"height\":384,\"iterations\":8,\"guidance\":2.0,"
                        + "\"guidance_schedule\":\"linear\",\"temperature\":0.9,\"diffusion_steps\":50,"
                        + "\"seed\":12345678901}");
    }

    @Test
    void stepsMayFallAndGuidanceAndTokensMayBeReused() throws IOException {
        List<BatchEntry> entries = read("{'prompt': 'a', 'diffusion_steps': '50..5 cosine', 'guidance_reuse':"
                        + " {'initial': 2, 'every': 4}, 'token_reuse': {'initial': 1, 'every': 3}}"
                        + " {'prompt': 'a', 'guidance_reuse': {'initial': 1, 'every': 1}}")
                .entries();
        GenerateRequest request = request(entries.get(0));
        assertThat(request.diffusionSteps()).hasValue(DiffusionSteps.parse("50..5 cosine"));
        assertThat(request.guidanceReuse()).hasValue(Reuse.every(4));
        assertThat(request.tokenReuse()).hasValue(new Reuse(1, 3));
        assertThat(EntryJson.settings(entries.get(0).task()).toString())
                .isEqualTo("{\"diffusion_steps\":\"50..5 cosine\",\"guidance_reuse\":{\"initial\":2,\"every\":4},"
                        + "\"token_reuse\":{\"initial\":1,\"every\":3}}");
        assertThat(request(entries.get(1)).guidanceReuse()).isEmpty();
        assertThat(request(entries.get(1)).tokenReuse()).isEmpty();
        GenerateRequest fast = request(read("{'prompt': 'a', 'fast': true, 'diffusion_steps': 30}")
                .entries()
                .get(0));
        assertThat(fast.diffusionSteps()).hasValue(DiffusionSteps.constant(30));
        assertThat(fast.guidanceReuse()).hasValue(Reuse.every(4));
        assertThat(fast.tokenReuse()).hasValue(Reuse.every(4));
        assertThat(entries)
                .allSatisfy(entry ->
                        assertThat(BatchEntry.fromJson(entry.toJson()).task()).isEqualTo(entry.task()));
    }

    /** As pandas writes a column of whole numbers of which some are missing. */
    @Test
    void aWholeNumberMayHaveAPoint() throws IOException {
        BatchEntry entry =
                read("{'prompt': 'a', 'id': 12.0, 'seed': -9007199254740991.0, 'iterations': 8.0, 'width': 6.4e2,"
                                + " 'height': 384.0, 'diffusion_steps': 25.0}")
                        .entries()
                        .get(0);
        assertThat(entry.file()).isEqualTo("00000-12.png");
        assertThat(EntryJson.settings(entry.task()).toString())
                .isEqualTo("{\"width\":640,\"height\":384,\"iterations\":8,\"diffusion_steps\":25,"
                        + "\"seed\":-9007199254740991}");
    }

    @Test
    void knowsTheKeysOfAllTasks() {
        assertThat(List.of("prompt", "width", "pad", "mask", "images")).allMatch(PromptsFile::isKey);
        assertThat(List.of("tag", "Prompt", "")).noneMatch(PromptsFile::isKey);
    }

    @Test
    void genEvalsFormPassesAndItsOtherKeysAreIgnored() throws IOException {
        PromptsFile file =
                read("{'tag': 'single_object', 'include': [{'class': 'bench', 'count': 1}], 'prompt': 'a photo"
                        + " of a bench', 'seed': null}");
        assertThat(file.entries().get(0).task().prompt()).isEqualTo("a photo of a bench");
        assertThat(file.ignoredKeys()).containsExactly("include", "tag");
    }

    @Test
    void theFileWinsOverTheDefaults() throws IOException {
        List<BatchEntry> entries = PromptsFile.read(
                        write("['a', {'prompt': 'b', 'iterations': 9}, {'prompt': 'c', 'seed': 1}]"),
                        (builder, index) -> builder.iterations(4).seed(100 + index))
                .entries();
        assertThat(entries)
                .extracting(
                        entry -> request(entry).iterations().orElse(0),
                        entry -> request(entry).seed().orElse(0))
                .containsExactly(tuple(4, 100L), tuple(9, 101L), tuple(4, 1L));
    }

    @Test
    void entriesMayComeFromATable() throws IOException {
        Files.writeString(folder.resolve("fox.png"), "");
        PromptsFile rows = PromptsFile.of(
                List.of(
                        "{\"prompt\": \"a\"}",
                        "{\"image\": \"fox.png\", \"prompt\": \"night\", \"seed\": null, \"tag\": 1}"),
                "table row",
                folder,
                (builder, index) -> builder.seed(7 + index));
        assertThat(rows.ignoredKeys()).containsExactly("tag");
        assertThat(rows.entries())
                .extracting(BatchEntry::file, BatchEntry::origin)
                .containsExactly(tuple("00000.png", "table row 1"), tuple("00001.png", "table row 2"));
        assertThat(rows.entries().get(1).task())
                .isEqualTo(new BatchTask.Edit(
                        folder.resolve("fox.png"),
                        false,
                        GenerateRequest.builder("night").seed(8).build()));
        for (String wrong : List.of("{", "", "[]", "{\"image\": \"no.png\", \"prompt\": \"x\"}")) {
            assertThatThrownBy(() ->
                            PromptsFile.of(List.of("'a'".replace('\'', '"'), wrong), "row", folder, (builder, i) -> {}))
                    .isInstanceOf(InvalidRequestException.class)
                    .hasMessageStartingWith("row 2")
                    .message()
                    .hasLineCount(1);
        }
        assertThatThrownBy(() -> PromptsFile.of(List.of(), "table row", folder, (builder, index) -> {}))
                .hasMessage("there is no table row 1: there are no prompts");
    }

    @Test
    void anEntryIsOneImage() throws IOException {
        Path file = write("'a'");
        assertThatThrownBy(() -> PromptsFile.read(file, (builder, index) -> builder.count(2)))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage(file + " line 1: an entry is one image, not 2; make an entry for each");
    }

    static Stream<Arguments> mistakes() {
        return Stream.of(
                Arguments.of("['a', 7]", "line 1: neither a prompt"),
                Arguments.of("'a'~['b']", "line 2: neither a prompt"),
                Arguments.of("'a'~{'promt': 'b'}", "line 2: \"prompt\" is missing"),
                Arguments.of("{'prompt': 7}", "\"prompt\""),
                Arguments.of("{'prompt': ' '}", "line 1: prompt is blank"),
                Arguments.of("'a'~~{'prompt': 'b', 'guidance': -1}", "line 3: guidance"),
                Arguments.of("{'prompt': 'a', 'guidance': 'high'}", "must be a number, not \"high\""),
                Arguments.of("{'prompt': 'a', 'seed': 1.5}", "\"seed\" must be a whole number, not 1.5"),
                Arguments.of("{'prompt': 'a', 'seed': 99999999999999999999}", "\"seed\""),
                Arguments.of("{'prompt': 'a', 'seed': 9007199254740992.0}", "\"seed\" must be a whole number"),
                Arguments.of("{'prompt': 'a', 'seed': 1e999}", "\"seed\" must be a whole number"),
                Arguments.of("{'prompt': 'a', 'iterations': 3000000000}", "\"iterations\""),
                Arguments.of("{'prompt': 'a', 'iterations': 3000000000.0}", "\"iterations\""),
                Arguments.of("{'prompt': 'a', 'id': 1.5}", "\"id\" must be text or a whole number, not 1.5"),
                Arguments.of("{'prompt': 'a', 'diffusion_steps': '5..50'}", "last iteration's diffusion steps"),
                Arguments.of("{'prompt': 'a', 'guidance_reuse': 4}", "an object with \"initial\" and \"every\""),
                Arguments.of(
                        "{'prompt': 'a', 'guidance_reuse': {'every': 4}}",
                        "\"guidance_reuse\": \"initial\" is missing"),
                Arguments.of(
                        "{'prompt': 'a', 'token_reuse': {'initial': 0, 'every': 4}}",
                        "\"token_reuse\": initial must be 1 to 100000, not 0"),
                Arguments.of("{'prompt': 'a', 'token_reuse': true}", "an object with \"initial\" and \"every\""),
                Arguments.of("{'prompt': 'a', 'width': 64}", "both \"width\" and \"height\""),
                Arguments.of("{'prompt': 'a', 'width': 0, 'height': 64}", "above 0"),
                Arguments.of("{'prompt': 'a', 'negative_prompt': 7}", "negative_prompt"),
                Arguments.of("{'prompt': 'a', 'guidance_schedule': 'cubic'}", "\"constant\" or \"linear\""),
                Arguments.of("{'prompt': 'a', 'id': ['x']}", "\"id\""),
                Arguments.of("{'image': 'no-such.png', 'prompt': 'a'}", "line 1: there is no file "),
                Arguments.of("{'image': 'a.png'}", "neither \"prompt\", to edit it, nor \"question\""),
                Arguments.of("{'image': 7, 'prompt': 'a'}", "\"image\" must be the name of a file, not 7"),
                Arguments.of("{'images': 'a.png', 'question': 'a'}", "\"images\" must be a list of file names"),
                Arguments.of("{'images': [], 'question': 'a'}", "a question takes 1 to 64 images, not 0"),
                Arguments.of("{'question': 'a'}", "a question takes 1 to 64 images, not 0"),
                Arguments.of("{'images': ['a.png', 'b.png'], 'prompt': 'a'}", "only a \"question\" takes several"),
                Arguments.of("{'image': 'a.png', 'prompt': 'a', 'question': 'b'}", "make two entries"),
                Arguments.of("{'mask': 'a.png', 'prompt': 'a'}", "\"image\" is missing"),
                Arguments.of("{'image': 'a.png', 'mask': 'b.png', 'prompt': 'a', 'seam': 200}", "seam must be -1"),
                Arguments.of(
                        "{'image': 'a', 'mask': 'b', 'prompt': 'a', 'width': 64, 'height': 64}", "leave \"width\""),
                Arguments.of("{'image': 'a.png', 'prompt': 'a', 'width': 64, 'height': 32}", "editing makes squares"),
                Arguments.of("{'image': 'a.png', 'prompt': 'a', 'pad': 1}", "\"pad\" must be true or false"),
                Arguments.of("{'image': 'a.png', 'question': 'a', 'top_p': 2}", "topP must be above 0"),
                Arguments.of("{'image': 'a.png', 'question': 'a', 'stop': 'x'}", "\"stop\" must be a list of texts"),
                Arguments.of("{'image': 'a.png', 'question': 'a', 'vision': 'eye'}", "\"siglip\" or \"mar\""),
                Arguments.of("'a'~{'prompt':", "line 2 is not JSON"),
                Arguments.of("a red fox", "line 1 is not JSON"),
                Arguments.of("['a'", "is not JSON"),
                Arguments.of("['a']~'b'", "line 2: there is text after"),
                Arguments.of("[]", "has no prompts"),
                Arguments.of("~", "has no prompts"));
    }

    @ParameterizedTest
    @MethodSource("mistakes")
    void errorsNameTheirLine(String content, String message) throws IOException {
        Path file = write(content.replace('~', '\n'));
        assertThatThrownBy(() -> PromptsFile.read(file))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessageStartingWith(file.toString())
                .hasMessageContaining(message);
    }

    @Test
    void hasSoManyPromptsThatNamesSort() throws IOException {
        String most = "'a'\n".repeat(100_000);
        assertThat(read(most).entries()).hasSize(100_000);
        Path file = write(most + "'a'");
        assertThatThrownBy(() -> PromptsFile.read(file))
                .isInstanceOf(InvalidRequestException.class)
                .hasMessage(file + " has over 100000 prompts; split it into several files");
    }

    /** Read from a file, whose length is not asked for: a pipe has none. */
    @Test
    void longFilesAreRefused() throws IOException {
        Path file = write("['a'");
        try (SeekableByteChannel end = Files.newByteChannel(file, StandardOpenOption.WRITE)) {
            byte[] spaces = new byte[1 << 20];
            Arrays.fill(spaces, (byte) ' ');
            for (end.position(end.size()); end.size() < 65 << 20; ) {
                end.write(ByteBuffer.wrap(spaces));
            }
        }
        assertThatThrownBy(() -> PromptsFile.read(file))
                .isInstanceOf(InvalidRequestException.class)
                .message()
                .contains(file.toString(), "Document length", "67108864", "split it into several files")
                .hasLineCount(1);
    }

    @Test
    void namesSortAndAreSafe() throws IOException {
        assertThat(
                        read("['a', {'prompt': 'b', 'id': 'cat_01.v2'}, {'prompt': 'c', 'id': 12}, {'prompt': 'd', 'id': '../x'},"
                                        + " {'prompt': 'e', 'id': '.x'}, {'prompt': 'f', 'id': ''}, {'prompt': 'g', 'id': 'ü'}]")
                                .entries())
                .extracting(BatchEntry::file)
                .containsExactly(
                        "00000.png",
                        "00001-cat_01.v2.png",
                        "00002-12.png",
                        "00003.png",
                        "00004.png",
                        "00005.png",
                        "00006.png");
    }

    private static GenerateRequest request(BatchEntry entry) {
        return ((BatchTask.Generate) entry.task()).request();
    }

    private PromptsFile read(String content) throws IOException {
        return PromptsFile.read(write(content));
    }

    private Path write(String content) throws IOException {
        return Files.writeString(folder.resolve("prompts.jsonl"), content.replace('\'', '"'), StandardCharsets.UTF_8);
    }
}
