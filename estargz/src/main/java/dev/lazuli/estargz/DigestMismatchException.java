package dev.lazuli.estargz;

import java.io.IOException;
import java.util.HexFormat;

/** Bytes of a layer do not have the SHA-256 digest that was promised for them. */
public final class DigestMismatchException extends IOException {
  private static final long serialVersionUID = 1;

  private final String layer;
  private final String part;
  private final String expected;
  private final String actual;

  /**
   * @param layer which layer, usually its digest
   * @param part which bytes, such as {@code "TOC"} or {@code "chunk 7 at blob bytes 10-99"}
   * @param expected the promised digest, 32 bytes
   * @param actual the digest of the bytes that came, 32 bytes
   */
  public DigestMismatchException(String layer, String part, byte[] expected, byte[] actual) {
    this(layer, part, text(expected), text(actual));
  }

  private DigestMismatchException(String layer, String part, String expected, String actual) {
    super("layer " + layer + ": digest of " + part + " is " + actual + ", expected " + expected);
    this.layer = layer;
    this.part = part;
    this.expected = expected;
    this.actual = actual;
  }

  /** Returns which layer. */
  public String layer() {
    return layer;
  }

  /** Returns which bytes. */
  public String part() {
    return part;
  }

  /** Returns the promised digest, {@code sha256:<hex>}. */
  public String expected() {
    return expected;
  }

  /** Returns the digest of the bytes that came, {@code sha256:<hex>}. */
  public String actual() {
    return actual;
  }

  private static String text(byte[] sha256) {
    return "sha256:" + HexFormat.of().formatHex(sha256);
  }
}
