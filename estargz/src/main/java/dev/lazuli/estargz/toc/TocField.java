package dev.lazuli.estargz.toc;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.util.Arrays;

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
  private static final TocField[][] BY_LENGTH = new TocField[LONGEST + 1][];

  static {
    for (int length = 0; length <= LONGEST; length++) {
      var bytes = length;
      BY_LENGTH[length] =
          Arrays.stream(ALL).filter(field -> field.bytes.length == bytes).toArray(TocField[]::new);
    }
  }

  private final String wire;
  private final byte[] bytes;

  TocField(String wire) {
    this.wire = wire;
    this.bytes = wire.getBytes(US_ASCII);
  }

  /** Returns the name in JSON. */
  String wire() {
    return wire;
  }

  /** Returns the field of this name, or {@link #UNKNOWN}. */
  static TocField of(Utf8Buffer name) {
    var length = name.length();
    if (length <= LONGEST) {
      for (var field : BY_LENGTH[length]) {
        // Most candidates differ in their first byte, and that is seen without a call.
        if (length == 0
            || field.bytes[0] == name.bytes()[0]
                && Arrays.equals(field.bytes, 0, length, name.bytes(), 0, length)) {
          return field;
        }
      }
    }
    return UNKNOWN;
  }
}
