package dev.lazuli.snapshotter.start;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a 64-bit little-endian ELF file needs to run: the names that the kernel and the dynamic
 * loader read from it.
 *
 * @param interpreter path of the dynamic loader; empty where none is asked for
 * @param needed names of shared libraries ({@code DT_NEEDED}), in their order
 * @param searched directories to look for them in ({@code DT_RPATH} and {@code DT_RUNPATH}), {@code
 *     $ORIGIN} replaced
 * @param loaded what the loader itself reads: all tables from the beginning on, and what it
 *     relocates
 * @see <a href="https://gabi.xinuos.com/elf/08-dynamic.html">System V ABI: dynamic linking</a>
 */
record Elf(String interpreter, List<String> needed, List<String> searched, List<Extent> loaded) {
  /**
   * A part of the file.
   *
   * @param at its first byte
   * @param length in bytes
   */
  record Extent(long at, long length) {}

  /** {@code 0x7f 'E' 'L' 'F'}, as a little-endian number. */
  private static final int MAGIC = 0x464c457f;

  /**
   * {@code e_ident[EI_CLASS]} of a 64-bit file, {@code e_ident[EI_DATA]} of a little-endian one.
   */
  private static final int CLASS_64 = 2;

  private static final int LITTLE_ENDIAN = 1;

  // Elf64_Ehdr and Elf64_Phdr of uapi/linux/elf.h.
  private static final int HEADER_BYTES = 64;
  private static final int E_PHOFF = 32;
  private static final int E_PHENTSIZE = 54;
  private static final int E_PHNUM = 56;
  private static final int SEGMENT_BYTES = 56;
  private static final int P_FLAGS = 4;
  private static final int PF_W = 2;
  private static final int P_OFFSET = 8;
  private static final int P_VADDR = 16;
  private static final int P_FILESZ = 32;
  private static final int PT_LOAD = 1;
  private static final int PT_DYNAMIC = 2;
  private static final int PT_INTERP = 3;

  // Elf64_Dyn of the same header.
  private static final int DYNAMIC_BYTES = 16;
  private static final int DT_NULL = 0;
  private static final int DT_NEEDED = 1;
  private static final int DT_STRTAB = 5;
  private static final int DT_RELA = 7;
  private static final int DT_RELASZ = 8;
  private static final int DT_STRSZ = 10;
  private static final int DT_RPATH = 15;
  private static final int DT_JMPREL = 23;
  private static final int DT_PLTRELSZ = 2;
  private static final int DT_RUNPATH = 29;

  /** Tags that say where tables lie and how long they are. */
  private static final Set<Long> SIZED =
      Set.of(
          (long) DT_STRSZ, (long) DT_RELA, (long) DT_RELASZ, (long) DT_JMPREL, (long) DT_PLTRELSZ);

  private static final int MOST_SEGMENTS = 64;
  private static final int MOST_DYNAMIC_BYTES = 16 << 10;
  private static final int MOST_NAME_BYTES = 1024;

  /** Linkers write one of {@code DT_RPATH} and {@code DT_RUNPATH}, some of them both. */
  private static final int MOST_SEARCH_PATHS = 2;

  private record ProgramHeader(int type, int flags, long offset, long address, long size) {}

  /** Copies the lists. */
  Elf {
    needed = List.copyOf(needed);
    searched = List.copyOf(searched);
    loaded = List.copyOf(loaded);
  }

  /** Returns whether a file that starts like this is one that {@link #read} understands. */
  static boolean starts(byte[] head) {
    return head.length >= HEADER_BYTES
        && buffer(head).getInt(0) == MAGIC
        && head[4] == CLASS_64
        && head[5] == LITTLE_ENDIAN;
  }

