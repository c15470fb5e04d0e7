package dev.lazuli.estargz;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.HexFormat;

/** A SHA-256 digest. */
public final class Sha256 {
  /** Bytes of a digest. */
  public static final int BYTES = 32;

  private static final String PREFIX = "sha256:";

  private final byte[] bytes;

  private Sha256(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Returns the digest with these 32 bytes. */
  public static Sha256 of(byte[] bytes) {
    if (bytes.length != BYTES) {
      throw new IllegalArgumentException("SHA-256 digest of " + bytes.length + " bytes");
    }
    return new Sha256(bytes.clone());
  }

  /**
   * Parses {@code sha256:<64 hex digits>}.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  public static Sha256 parse(String text) {
    if (!text.startsWith(PREFIX) || text.length() != PREFIX.length() + 2 * BYTES) {
      throw new IllegalArgumentException("not a SHA-256 digest: " + text);
    }
    return new Sha256(HexFormat.of().parseHex(text, PREFIX.length(), text.length()));
  }

  /** Returns a new computation of a SHA-256 digest. */
  public static MessageDigest newComputation() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Returns the 32 bytes. */
  public byte[] bytes() {
    return bytes.clone();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Sha256 that && Arrays.equals(bytes, that.bytes);
  }

  @Override
  public int hashCode() {
    return Arrays.hashCode(bytes);
  }

  @Override
  public String toString() {
    return PREFIX + HexFormat.of().formatHex(bytes);
  }
}
