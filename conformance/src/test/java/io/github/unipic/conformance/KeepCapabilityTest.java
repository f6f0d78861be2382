package io.github.unipic.conformance;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import javax.tools.ToolProvider;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The program with which {@code conformance/gpu/package.sh} makes CUDA libraries smaller, on a library made here. */
class KeepCapabilityTest {
    private static final int PTX = 1;
    private static final int MACHINE_CODE = 2;
    private static final int SECTION = 64;

    /** The program, compiled once: run from source, Java would compile it in each run. */
    @TempDir
    private static Path program;

    @TempDir
    private Path folder;

    @BeforeAll
    static void compile() {
        int errors = ToolProvider.getSystemJavaCompiler()
                .run(
                        null,
                        null,
                        null,
                        "-proc:none",
                        "-d",
                        program.toString(),
                        Path.of("gpu", "KeepCapability.java").toString());
        assertThat(errors).isZero();
    }

    /** Where its code is in the library that {@link #library} makes. */
    private record Entry(int kind, int capability, int size) {}

    @Test
    void keepsMachineCodeOfOneCapability() throws Exception {
        List<Entry> first =
                List.of(new Entry(MACHINE_CODE, 80, 24), new Entry(MACHINE_CODE, 90, 40), new Entry(PTX, 90, 16));
        assertThat(kept(first)).containsExactly(false, true, false);
    }

    @Test
    void withoutItKeepsWhatCouldRun() throws Exception {
        List<Entry> other = List.of(
                new Entry(MACHINE_CODE, 75, 8),
                new Entry(MACHINE_CODE, 100, 8),
                new Entry(PTX, 52, 16),
                new Entry(PTX, 121, 16));
        assertThat(kept(other)).containsExactly(false, false, true, false);
    }

    @Test
    void refusesOtherFiles() throws Exception {
        Path file = Files.writeString(folder.resolve("text"), "no library ".repeat(20));
        assertThat(run(file)).isNotZero();
        assertThat(file).content().isEqualTo("no library ".repeat(20));
    }

    /** Which entries of a container still have their code. All else must be as it was. */
    private List<Boolean> kept(List<Entry> entries) throws Exception {
        byte[] before = library(entries);
        Path file = Files.write(folder.resolve("library"), before);
        assertThat(run(file)).isZero();
        byte[] after = Files.readAllBytes(file);
        assertThat(after).hasSameSizeAs(before);
        List<Boolean> kept = new ArrayList<>();
        int at = SECTION + 16;
        for (Entry entry : entries) {
            int code = at + 64;
            boolean whole = after[code] != 0;
            for (int i = code; i < code + entry.size; i++) {
                assertThat(after[i]).isEqualTo(whole ? before[i] : 0);
                before[i] = after[i];
            }
            kept.add(whole);
            at = code + entry.size;
        }
        assertThat(after).isEqualTo(before);
        return kept;
    }

    /** An ELF file with a section .nv_fatbin that has padding and one container, and a section of names. */
    private static byte[] library(List<Entry> entries) {
        int size = entries.stream().mapToInt(entry -> 64 + entry.size).sum();
        byte[] names = "\0.nv_fatbin\0.shstrtab\0".getBytes(StandardCharsets.US_ASCII);
        int end = SECTION + 16 + size + 8;
        int table = (end + names.length + 7) & ~7;
        ByteBuffer elf = ByteBuffer.allocate(table + 3 * 64).order(ByteOrder.LITTLE_ENDIAN);
        elf.putInt(0, 0x464C457F).put(4, (byte) 2).putLong(0x28, table);
        elf.putShort(0x3A, (short) 64).putShort(0x3C, (short) 3).putShort(0x3E, (short) 2);
        elf.putInt(SECTION, 0xBA55ED50).putShort(SECTION + 6, (short) 16).putLong(SECTION + 8, size);
        int at = SECTION + 16;
        for (Entry entry : entries) {
            elf.putShort(at, (short) entry.kind).putInt(at + 4, 64).putLong(at + 8, entry.size);
            elf.putInt(at + 28, entry.capability);
            for (int i = 0; i < entry.size; i++) {
                elf.put(at + 64 + i, (byte) (i % 100 + 1));
            }
            at += 64 + entry.size;
        }
        elf.put(end, names);
        section(elf, table + 64, 1, SECTION, end - SECTION);
        section(elf, table + 128, 12, end, names.length);
        return elf.array();
    }

    private static void section(ByteBuffer elf, int header, int name, int offset, int size) {
        elf.putInt(header, name).putLong(header + 0x18, offset).putLong(header + 0x20, size);
    }

    private int run(Path file) throws IOException, InterruptedException {
        return new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-XX:+UseSerialGC",
                        "-cp",
                        program.toString(),
                        "KeepCapability",
                        "90",
                        file.toString())
                .redirectErrorStream(true)
                .redirectOutput(folder.resolve("output").toFile())
                .start()
                .waitFor();
    }
}
