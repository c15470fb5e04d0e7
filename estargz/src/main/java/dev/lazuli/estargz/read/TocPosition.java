package dev.lazuli.estargz.read;

import java.util.Map;
import java.util.Optional;

/**
 * Where a zstd:chunked layer's TOC lies, as its annotation says: saves reading the footer.
 *
 * @param offset first byte of the zstd frame in the blob
 * @param compressedBytes its size
 * @param bytes size of the JSON
 */
public record TocPosition(long offset, long compressedBytes, long bytes) {
  /** The only known TOC type, "CRFS". */
  private static final String TYPE = "1";

  /** Checks that no number is negative and that there is something to read. */
  public TocPosition {
    if (offset < 0 || compressedBytes <= 0 || bytes <= 0) {
      throw new IllegalArgumentException(
          "TOC position " + offset + ":" + compressedBytes + ":" + bytes);
    }
  }

  /** Returns the position that a layer descriptor's annotations give; empty if none, or unclear. */
  public static Optional<TocPosition> fromAnnotations(Map<String, String> annotations) {
    return Annotations.either(
            annotations, Annotations.CONTAINERS_POSITION, Annotations.STARGZ_POSITION)
        .flatMap(TocPosition::parse);
  }

  private static Optional<TocPosition> parse(String text) {
    var parts = text.split(":", -1);
    if (parts.length != 4 || !parts[3].equals(TYPE)) {
      return Optional.empty();
    }
    try {
      return Optional.of(
          new TocPosition(
              Long.parseLong(parts[0]), Long.parseLong(parts[1]), Long.parseLong(parts[2])));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