  private static ByteBuffer buffer(byte[] bytes) {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Reads a file for which {@link #starts} holds.
   *
   * @param limits how many names to take at most
   * @throws NotArrivedException if a part of it that is needed is not here yet
   * @throws IOException if it cannot be read; a part that makes no sense is taken for absent
   */
  static Elf read(FileParts file, StartLimits limits) throws IOException {
    List<ProgramHeader> segments = segments(file);
    String interpreter = "";
    ProgramHeader dynamic = null;
    for (ProgramHeader segment : segments) {
      if (segment.type() == PT_INTERP) {
        interpreter = name(file, segment.offset());
      } else if (segment.type() == PT_DYNAMIC) {
        dynamic = segment;
      }
    }
    return dynamic == null
        ? new Elf(interpreter, List.of(), List.of(), loaded(segments, HEADER_BYTES))
        : read(file, limits, interpreter, dynamic, segments);
  }

  private static List<ProgramHeader> segments(FileParts file) throws IOException {
    byte[] head = file.read(0, HEADER_BYTES);
    ByteBuffer header = buffer(head);
    var segments = new ArrayList<ProgramHeader>();
    if (!starts(head) || Short.toUnsignedInt(header.getShort(E_PHENTSIZE)) != SEGMENT_BYTES) {
      return segments;
    }
    int count = Math.min(MOST_SEGMENTS, Short.toUnsignedInt(header.getShort(E_PHNUM)));
    long table = header.getLong(E_PHOFF);
    if (!isWithin(file, table, (long) count * SEGMENT_BYTES)) {
      return segments;
    }
    ByteBuffer entries = buffer(file.read(table, count * SEGMENT_BYTES));
    for (int at = 0; at < count * SEGMENT_BYTES; at += SEGMENT_BYTES) {
      var segment =
          new ProgramHeader(
              entries.getInt(at),
              entries.getInt(at + P_FLAGS),
              entries.getLong(at + P_OFFSET),
              entries.getLong(at + P_VADDR),
              entries.getLong(at + P_FILESZ));
      if (isWithin(file, segment.offset(), segment.size())) {
        segments.add(segment);
      }
    }
    return segments;
  }

  private static boolean isWithin(FileParts file, long offset, long length) {
    return offset >= 0 && length >= 0 && offset <= file.size() && length <= file.size() - offset;
  }

  private static Elf read(
      FileParts file,
      StartLimits limits,
      String interpreter,
      ProgramHeader dynamic,
      List<ProgramHeader> segments)
      throws IOException {
    var needed = new ArrayList<Long>();
    var searched = new ArrayList<Long>();
    long strings = -1;
    var tables = new HashMap<Long, Long>();
    int length = (int) Math.min(dynamic.size(), MOST_DYNAMIC_BYTES);
    ByteBuffer entries = buffer(file.read(dynamic.offset(), length));
    for (int at = 0; at + DYNAMIC_BYTES <= entries.limit(); at += DYNAMIC_BYTES) {
      long tag = entries.getLong(at);
      long value = entries.getLong(at + Long.BYTES);
      if (tag == DT_NULL) {
        break;
      } else if (tag == DT_NEEDED && needed.size() < limits.needed()) {
        needed.add(value);
      } else if (tag == DT_STRTAB) {
        strings = offsetOf(value, segments);
      } else if ((tag == DT_RPATH || tag == DT_RUNPATH) && searched.size() < MOST_SEARCH_PATHS) {
        searched.add(value);
      } else if (SIZED.contains(tag)) {
        tables.put(tag, value);
      }
    }
    if (strings < 0) {
      return new Elf(interpreter, List.of(), List.of(), List.of());
    }
    List<Extent> loaded = loaded(segments, tablesEnd(strings, tables, segments));
    List<String> paths = names(file, strings, searched);
    List<String> names = names(file, strings, needed);
    List<String> directories = SearchPath.directories(paths, file.directory(), limits);
    return new Elf(interpreter, names, directories, loaded);
  }

  /** Returns where the tables end that a loader reads, which linkers put first. */
  private static long tablesEnd(
      long strings, Map<Long, Long> tables, List<ProgramHeader> segments) {
    long end = strings + tables.getOrDefault((long) DT_STRSZ, 0L);
    end = Math.max(end, tableEnd(tables, DT_RELA, DT_RELASZ, segments));
    return Math.max(end, tableEnd(tables, DT_JMPREL, DT_PLTRELSZ, segments));
  }

  private static long tableEnd(
      Map<Long, Long> tables, long address, long size, List<ProgramHeader> segments) {
    long offset = offsetOf(tables.getOrDefault(address, -1L), segments);
    return offset < 0 ? 0 : offset + tables.getOrDefault(size, 0L);
  }

  /** Returns the tables and the segments that are written to. */
  private static List<Extent> loaded(List<ProgramHeader> segments, long tablesEnd) {
    var loaded = new ArrayList<Extent>();
    loaded.add(new Extent(0, tablesEnd));
    for (ProgramHeader segment : segments) {
      if (segment.type() == PT_LOAD && (segment.flags() & PF_W) != 0 && segment.size() > 0) {
        loaded.add(new Extent(segment.offset(), segment.size()));
      }
    }
    return loaded;
  }

  /**
   * Reads names that are not empty.
   *
   * @throws NotArrivedException if any is not here yet; ends when all are
   */
  private static List<String> names(FileParts file, long strings, List<Long> places)
      throws IOException {
    var names = new ArrayList<String>();
    var missing = new ArrayList<FilePart>();
    for (long place : places) {
      try {
        names.add(name(file, strings + place));
      } catch (NotArrivedException e) {
        missing.addAll(e.parts());
      }
    }
    if (!missing.isEmpty()) {
      throw new NotArrivedException(missing);
    }
    names.removeIf(String::isEmpty);
    return names;
  }

  /** Returns where in the file lies what is at an address in memory; -1 if nowhere. */
  private static long offsetOf(long address, List<ProgramHeader> segments) {
    for (ProgramHeader segment : segments) {
      long into = address - segment.address();
      if (segment.type() == PT_LOAD && into >= 0 && into < segment.size()) {
        return segment.offset() + into;
      }
    }
    return -1;
  }

  /** Returns the text at an offset up to its NUL; empty if there is none. */
  private static String name(FileParts file, long offset) throws IOException {
    if (!isWithin(file, offset, 0)) {
      return "";
    }
    byte[] bytes = file.read(offset, MOST_NAME_BYTES);
    int length = 0;
    while (length < bytes.length && bytes[length] != 0) {
      length++;
    }
    return length == bytes.length ? "" : new String(bytes, 0, length, UTF_8);
  }
}
