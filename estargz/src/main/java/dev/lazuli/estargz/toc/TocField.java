package dev.lazuli.estargz.toc;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;
import java.util.stream.IntStream;

/** The fields of a TOC and of its entries, found by their names' bytes. */
enum TocField {
  VERSION("version"),
  ENTRIES("entries"),
  NAME("name"),
  TYPE("type"),
  SIZE("size"),
  MODIFIED("modtime"),
  LINK("linkName"),
  MODE("mode"),
  UID("uid"),
  GID("gid"),
  DEVICE_MAJOR("devMajor"),
  DEVICE_MINOR("devMinor"),
  OFFSET("offset"),
  INNER_OFFSET("innerOffset"),
  CHUNK_OFFSET("chunkOffset"),
  CHUNK_SIZE("chunkSize"),
  CHUNK_TYPE("chunkType"),
  DIGEST("digest"),
  CHUNK_DIGEST("chunkDigest"),
  XATTRS("xattrs"),
  UNKNOWN("");

  private static final int LONGEST = 11;
  private static final TocField[] ALL = values();

  /** The numbers of the fields whose names have so many bytes. */
  private static final int[][] BY_LENGTH = new int[LONGEST + 1][];

  /** The fields' names, by their numbers. */
  private static final byte[][] NAMES =
      Arrays.stream(ALL).map(field -> field.wire.getBytes(US_ASCII)).toArray(byte[][]::new);

  static {
    for (int length = 0; length <= LONGEST; length++) {
      var bytes = length;
      BY_LENGTH[length] =
          IntStream.range(0, ALL.length).filter(i -> NAMES[i].length == bytes).toArray();
    }
  }

  private final String wire;

  TocField(String wire) {
    this.wire = wire;
  }

  /** Returns the name in JSON. */
  String wire() {
    return wire;
  }

  /** Returns the field of this name, or {@link #UNKNOWN}. */
  static TocField of(Utf8Buffer name) {
    var length = name.length();
    if (length <= LONGEST) {
      var bytes = name.bytes();
      for (int field : BY_LENGTH[length]) {
        if (startsWith(bytes, NAMES[field])) {
          return ALL[field];
        }
      }
    }
    return UNKNOWN;
  }

  /** From the end on: {@code chunkSize} and {@code devMajor} tell their likes apart there. */
  private static boolean startsWith(byte[] bytes, byte[] name) {
    for (int i = name.length - 1; i >= 0; i--) {
      if (bytes[i] != name[i]) {
        return false;
      }
    }
    return true;
  }
}
