package io.github.unipic.conformance;

import io.github.unipic.Printable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The file that Java writes when it crashes.
 *
 * @param text all of it, or its beginning if it is very long
 */
record CrashFile(String text) {
    private static final int LONGEST = 4 << 20;
    private static final int MOST_FRAMES = 16;
    private static final String FRAME = "# Problematic frame:";
    private static final String NATIVE_FRAMES = "Native frames:";

    /** The crash file, if there is one that can be read. */
    static Optional<CrashFile> read(Path file) {
        try (InputStream in = Files.newInputStream(file)) {
            return Optional.of(new CrashFile(new String(in.readNBytes(LONGEST), StandardCharsets.UTF_8)));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** What happened and where, for example {@code SIGSEGV (0xb) at pc=0x..., in C [libmine.so+0x1139] compile+0x9}. */
    String summary() {
        List<String> header = header();
        String what = header.stream()
                .filter(line -> line.matches("#  \\S.*"))
                .findFirst()
                .map(CrashFile::content)
                .orElse("no reason given")
                .replaceFirst(", pid=.*", "");
        int frame = header.indexOf(FRAME);
        return frame >= 0 && frame + 1 < header.size() ? what + ", in " + content(header.get(frame + 1)) : what;
    }

    /** The lines that say what crashed where: the header, and the native frames. */
    String head() {
        List<String> head = new ArrayList<>(header());
        List<String> frames = text.lines()
                .dropWhile(line -> !line.startsWith(NATIVE_FRAMES))
                .takeWhile(line -> !line.isBlank())
                .limit(MOST_FRAMES)
                .map(Printable::of)
                .toList();
        head.addAll(frames);
        return String.join("\n", head);
    }

    private List<String> header() {
        return text.lines()
                .takeWhile(line -> line.startsWith("#"))
                .filter(line -> line.length() > 1)
                .map(Printable::of)
                .collect(Collectors.toList());
    }

    private static String content(String line) {
        return line.substring(1).strip().replaceAll("\\s+", " ");
    }
}
