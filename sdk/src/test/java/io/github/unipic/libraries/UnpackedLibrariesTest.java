package io.github.unipic.libraries;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import io.github.unipic.InferenceException;
import io.github.unipic.testing.ChildJvm;
import java.io.IOException;
import java.net.URL;
import java.net.URLClassLoader;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.OS;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class UnpackedLibrariesTest {
    private static final List<String> BOTH = List.of("liba.so", "libb.so");

    @TempDir
    private Path temporary;

    private LibraryJar jar;
    private UnpackedLibraries libraries;

    @BeforeEach
    void writeJar() throws IOException {
        jar = LibraryJar.write(temporary.resolve("a.jar"), Map.of("liba.so", "the first", "libb.so", "the second"));
        libraries = jar.in(temporary.resolve("cache"));
    }

    @AfterEach
    void closeJar() throws IOException {
        jar.close();
    }

    @Test
    void knowsWhatTheClassPathHas() {
        assertThat(libraries.has("liba.so")).isTrue();
        assertThat(libraries.has("libc.so")).isFalse();
    }

    @Test
    void areWrittenOnce() throws IOException {
        Path folder = libraries.unpack(BOTH);
        assertThat(folder.resolve("liba.so")).hasContent("the first");
        assertThat(folder.resolve("libb.so")).hasContent("the second");
        FileTime past = FileTime.from(Instant.now().minus(Duration.ofHours(1)));
        Files.setLastModifiedTime(folder.resolve("liba.so"), past);
        FileTime before = Files.getLastModifiedTime(folder.resolve("liba.so"));
        assertThat(libraries.unpack(BOTH)).isEqualTo(folder);
        assertThat(Files.getLastModifiedTime(folder.resolve("liba.so"))).isEqualTo(before);
        assertThat(entries(folder)).containsExactly("liba.so", "libb.so");
    }

    /** Of another length, of the same length, and empty. */
    @ParameterizedTest
    @ValueSource(strings = {"the fir", "the fIrst", ""})
    void areWrittenAgainWhereDamaged(String damaged) throws IOException {
        Path file = libraries.unpack(BOTH).resolve("liba.so");
        Files.writeString(file, damaged);
        libraries.unpack(BOTH);
        assertThat(file).hasContent("the first");
        Files.delete(file);
        libraries.unpack(BOTH);
        assertThat(file).hasContent("the first");
    }

    @Test
    void ofAnotherVersionAreElsewhere() throws IOException {
        Path folder = libraries.unpack(BOTH);
        try (LibraryJar other =
                LibraryJar.write(temporary.resolve("b.jar"), Map.of("liba.so", "the third", "libb.so", "the second"))) {
            assertThat(other.in(temporary.resolve("cache")).unpack(BOTH)).isNotEqualTo(folder);
        }
        assertThat(folder.resolve("liba.so")).hasContent("the first");
    }

    @Test
    void areWholeWhenSeveralUnpackAtOnce() throws Exception {
        int threads = 8;
        CyclicBarrier start = new CyclicBarrier(threads);
        Callable<Path> unpacking = () -> {
            UnpackedLibraries own = jar.in(temporary.resolve("cache"));
            start.await();
            return own.unpack(BOTH);
        };
        ExecutorService pool = Executors.newFixedThreadPool(threads);
        try {
            List<Future<Path>> folders =
                    Stream.generate(() -> pool.submit(unpacking)).limit(threads).toList();
            for (Future<Path> folder : folders) {
                assertThat(folder.get().resolve("libb.so")).hasContent("the second");
                assertThat(folder.get()).isEqualTo(folders.get(0).get());
            }
            assertThat(entries(folders.get(0).get())).containsExactly("liba.so", "libb.so");
        } finally {
            pool.shutdownNow();
        }
    }

    @Test
    void foldersThatCannotBeWrittenAreNamedInOneLine() throws IOException {
        Path file = Files.writeString(temporary.resolve("file"), "in the way");
        Path other = Files.writeString(temporary.resolve("other"), "in the way");
        assertThatExceptionOfType(InferenceException.class)
                .isThrownBy(() -> jar.in(file, other).unpack(BOTH))
                .withMessageContainingAll("cannot be unpacked into " + file + " or " + other, "UNIPIC_CACHE")
                .withMessageContainingAll(": " + file + ": ", " or " + other + ": ")
                .withMessageNotContaining("Exception")
                .satisfies(e -> assertThat(e.getMessage()).hasLineCount(1))
                .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
    }

    @Test
    void theNextFolderIsTakenWhereOneCannotBeWritten() throws IOException {
        Path file = Files.writeString(temporary.resolve("file"), "in the way");
        Path folder = jar.in(file, temporary.resolve("cache")).unpack(BOTH);
        assertThat(folder).startsWith(temporary.resolve("cache").toRealPath());
        assertThat(folder.resolve("liba.so")).hasContent("the first");
    }

    @Test
    void someOfAFoldersFilesGoBesideTheOthers() {
        Path folder = libraries.unpack(BOTH, List.of("liba.so"));
        assertThat(folder.resolve("libb.so")).doesNotExist();
        assertThat(libraries.unpack(BOTH, List.of("libb.so"))).isEqualTo(folder);
        assertThat(folder.resolve("libb.so")).hasContent("the second");
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void nobodyElseCanWriteTheFolders() throws IOException {
        Path folder = libraries.unpack(BOTH);
        for (Path each : List.of(folder, folder.getParent(), temporary.resolve("cache"))) {
            assertThat(permissions(each)).isEqualTo("rwx------");
        }
    }

    /** As another of the group, or anybody where the folder was open to all, may have put a library there. */
    @Test
    @DisabledOnOs(OS.WINDOWS)
    void foldersAndFilesThatOthersCouldWriteAreNotTrusted() throws IOException {
        Path folder = libraries.unpack(BOTH);
        Path planted = folder.resolve("liba.so");
        FileTime past = FileTime.from(Instant.now().minus(Duration.ofHours(1)));
        Files.setLastModifiedTime(planted, past);
        Files.setPosixFilePermissions(planted, PosixFilePermissions.fromString("rwxrwxrwx"));
        List<Path> folders = List.of(folder, folder.getParent(), temporary.resolve("cache"));
        for (Path each : folders) {
            Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rwxrwxrwx"));
        }
        libraries.unpack(BOTH);
        for (Path each : folders) {
            assertThat(permissions(each)).isEqualTo("rwxr-xr-x");
        }
        assertThat(permissions(planted)).matches("rw-.--.--");
        assertThat(Files.getLastModifiedTime(planted)).isNotEqualTo(past);
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aLinkInPlaceOfALibraryIsReplaced() throws IOException {
        Path folder = libraries.unpack(BOTH);
        Path elsewhere = Files.writeString(temporary.resolve("elsewhere"), "the first");
        Files.delete(folder.resolve("liba.so"));
        Files.createSymbolicLink(folder.resolve("liba.so"), elsewhere);
        libraries.unpack(BOTH);
        assertThat(folder.resolve("liba.so")).isRegularFile();
        assertThat(Files.isSymbolicLink(folder.resolve("liba.so"))).isFalse();
    }

    @Test
    @DisabledOnOs(OS.WINDOWS)
    void aLinkInPlaceOfTheFolderIsRefused() throws IOException {
        Path cache = Files.createDirectory(temporary.resolve("cache"));
        Files.createSymbolicLink(cache.resolve("unpacked"), Files.createDirectory(temporary.resolve("elsewhere")));
        assertThatExceptionOfType(InferenceException.class).isThrownBy(() -> libraries.unpack(BOTH));
    }

    /** The process under test: uses libraries until its standard input ends. */
    static final class User {
        public static void main(String[] args) throws IOException {
            try (URLClassLoader classPath =
                    new URLClassLoader(new URL[] {Path.of(args[0]).toUri().toURL()}, null)) {
                System.out.println(new LibraryJar(Path.of(args[0]), classPath)
                        .in(Path.of(args[1]))
                        .unpack(BOTH));
                System.out.flush();
                System.in.read();
            }
        }
    }

    /** Once no process uses them; the time alone does not tell, as a server may run for months. */
    @Test
    void ofAnotherVersionAreRemovedWhenTheyAreUnusedForLong() throws Exception {
        Path cache = temporary.resolve("cache");
        Process user = startUser(cache);
        Path old;
        try {
            old = Path.of(user.inputReader().readLine());
            unpackAnother(cache);
            assertThat(old).as("used a moment ago").isDirectoryContaining("glob:**/liba.so");
            makeOld(old);
            unpackAnother(cache);
            assertThat(old).as("in use").isDirectoryContaining("glob:**/liba.so");
        } finally {
            user.getOutputStream().close();
            assertThat(user.waitFor(60, TimeUnit.SECONDS)).isTrue();
        }
        Files.setLastModifiedTime(lock(old), FileTime.from(Instant.now()));
        unpackAnother(cache);
        assertThat(old).as("used recently").isDirectoryContaining("glob:**/liba.so");
        makeOld(old);
        Path unknown = Files.createDirectory(cache.resolve("unpacked").resolve("01234567"));
        unpackAnother(cache);
        assertThat(old).doesNotExist();
        assertThat(entries(cache.resolve("unpacked")))
                .as("what no lock tells of stays, and what is used by this process")
                .hasSize(3)
                .contains(unknown.getFileName().toString())
                .noneMatch(name -> name.startsWith(old.getFileName().toString()));
    }

    /** Where new files belong to the group, too, as on most Linux systems. */
    @Test
    @DisabledOnOs(OS.WINDOWS)
    void areWrittenOnceWhereTheGroupCouldWriteThem() throws Exception {
        Path cache = temporary.resolve("cache");
        Process user = startUser(cache, "sh", "-c", "umask 000; exec \"$@\"", "sh");
        Path file;
        try {
            file = Path.of(user.inputReader().readLine()).resolve("liba.so");
        } finally {
            user.getOutputStream().close();
            assertThat(user.waitFor(60, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(permissions(file)).isEqualTo("rw-r--r--");
        FileTime past = FileTime.from(Instant.now().minus(Duration.ofHours(1)));
        Files.setLastModifiedTime(file, past);
        FileTime before = Files.getLastModifiedTime(file);
        libraries.unpack(BOTH);
        assertThat(Files.getLastModifiedTime(file)).isEqualTo(before);
    }

    private Process startUser(Path cache, String... shell) throws IOException {
        List<String> java =
                ChildJvm.command(User.class, List.of(), List.of(jar.file().toString(), cache.toString()));
        return new ProcessBuilder(Stream.concat(Stream.of(shell), java.stream()).toList())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
    }

    @Test
    void ofThisProcessAreNotRemoved() throws IOException {
        Path folder = libraries.unpack(BOTH);
        makeOld(folder);
        unpackAnother(temporary.resolve("cache"));
        assertThat(folder.resolve("liba.so")).hasContent("the first");
    }

    /** As by a user who empties the cache while a program runs. */
    @Test
    void aLockThatWasDeletedIsTakenAgain() throws IOException {
        Path folder = libraries.unpack(BOTH);
        Files.delete(lock(folder));
        libraries.unpack(BOTH);
        assertThat(lock(folder)).isRegularFile();
    }

    /** The process under test: locks a file until its standard input ends, as one that removes a folder does. */
    static final class Remover {
        public static void main(String[] args) throws IOException {
            try (FileChannel channel =
                    FileChannel.open(Path.of(args[0]), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
                System.out.println(channel.tryLock() != null);
                System.out.flush();
                System.in.read();
            }
        }
    }

    @Test
    void aFolderThatAnotherProcessIsRemovingIsNotUsed() throws Exception {
        Path lock = lock(libraries.unpack(BOTH));
        Path cache = Files.createDirectories(temporary.resolve("other").resolve("unpacked"));
        Path removed = cache.resolve(lock.getFileName());
        Process remover = new ProcessBuilder(ChildJvm.command(Remover.class, List.of(), List.of(removed.toString())))
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try {
            assertThat(remover.inputReader().readLine()).isEqualTo("true");
            assertThatExceptionOfType(InferenceException.class)
                    .isThrownBy(() -> jar.in(cache.getParent()).unpack(BOTH))
                    .withMessageContaining(removed.toRealPath() + ": another process is removing its folder");
        } finally {
            remover.getOutputStream().close();
            assertThat(remover.waitFor(60, TimeUnit.SECONDS)).isTrue();
        }
        assertThat(jar.in(cache.getParent()).unpack(BOTH)).isDirectoryContaining("glob:**/liba.so");
    }

    /** As when two class loaders of one process have these classes. */
    @Test
    void aLockThatThisProcessHasElsewhereSuffices() throws IOException {
        Path lock = lock(libraries.unpack(BOTH));
        Path cache = Files.createDirectories(temporary.resolve("other").resolve("unpacked"));
        try (FileChannel channel = FileChannel.open(
                cache.resolve(lock.getFileName()), StandardOpenOption.CREATE, StandardOpenOption.WRITE)) {
            assertThat(channel.tryLock()).isNotNull();
            assertThat(jar.in(cache.getParent()).unpack(BOTH)).isDirectoryContaining("glob:**/liba.so");
        }
    }

    private void unpackAnother(Path cache) throws IOException {
        try (LibraryJar other =
                LibraryJar.write(temporary.resolve("b.jar"), Map.of("liba.so", "the third", "libb.so", "the second"))) {
            other.in(cache).unpack(BOTH);
        }
    }

    private static void makeOld(Path folder) throws IOException {
        Files.setLastModifiedTime(lock(folder), FileTime.from(Instant.now().minus(Duration.ofDays(31))));
    }

    private static Path lock(Path folder) {
        return folder.resolveSibling(folder.getFileName() + ".lock");
    }

    private static String permissions(Path path) throws IOException {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(path));
    }

    private static List<String> entries(Path folder) throws IOException {
        try (Stream<Path> files = Files.list(folder)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }
}
