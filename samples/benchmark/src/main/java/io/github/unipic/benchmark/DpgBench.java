package io.github.unipic.benchmark;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.github.unipic.GenerateRequest;
import io.github.unipic.InvalidRequestException;
import io.github.unipic.batch.BatchEntry;
import io.github.unipic.files.FileFailure;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * DPG-Bench: {@code images/STEM.png} for each {@code STEM.txt}, four images as a 2 x 2 grid without a border. The four
 * are kept beside it, in {@code parts/STEM}, so that an interruption loses one image at most. The scorer takes every
 * file in its folder for an image.
 */
final class DpgBench {
    private static final String SCORED = "images";
    private static final String PROMPT = ".txt";
    private static final int IMAGES = 4;
    private static final int MAX_BYTES = 1 << 20;

    private DpgBench() {}

    static BenchmarkLayout read(Path folder, GenerateRequest settings) {
        List<BatchEntry> entries = new ArrayList<>();
        List<ScorerFile> grids = new ArrayList<>();
        int side = settings.width().orElseThrow();
        int number = 0;
        for (Path file : prompts(folder)) {
            PromptSource source = new PromptSource(JsonNodeFactory.instance.objectNode(), file.toString());
            String name = file.getFileName().toString();
            String stem = PromptSource.checkedName(name.substring(0, name.length() - PROMPT.length()), file.toString());
            String prompt = prompt(file);
            List<BatchEntry> parts = new ArrayList<>();
            for (int i = 0; i < IMAGES; i++) {
                parts.add(new BatchEntry(
                        number * IMAGES + i,
                        Optional.of(stem),
                        "parts/" + stem + "/" + i + ".png",
                        source.origin(),
                        source.generate(prompt, settings, i)));
            }
            entries.addAll(parts);
            grids.add(new ScorerFile.Grid(SCORED + "/" + stem + ".png", List.copyOf(parts), side));
            number++;
        }
        return new BenchmarkLayout(SCORED, entries, grids, List.of());
    }

    /** Sorted, so that each has the same index on every machine. */
    private static List<Path> prompts(Path folder) {
        if (!Files.isDirectory(folder)) {
            throw new InvalidRequestException(
                    folder + " is not a folder; DPG-Bench's prompts are a folder of .txt files");
        }
        List<Path> prompts = new ArrayList<>();
        try (DirectoryStream<Path> list = Files.newDirectoryStream(folder, "*" + PROMPT)) {
            for (Path file : list) {
                PromptSource.requireRoom(prompts, folder);
                prompts.add(file);
            }
        } catch (DirectoryIteratorException | IOException e) {
            throw new InvalidRequestException(folder + " cannot be read (" + FileFailure.reason(e) + ")", e);
        }
        return PromptSource.nonEmpty(prompts, folder).stream()
                .sorted(Comparator.comparing(file -> file.getFileName().toString()))
                .toList();
    }

    private static String prompt(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            byte[] bytes = in.readNBytes(MAX_BYTES + 1);
            if (bytes.length > MAX_BYTES) {
                throw new InvalidRequestException(file + " is over 1 MiB long; that is no prompt");
            }
            return StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(bytes))
                    .toString()
                    .strip();
        } catch (CharacterCodingException e) {
            throw new InvalidRequestException(file + " is not text in UTF-8", e);
        } catch (IOException e) {
            throw new InvalidRequestException(file + " cannot be read (" + FileFailure.reason(e) + ")", e);
        }
    }
}
