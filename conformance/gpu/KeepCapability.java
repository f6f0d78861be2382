import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.ArrayList;
import java.util.List;

/**
 * Blanks the GPU code of a CUDA library for all compute capabilities but one, so that the library compresses to a fraction of its
 * size. Lengths and offsets stay, so the library loads as before; the driver looks only at code for its own GPU.
 *
 * <p>CUDA keeps such code in the ELF section {@code .nv_fatbin}, as containers of entries: machine code for one compute
 * capability each, or PTX, which the driver compiles for later ones. Where a container has machine code for the wanted
 * capability, that alone is kept; elsewhere also PTX and machine code of the same major version from which it could run.
 *
 * <pre>java KeepCapability.java 90 LIBRARY...</pre>
 */
final class KeepCapability {

  private static final int CONTAINER = 0xBA55ED50;
  private static final int CONTAINER_HEADER = 16;
  private static final int PTX = 1;
  private static final int MACHINE_CODE = 2;

  private final int wanted;

  private KeepCapability(int wanted) {
    this.wanted = wanted;
  }

  /** One entry of a container; {@code start} to {@code end} is its code without its header. */
  private record Entry(int kind, int capability, int start, int end) {}

  public static void main(String[] args) {
    if (args.length < 2 || !args[0].matches("[1-9][0-9]{1,2}")) {
      System.err.println("Usage: java KeepCapability.java CAPABILITY LIBRARY..., such as 90 libcublas.so.12");
      System.exit(2);
    }
    KeepCapability keep = new KeepCapability(Integer.parseInt(args[0]));
    for (String library : List.of(args).subList(1, args.length)) {
      Path file = Path.of(library);
      try {
        System.err.printf("%s: %d of %d MB of GPU code blanked%n", file.getFileName(), keep.blank(file) / 1_000_000,
            Files.size(file) / 1_000_000);
      } catch (IOException e) {
        System.err.println("KeepCapability: " + file + ": " + e.getMessage());
        System.exit(1);
      }
    }
  }

  /** Returns the number of bytes blanked. */
  private long blank(Path library) throws IOException {
    try (FileChannel channel = FileChannel.open(library, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
      MappedByteBuffer file = channel.map(FileChannel.MapMode.READ_WRITE, 0, channel.size());
      file.order(ByteOrder.LITTLE_ENDIAN);
      long blanked = 0;
      for (ByteBuffer section : codeSections(file)) {
        blanked += blank(section);
      }
      file.force();
      return blanked;
    }
  }

  private static List<ByteBuffer> codeSections(ByteBuffer elf) throws IOException {
    if (elf.getInt(0) != 0x464C457F || elf.get(4) != 2) {
      throw new IOException("not a 64-bit ELF file");
    }
    int table = Math.toIntExact(elf.getLong(0x28));
    int size = elf.getShort(0x3A);
    int count = elf.getShort(0x3C);
    int names = Math.toIntExact(elf.getLong(table + elf.getShort(0x3E) * size + 0x18));
    List<ByteBuffer> found = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int header = table + i * size;
      if (name(elf, names + elf.getInt(header)).equals(".nv_fatbin")) {
        int offset = Math.toIntExact(elf.getLong(header + 0x18));
        int length = Math.toIntExact(elf.getLong(header + 0x20));
        found.add(elf.slice(offset, length).order(ByteOrder.LITTLE_ENDIAN));
      }
    }
    return found;
  }

  private static String name(ByteBuffer elf, int start) {
    int end = start;
    while (elf.get(end) != 0) {
      end++;
    }
    byte[] bytes = new byte[end - start];
    elf.get(start, bytes);
    return new String(bytes, US_ASCII);
  }

  private long blank(ByteBuffer section) throws IOException {
    long blanked = 0;
    int at = 0;
    // Containers begin at multiples of 8, with padding between them.
    while (at + CONTAINER_HEADER <= section.capacity()) {
      if (section.getInt(at) != CONTAINER) {
        at += 8;
        continue;
      }
      int start = at + section.getShort(at + 6);
      int end = Math.toIntExact(start + section.getLong(at + 8));
      List<Entry> entries = entries(section, start, end);
      boolean present = entries.stream().anyMatch(entry -> entry.kind == MACHINE_CODE && entry.capability == wanted);
      for (Entry entry : entries) {
        if (!isKept(entry, present)) {
          section.put(entry.start, new byte[entry.end - entry.start]);
          blanked += entry.end - entry.start;
        }
      }
      at = (end + 7) & ~7;
    }
    return blanked;
  }

  private static List<Entry> entries(ByteBuffer section, int start, int end) throws IOException {
    List<Entry> entries = new ArrayList<>();
    for (int at = start; at < end; ) {
      int code = at + section.getInt(at + 4);
      int next = Math.toIntExact(code + section.getLong(at + 8));
      if (code <= at || next > end) {
        throw new IOException("a container of another form than this program knows");
      }
      entries.add(new Entry(section.getShort(at), section.getInt(at + 28), code, next));
      at = next;
    }
    return entries;
  }

  private boolean isKept(Entry entry, boolean present) {
    return switch (entry.kind) {
      case MACHINE_CODE ->
        present ? entry.capability == wanted : entry.capability <= wanted && entry.capability / 10 == wanted / 10;
      case PTX -> !present && entry.capability <= wanted;
      default -> true;
    };
  }
}
