package dev.lazuli.demo.registry;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;

/**
 * A part of a blob.
 *
 * @param offset first byte
 * @param length bytes, at least 1
 */
public record BlobRange(long offset, long length) {
  private static final Pattern SPEC = Pattern.compile("(\\d{0,18})-(\\d{0,18})");

  /** Checks the bounds. */
  public BlobRange {
    if (offset < 0 || length < 1) {
      throw new IllegalArgumentException(length + " bytes from " + offset);
    }
  }

  /** Returns the range as {@code Content-Range} states it. */
  String contentRange(long size) {
    return "bytes " + offset + "-" + (offset + length - 1) + "/" + size;
  }

  /**
   * Reads a {@code Range} header (RFC 9110, 14.1.2).
   *
   * @return the satisfiable ranges in the order asked for, none if there are none (416); empty if
   *     the header is not one of byte ranges and must be ignored
   */
  static Optional<List<BlobRange>> parse(String header, long size) {
    if (!header.startsWith("bytes=")) {
      return Optional.empty();
    }
    List<BlobRange> ranges = new ArrayList<>();
    for (var spec : header.substring("bytes=".length()).split(",", -1)) {
      var match = SPEC.matcher(spec.strip());
      if (!match.matches() || match.end() - match.start() == 1) {
        return Optional.empty();
      }
      satisfiable(match.group(1), match.group(2), size).ifPresent(ranges::add);
    }
    return Optional.of(ranges);
  }

  private static Optional<BlobRange> satisfiable(String first, String last, long size) {
    var from = first.isEmpty() ? Math.max(0, size - Long.parseLong(last)) : Long.parseLong(first);
    var to = first.isEmpty() || last.isEmpty() ? size : Math.min(size, Long.parseLong(last) + 1);
    return from < to ? Optional.of(new BlobRange(from, to - from)) : Optional.empty();
  }
}
