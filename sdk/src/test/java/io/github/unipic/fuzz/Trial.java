package io.github.unipic.fuzz;

import io.github.unipic.UniPicException;
import io.github.unipic.files.FileTree;
import io.github.unipic.testing.Folders;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.Map;
import java.util.TreeMap;

/**
 * Gives a target one input at a time, and checks the invariant: a result or a {@link UniPicException} of one printable
 * line, and no file written except those that the target may write.
 */
final class Trial {
    private static final int MAX_MESSAGE = 4000;

    /** What became of an input. */
    enum Outcome {
        RESULT,
        REFUSED
    }

    /** Targets that read from memory are quick, so the files are looked at after every so many inputs only. */
    private static final int INPUTS_IN_MEMORY = 32;

    private final FuzzTarget target;
    private final Path root;
    private final Path folder;
    private Map<String, String> before;
    private int inputs;

    /** @param root a folder that nothing else writes to */
    Trial(FuzzTarget target, Path root) throws IOException {
        this.target = target;
        this.root = root;
        folder = Folders.fresh(root.resolve("folder"));
        Files.writeString(root.resolve("secret"), "Nothing outside the input's folder is read or written.");
        before = files();
    }

    /**
     * Tries an input.
     *
     * @throws Throwable what went wrong, whatever it is
     */
    Outcome run(byte[] input) throws Throwable {
        if (target instanceof MemoryFuzzTarget) {
            Outcome outcome = read(input);
            if (++inputs % INPUTS_IN_MEMORY == 0) {
                requireSame(before, files());
            }
            return outcome;
        }
        boolean good = false;
        try {
            target.prepare(input, folder);
            before = files();
            Outcome outcome = read(input);
            requireSame(before, files());
            good = true;
            return outcome;
        } finally {
            for (String name : target.written()) {
                FileTree.delete(folder.resolve(name));
            }
            if (!good) {
                Folders.fresh(folder);
            }
        }
    }

    private Outcome read(byte[] input) throws IOException {
        try {
            target.read(input, folder);
            return Outcome.RESULT;
        } catch (UniPicException e) {
            String message = String.valueOf(e.getMessage());
            if (message.isBlank() || message.chars().anyMatch(Character::isISOControl)) {
                throw new AssertionError("The message is not one printable line", e);
            }
            if (message.length() > MAX_MESSAGE) {
                throw new AssertionError("The message has " + message.length() + " characters", e);
            }
            return Outcome.REFUSED;
        }
    }

    private static void requireSame(Map<String, String> before, Map<String, String> after) {
        if (!before.equals(after)) {
            after.entrySet().removeAll(before.entrySet());
            throw new AssertionError("Files were written or removed that should not be: " + after.keySet());
        }
    }

    /** Size and time of every file that the target may not change. */
    private Map<String, String> files() throws IOException {
        Map<String, String> files = new TreeMap<>();
        Files.walkFileTree(root, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult preVisitDirectory(Path directory, BasicFileAttributes attributes) {
                if (directory.getParent().equals(folder)
                        && target.written().contains(directory.getFileName().toString())) {
                    return FileVisitResult.SKIP_SUBTREE;
                }
                files.put(directory.toString(), "folder");
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) {
                if (!file.getParent().equals(folder)
                        || !target.written().contains(file.getFileName().toString())) {
                    files.put(file.toString(), attributes.size() + " bytes, " + attributes.lastModifiedTime());
                }
                return FileVisitResult.CONTINUE;
            }
        });
        return files;
    }
}
