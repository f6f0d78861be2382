package io.github.unipic.files;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;

/** A file before it is at its target, and what can be written. */
class StagingFileTest {
    @TempDir
    private Path folder;

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.toList();
        }
    }

    @Test
    void itIsHiddenUntilItIsMoved() throws IOException {
        Path target = folder.resolve("file");
        try (StagingFile staging = StagingFile.in(folder)) {
            assertThat(staging.path()).hasParent(folder);
            assertThat(staging.path().getFileName().toString()).startsWith(".");
            assertThat(staging.stream()).isSameAs(staging.stream());
            staging.stream().write(new byte[] {'a', 'b'});
            assertThat(target).doesNotExist();
            staging.moveTo(target);
            assertThat(target).hasContent("ab");
        }
        assertThat(files()).containsExactly(target);
    }

    @Test
    void withoutAMoveNothingIsLeft() throws IOException {
        Path path;
        try (StagingFile staging = StagingFile.in(folder)) {
            path = staging.path();
            staging.stream().write(1);
            assertThat(path).exists();
        }
        assertThat(files()).isEmpty();
    }

    @Test
    void itsChannelReadsAndWrites() throws IOException {
        Path target = folder.resolve("file");
        try (StagingFile staging = StagingFile.in(folder)) {
            FileChannel channel = staging.channel();
            channel.write(ByteBuffer.wrap(new byte[] {'a'}));
            ByteBuffer read = ByteBuffer.allocate(1);
            channel.read(read, 0);
            assertThat(read.get(0)).isEqualTo((byte) 'a');
            staging.moveTo(target);
        }
        assertThat(target).hasContent("a");
    }

    /** Neither another process nor this one cleans it up. */
    @Test
    void whileItIsOpenNobodyTakesItOver() throws IOException {
        Path path;
        try (StagingFile staging = StagingFile.in(folder)) {
            path = staging.path();
            assertThat(OwnedFile.take(path)).isEmpty();
            AtomicFile.removeLeftovers(Files.createFile(folder.resolve("own")));
            assertThat(path).exists();
        }
        Files.createFile(path);
        Optional<OwnedFile> taken = OwnedFile.take(path);
        assertThat(taken).isPresent();
        taken.get().close();
    }

    @Test
    void onceClosedItCanBeTakenOver() throws IOException {
        OwnedFile file = OwnedFile.create(folder, Leftovers::fileName);
        assertThat(OwnedFile.take(file.path())).isEmpty();
        file.close();
        Optional<OwnedFile> taken = OwnedFile.take(file.path());
        assertThat(taken).isPresent();
        taken.get().close();
    }

    @Test
    void aNameThatIsInUseGivesWayToAnother() throws IOException {
        try (OwnedFile first = OwnedFile.create(folder, id -> "first")) {
            int[] asked = {0};
            try (OwnedFile second = OwnedFile.create(folder, id -> ++asked[0] < 3 ? "first" : "second")) {
                assertThat(second.path()).isEqualTo(folder.resolve("second"));
            }
            asked[0] = 0;
            assertThatExceptionOfType(FileSystemException.class)
                    .isThrownBy(() -> OwnedFile.create(folder, id -> {
                        asked[0]++;
                        return "first";
                    }))
                    .withMessageContaining("another process deletes new files there");
            assertThat(asked[0]).isEqualTo(100);
            assertThat(first.path()).exists();
        }
    }

    @Test
    void whatAKilledProcessLeftIsRemoved() throws IOException {
        Path left = Files.createFile(folder.resolve(Leftovers.fileName("01234567-89ab-cdef-0123-456789abcdef")));
        Path notes = Files.createFile(folder.resolve(".unipic-notes.tmp"));
        Path own = Files.createFile(folder.resolve("own"));
        AtomicFile.removeLeftovers(own);
        assertThat(left).doesNotExist();
        assertThat(files()).containsExactlyInAnyOrder(notes, own);
    }

    @Test
    void aFileIsForcedWithoutClosingIt() throws IOException {
        Path file = Files.createFile(folder.resolve("file"));
        Thread.currentThread().interrupt();
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            Disk.force(channel);
            assertThat(channel.isOpen()).isTrue();
        } finally {
            assertThat(Thread.interrupted()).isTrue();
        }
        assertThatCode(() -> Disk.forceFolder(folder.resolve("none"))).doesNotThrowAnyException();
    }

    @Test
    void aFileInANewPlaceIsPossible() throws IOException {
        AtomicFile.requirePossible(folder.resolve("file"));
        Path old = Files.writeString(folder.resolve("old"), "old");
        AtomicFile.requirePossible(old);
        assertThat(old).hasContent("old");
        assertThat(files()).containsExactly(old);
    }

    @Test
    void whatCannotBeWrittenIsFoundOutBefore() throws IOException {
        assertThatExceptionOfType(FileSystemException.class)
                .isThrownBy(() -> AtomicFile.requirePossible(folder))
                .withMessageContaining("is a folder");
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> AtomicFile.requirePossible(folder.resolve("none/file")));
        assertThatExceptionOfType(IOException.class)
                .isThrownBy(() -> AtomicFile.requirePossible(folder.resolve("x".repeat(300))));
        assertThat(files()).isEmpty();
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aLinkLeadsToTheFolderThatMustTakeTheFile() throws IOException {
        Path disk = Files.createDirectory(folder.resolve("disk"));
        Path file = Files.createFile(disk.resolve("file"));
        Path link = Files.createSymbolicLink(folder.resolve("link"), file);
        AtomicFile.requirePossible(link);
        assertThat(Files.isSymbolicLink(link)).isTrue();
        assertThat(Files.exists(file, LinkOption.NOFOLLOW_LINKS)).isTrue();
    }

    @Test
    void someFilesAreMovedOutOfAFolder() throws IOException {
        Path target = Files.createDirectory(folder.resolve("model"));
        Files.writeString(target.resolve("a"), "old");
        try (StagingFolder staging = StagingFolder.beside(folder.resolve("other"))) {
            Files.writeString(staging.path().resolve("a"), "new");
            Files.createDirectory(staging.path().resolve("sub"));
            Files.writeString(staging.path().resolve("sub/b"), "b");
            Files.writeString(staging.path().resolve("c"), "stays");
            staging.moveFilesTo(target, List.of("a", "sub/b"));
            assertThat(staging.path().resolve("c")).exists();
        }
        assertThat(target.resolve("a")).hasContent("new");
        assertThat(target.resolve("sub/b")).hasContent("b");
        assertThat(files()).containsExactly(target);
    }
}
