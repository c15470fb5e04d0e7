package dev.lazuli.estargz;

import java.util.Arrays;

/** How the payload of a layer blob is compressed. */
public enum Compression {
  /** Concatenated gzip members (RFC 1952). */
  GZIP(1032),

  /** Concatenated zstd frames (RFC 8878). */
  ZSTD(43_691),

  /** Not at all: every byte of the tar lies in the blob. */
  NONE(1);

  private final int greatestRatio;

  Compression(int greatestRatio) {
    this.greatestRatio = greatestRatio;
  }

  /**
   * Returns the compression that the record of a stored layer names.
   *
   * @param layer named in the error
   * @param name what {@link #name} gave when the record was written
   * @throws LayerFormatException if no compression has this name, as after the return from a newer
   *     version
   */
  public static Compression named(String layer, String name) throws LayerFormatException {
    for (var known : values()) {
      if (known.name().equals(name)) {
        return known;
      }
    }
    throw new LayerFormatException(
        layer, "compression in its record", name, Arrays.toString(values()));
  }

  /**
   * Returns how many bytes one compressed byte can become at most: 258 bytes from two bits in
   * deflate, a 128 KiB block from three bytes in zstd. A chunk that claims more is a lie.
   */
  public int greatestRatio() {
    return greatestRatio;
  }
}
