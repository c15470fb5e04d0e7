package dev.lazuli.snapshotter.start;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;

/** Builds the headers of 64-bit ELF files, with nothing to run in them. */
public final class TinyElf {
  private static final int HEADER = 64;
  private static final int SEGMENT = 56;
  private static final long ADDRESS = 0x400000;

  private String interpreter = "";
  private final List<String> needed = new ArrayList<>();
  private final List<String> searched = new ArrayList<>();
  private long lie;

  /** Names a dynamic loader. */
  public TinyElf interpreter(String path) {
    interpreter = path;
    return this;
  }

  /** Names libraries. */
  public TinyElf needs(String... names) {
    needed.addAll(List.of(names));
    return this;
  }

  /** Adds a {@code DT_RUNPATH}, of which linkers write one. */
  public TinyElf runPath(String directories) {
    searched.add(directories);
    return this;
  }

  /** Makes every place that the file names lie {@code by} bytes further on than it does. */
  public TinyElf lyingBy(long by) {
    lie = by;
    return this;
  }

  /** Returns the file. */
  public byte[] build() {
    int entries = needed.size() + searched.size() + 2;
    int dynamicAt = HEADER + 3 * SEGMENT;
    int stringsAt = dynamicAt + entries * 16;
    var strings = new ByteArrayOutputStream();
    strings.write(0);
    var dynamic = ByteBuffer.allocate(entries * 16).order(ByteOrder.LITTLE_ENDIAN);
    for (String name : needed) {
      dynamic.putLong(1).putLong(add(strings, name));
    }
    for (String directories : searched) {
      dynamic.putLong(29).putLong(add(strings, directories));
    }
    dynamic.putLong(5).putLong(ADDRESS + stringsAt + lie);
    int interpreterAt = stringsAt + add(strings, interpreter);
    int size = stringsAt + strings.size();
    var file = ByteBuffer.allocate(size).order(ByteOrder.LITTLE_ENDIAN);
    file.put(new byte[] {0x7f, 'E', 'L', 'F', 2, 1, 1});
    file.putLong(32, HEADER).putShort(54, (short) SEGMENT).putShort(56, (short) 3);
    segment(file, 0, 1, 0, ADDRESS, size);
    segment(file, 1, 2, dynamicAt + lie, ADDRESS + dynamicAt, entries * 16L);
    segment(
        file,
        2,
        interpreter.isEmpty() ? 4 : 3,
        interpreterAt + lie,
        ADDRESS + interpreterAt,
        interpreter.length() + 1L);
    file.put(dynamicAt, dynamic.array()).put(stringsAt, strings.toByteArray());
    return file.array();
  }

  private static int add(ByteArrayOutputStream strings, String text) {
    int at = strings.size();
    strings.writeBytes(text.getBytes(UTF_8));
    strings.write(0);
    return at;
  }

  private static void segment(
      ByteBuffer file, int index, int type, long offset, long address, long size) {
    int at = HEADER + index * SEGMENT;
    file.putInt(at, type).putLong(at + 8, offset).putLong(at + 16, address).putLong(at + 32, size);
  }
}
