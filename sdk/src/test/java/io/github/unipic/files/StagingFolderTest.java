package io.github.unipic.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.github.unipic.testing.ChildJvm;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The target's content after moves that fail, and after processes that were killed. */
class StagingFolderTest {
    @TempDir
    private Path parent;

    private Path model() {
        return parent.resolve("model");
    }

    @Test
    void appearsWholeAndReplaces() throws IOException {
        for (String content : List.of("first", "second")) {
            try (StagingFolder staging = StagingFolder.beside(model())) {
                Files.writeString(staging.path().resolve("file"), content);
                staging.commit();
            }
            assertThat(tree()).containsExactly("model/file " + content);
        }
    }

    @Test
    void withoutCommitNothingIsLeft() throws IOException {
        write("model/file", "old");
        try (StagingFolder staging = StagingFolder.beside(model())) {
            Files.createDirectories(staging.path().resolve("a/b"));
        }
        assertThat(tree()).containsExactly("model/file old");
    }

    @Test
    void discardingLeavesNothingAndMayBeRepeated() throws IOException {
        write("model/a/file", "damaged");
        write("other", "stays");
        StagingFolder.discard(model());
        assertThat(tree()).containsExactly("other stays");
        StagingFolder.discard(model());
        assertThat(tree()).containsExactly("other stays");
    }

    /** The first move takes away what is there, the second puts the new in its place, the third brings the old back. */
    @ParameterizedTest
    @ValueSource(strings = {"1", "2", "23"})
    void movesThatFailLoseNothing(String failing) throws IOException {
        write("model/file", "old");
        int[] moves = {0};
        try (StagingFolder staging = StagingFolder.beside(model())) {
            Files.writeString(staging.path().resolve("file"), "new");
            assertThatThrownBy(() -> staging.commit((from, to) -> {
                        if (failing.contains(Integer.toString(++moves[0]))) {
                            throw new IOException("Input/output error");
                        }
                        Files.move(from, to, StandardCopyOption.ATOMIC_MOVE);
                    }))
                    .hasMessage("Input/output error")
                    .satisfies(e -> assertThat(e.getSuppressed()).hasSize(failing.length() - 1));
        }
        assertThat(moves[0]).isEqualTo(failing.equals("1") ? 1 : 3);
        assertThat(tree()).containsExactly("model/file old");
    }

    @Test
    void whatOthersWorkOnStays() throws Exception {
        try (Child child = Child.start(parent, "staging")) {
            List<String> before = tree();
            clean();
            assertThat(tree()).isEqualTo(before).anyMatch(path -> path.contains(".partial-"));
            child.kill();
            clean();
            assertThat(tree()).isEmpty();
        }
    }

    @Test
    void aFileThatAKilledProcessWasWritingIsDeleted() throws Exception {
        try (Child child = Child.start(parent, "file")) {
            assertThat(tree()).singleElement().asString().contains(".unipic-", ".tmp");
            Leftovers.remove(parent, write("other", "mine"));
            assertThat(tree()).hasSize(2);
            child.kill();
            AtomicFile.write(parent.resolve("other"), stream -> stream.write('x'));
            assertThat(tree()).containsExactly("other x");
        }
    }

    @Test
    void aProcessKilledBetweenItsTwoMovesHasLostNothing() throws Exception {
        write("model/file", "old");
        try (Child child = Child.start(parent, "between")) {
            assertThat(model()).doesNotExist();
            assertThat(StagingFolder.displaced(model())).get().asString().contains(".model.old-");
            child.kill();
        }
        // Any folder made there, not only this one, brings it back.
        try (StagingFolder staging = StagingFolder.beside(parent.resolve("other"))) {
            assertThat(staging.path()).isEmptyDirectory();
            assertThat(StagingFolder.displaced(model())).isEmpty();
        }
        assertThat(tree()).containsExactly("model/file old");
    }

    @Test
    void aProcessKilledAfterItsMovesHasReplaced() throws Exception {
        write("model/file", "old");
        try (Child child = Child.start(parent, "after")) {
            assertThat(tree()).contains("model/file new");
            child.kill();
        }
        clean();
        assertThat(tree()).containsExactly("model/file new");
    }

    @Test
    void whatWasMovedAsideStaysVisibleIfSomethingElseReplacedIt() throws Exception {
        write("model/file", "old");
        try (Child child = Child.start(parent, "between")) {
            child.kill();
        }
        write("model/file", "by hand");
        clean();
        assertThat(tree())
                .hasSize(2)
                .contains("model/file by hand")
                .anyMatch(path -> path.matches("model.old-.*/file old"));
        clean();
        assertThat(tree()).hasSize(2);
    }

    @Test
    void whatNoLockTellsOfIsNamedOnly() throws IOException {
        String id = UUID.randomUUID().toString();
        write(".model.partial-" + id + "/file", "whose?");
        write(".model.old-" + id + "/file", "whose?");
        write(".notes.lock-12", "mine");
        write(".unipic-notes.tmp", "mine");
        Files.createDirectory(parent.resolve(".unipic-" + UUID.randomUUID() + ".tmp"));
        clean();
        assertThat(tree()).hasSize(4);
    }

    private void clean() throws IOException {
        StagingFolder.beside(parent.resolve("clean")).close();
    }

    private Path write(String file, String content) throws IOException {
        Files.createDirectories(parent.resolve(file).getParent());
        return Files.writeString(parent.resolve(file), content);
    }

    private List<String> tree() throws IOException {
        try (Stream<Path> paths = Files.walk(parent)) {
            return paths.filter(Files::isRegularFile)
                    .map(path -> {
                        try {
                            return parent.relativize(path).toString().replace('\\', '/') + " " + Files.readString(path);
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    })
                    .sorted()
                    .toList();
        }
    }

    /** A process that stops at a certain step and waits to be killed. */
    private record Child(Process process) implements AutoCloseable {
        static Child start(Path parent, String place) throws IOException {
            Process process = new ProcessBuilder(
                            ChildJvm.command(Child.Main.class, List.of(), List.of(parent.toString(), place)))
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            Child child = new Child(process);
            if (process.getInputStream().read() != '!') {
                child.close();
                throw new IOException("the child did not get there");
            }
            return child;
        }

        void kill() throws InterruptedException {
            process.destroyForcibly();
            assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        }

        @Override
        public void close() {
            process.destroyForcibly();
        }

        static final class Main {
            public static void main(String[] args) throws Exception {
                Path parent = Path.of(args[0]);
                Path model = parent.resolve("model");
                if (args[1].equals("file")) {
                    try (StagingFile file = StagingFile.in(parent)) {
                        file.stream().write('?');
                        file.stream().flush();
                        waitForTheKill();
                    }
                }
                try (StagingFolder staging = StagingFolder.beside(model)) {
                    Files.writeString(staging.path().resolve("file"), "new");
                    String id = staging.path().getFileName().toString().substring(".model.partial-".length());
                    // The steps of commit, one at a time.
                    if (!args[1].equals("staging")) {
                        Files.move(model, parent.resolve(".model.old-" + id), StandardCopyOption.ATOMIC_MOVE);
                    }
                    if (args[1].equals("after")) {
                        Files.move(staging.path(), model, StandardCopyOption.ATOMIC_MOVE);
                    }
                    waitForTheKill();
                }
            }

            private static void waitForTheKill() throws InterruptedException {
                System.out.print("!");
                System.out.flush();
                Thread.sleep(TimeUnit.MINUTES.toMillis(2));
            }
        }
    }
}
